import Randomness
import SearchCore

/// What a study is to do, checked: every value is legal and they fit together. `docs/configuration.md` describes the
/// file.
package struct StudyConfiguration: Hashable, Sendable {
  /// Name of the study and of its folder: letters, digits, `.`, `_`, `-`. Default: the file's name without its ending.
  package let study: String
  /// How candidates are trained. `model` and `data.set` are required; the rest has defaults. The images are split by
  /// `seed`.
  package let recipe: TrainingRecipe
  /// Where the image files are, as it was written (`~` not replaced); nil where the file does not say.
  package let dataPath: String?
  /// The checkpoint that trainings start from, as its path was written; nil where the file names none.
  package let startCheckpoint: String?
  /// Default: rank fractions 0.25 and 0.5, layers `layer*`, variant `remainder`.
  package let space: SearchSpace
  /// Without repetitions. Default: accuracy, parameters, multiply_adds.
  package let objectives: [Objective]
  /// Default: `sensitivity` with 2 seeds.
  package let strategy: StrategySettings
  /// Default: common. Studies of versions that did not know common seeds have seeds of each candidate's own.
  package let seeding: Seeding
  /// What is named keeps within these. Default: none.
  package let constraints: SearchConstraints
  /// Default: no bounds.
  package let budget: SearchBudget
  /// Default: 1.
  package let seed: UInt64
  /// Full key → canonical text of everything that results depend on, defaults among them: all but `study`,
  /// `data.path` and `budget`, which may change between a study's start and its resumption.
  package let entries: [String: String]
  /// Of `keysThatCameLater`, those that are not written out.
  let leftOpen: Set<String>
  /// The file as it was given.
  package let text: String

  /// What the study's works have in common.
  package var template: WorkTemplate {
    // Rungs that the recipe cannot tell apart are refused as the file is read.
    let lower = (try? strategy.halving?.lowerRungs(of: recipe, for: strategy.name)) ?? []
    return WorkTemplate(
      kind: .proxyTraining(recipe), lower: lower, studySeed: seed, seeding: seeding, scores: strategy.scores,
      weighsTruncation: strategy.weighsTruncation)
  }
  /// SHA-256 of the checkpoint that trainings start from.
  package var startWeights: String? {
    if case .checkpoint(let weights)? = recipe.start?.origin { weights } else { nil }
  }
  /// Most jobs in all; nil for no bound.
  package var budgetJobs: Int? { budget.jobs }

  /// Equal exactly where `entries` are equal.
  package var fingerprint: String {
    StableHash.hexadecimal(of: entries)
  }
}

extension StudyConfiguration {
  /// Bounds that are neither a type's own nor a training's, which `TrainingLimits` has.
  enum Limits {
    static let jobs = 1...1_000_000
    static let hours = NumberLimit("more than 0 hours, at most 1000000") { $0 > 0 && $0 <= 1e6 }
    /// Works of a round.
    static let round = 1...1000
    /// Confirmations of a point.
    static let confirm = 0...100
    static let tolerance = NumberLimit("in points of accuracy, more than 0 and at most 100") { $0 > 0 && $0 <= 100 }
    /// Whole numbers that every JSON reader keeps.
    static let seed = 0...UInt64(1 << 53 - 1)
    static let nameLength = 100
  }

  /// Throws with every problem that it finds. `fileName` is for messages and, without its folders and ending, the
  /// default of `study`.
  /// - Parameters:
  ///   - hashOfFile: SHA-256 of a checkpoint that is named, in hexadecimal digits.
  ///   - tableOfFile: the table of a device's times that is named.
  ///   - shapeOfArrays: what a file of arrays holds.
  package static func parse(
    text: String, fileName: String, hashOfFile: FileHash = noFiles, tableOfFile: TableOfFile = noTables,
    shapeOfArrays: ArraysShape = noArrays
  ) throws(ConfigurationError) -> StudyConfiguration {
    let mapping = try YAMLDocument.mapping(text, file: fileName)
    let problems = ProblemList(file: fileName)
    let root = SectionReader(root: mapping, problems: problems)
    let model = root.model("model")
    if model == nil, !root.isSet("model") { root.reportMissing("model", allowed: ModelFields.allowed) }
    let kernels = root.readKernels("kernels")
    let study = readStudy(root, fileName: fileName)
    let seed = root.integer("seed", default: 1, in: Limits.seed)
    let search = SearchReader(root: root)
    let budget = search.readBudget()
    let constraints = search.readConstraints()
    let objectives = readObjectives(root)
    let (data, dataPath) = DataReader(section: root.section("data")).read(
      splitSeed: seed, shapeOfArrays: shapeOfArrays)
    if let model, let problem = model.problem(imageSize: data?.shape.imageSize ?? 32) {
      root.report("model", "cannot be used: \(problem)")
    }
    let spaceSection = root.section("space")
    let spaceReader = SpaceReader(section: spaceSection)
    let variants = spaceReader.readVariants()
    let starting = StartReader(section: root.section("start"))
    var recipe = readRecipe(
      root.section("proxy"), model: model ?? .resnet20, variant: variants[0],
      data: data ?? DataSelection(set: .shapes10, trainImages: 1, validationImages: 1, splitSeed: seed),
      hasStart: starting.isTrained, checksBatch: data != nil)
    recipe.kernels = kernels
    recipe.start = starting.read(
      data: data, architecture: model == nil || data == nil ? nil : recipe.architecture, augments: recipe.augment,
      seed: seed, hashOfFile: hashOfFile)
    if let engine = kernels?.foreign, starting.isTrained {
      starting.section.report(
        "from",
        "cannot be used with kernels: \(engine.rawValue), whose workers begin from scratch; leave the section out, or "
          + "kernels")
    }
    var space = spaceReader.read(architecture: model == nil ? nil : recipe.architecture, variants: variants)
    let timed = DeviceTimesReader(root: root, constraints: search.constraints).read(
      space?.built, objectives: objectives, constraints, tableOfFile: tableOfFile)
    if let timed { space?.built = timed }
    let (strategy, seeding) = search.readStrategy(
      constraints, space: space?.built, hasStart: starting.isTrained)
    search.checkRungs(strategy, of: recipe)
    if let problem = strategy.problemOfConfirming(within: budget.jobs) {
      search.strategy.report("confirm", "cannot be used: \(problem)")
    } else if let space, strategy.name == .exhaustive {
      do {
        _ = try makeStrategy(
          strategy, space: space.built, budget: budget.jobs,
          template: WorkTemplate(kind: .proxyTraining(recipe), studySeed: seed))
      } catch {
        problems.add(search.strategy.line, "key 'strategy.name': \(error)")
      }
    }
    guard problems.problems.isEmpty, let study, let space else { throw ConfigurationError(problems.problems) }
    return StudyConfiguration(
      study: study, recipe: recipe, dataPath: dataPath, startCheckpoint: starting.checkpoint, space: space.built,
      objectives: objectives,
      strategy: strategy, seeding: seeding, constraints: constraints, budget: budget, seed: seed,
      entries: entries(recipe, space, objectives, strategy, seeding, constraints, seed),
      leftOpen: leftOpen(in: [search.strategy, starting.section]), text: text)
  }

  private static func readStudy(_ root: SectionReader, fileName: String) -> String? {
    let isGiven = root.isSet("study")
    var name = root.text("study") ?? ""
    if !isGiven {
      name = fileName.split(separator: "/").last.map(String.init) ?? ""
      for ending in [".yaml", ".yml"] where name.hasSuffix(ending) { name.removeLast(ending.count) }
    }
    let isLegal =
      !name.isEmpty && name.utf8.count <= Limits.nameLength && !name.hasPrefix(".") && !name.hasPrefix("-")
      && name.utf8.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || [45, 46, 95].contains($0)
      }
    if isLegal { return name }
    let allowed = "letters, digits, '.', '_' and '-', at most \(Limits.nameLength), the first no '.' or '-'"
    let shown = "'\(String(name.prefix(60)))'"
    if isGiven {
      root.report("study", "cannot be \(shown), because it names a folder; allowed: \(allowed)")
    } else {
      root.reportMissing("study", allowed: "\(allowed) (the file's name \(shown) cannot be the study's)")
    }
    return nil
  }

  private static func readObjectives(_ root: SectionReader) -> [Objective] {
    guard let read = root.choices("objectives", of: Objective.self) else { return Objective.standard }
    if read.isEmpty, !root.problems.problems.contains(where: { $0.text.contains("'objectives'") }) {
      root.report(
        "objectives", "is empty; name at least one of: \(Objective.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    var objectives: [Objective] = []
    for (objective, line) in read {
      if objectives.contains(objective) {
        root.report("objectives", "names '\(objective.rawValue)' twice; keep one", line: line)
      } else {
        objectives.append(objective)
      }
    }
    return objectives
  }

  private static func readRecipe(
    _ proxy: SectionReader, model: Model, variant: BasisVariant, data: DataSelection, hasStart: Bool, checksBatch: Bool
  ) -> TrainingRecipe {
    let augmentation = DataReader.augmentation(proxy)
    let batch = proxy.integer("batch", default: 128, in: TrainingLimits.batch)
    if checksBatch, batch > data.trainImages {
      proxy.report("batch", "is \(batch), but must be at most data.train_images, which is \(data.trainImages)")
    }
    var recipe = TrainingRecipe(
      model: model, variant: variant, data: data, epochs: readEpochs(proxy, hasStart: hasStart), batch: batch,
      learningRate: proxy.number("learning_rate", default: 0.1, in: TrainingLimits.learningRate),
      schedule: proxy.choice("schedule") ?? .onecycle,
      momentum: proxy.number("momentum", default: 0.9, in: TrainingLimits.momentum),
      nesterov: proxy.boolean("nesterov", default: false),
      weightDecay: proxy.number("weight_decay", default: 1e-4, in: TrainingLimits.weightDecay),
      augment: augmentation.augments, augmentation: augmentation.choice,
      curve: proxy.boolean("curve", default: false))
    recipe.skip = readSkip(proxy.section("skip"), stepsPerEpoch: checksBatch ? recipe.stepsPerEpoch : nil)
    return recipe
  }

  /// - Parameter stepsPerEpoch: nil where it is not known.
  private static func readSkip(_ skip: SectionReader, stepsPerEpoch: Int?) -> SkippedUpdates? {
    let parts = BasisPart.allCases.filter { skip.isSet($0.rawValue) }
    let read = parts.compactMap { part in
      skip.integer(part.rawValue, in: TrainingLimits.updatesEvery).map { SkippedUpdates(of: part, every: $0) }
    }
    if parts.count > 1 {
      skip.report(
        parts[1].rawValue,
        "cannot stand beside '\(skip.full(parts[0].rawValue))': one part is trained in every step; keep one of them")
      return nil
    }
    guard let skipped = read.first?.orNone else { return nil }
    if let stepsPerEpoch, skipped.every > stepsPerEpoch {
      skip.report(
        skipped.part.rawValue,
        "is \(skipped.every), but must be at most the steps of an epoch, which are \(stepsPerEpoch) "
          + "(data.train_images by proxy.batch)")
    }
    return skipped
  }

  /// A part of an epoch is enough for what is trained already.
  private static func readEpochs(_ proxy: SectionReader, hasStart: Bool) -> Epochs {
    guard hasStart else { return Epochs(proxy.integer("epochs", default: 3, in: TrainingLimits.epochs)) }
    return Epochs(proxy.number("epochs", default: 1, in: TrainingLimits.partialEpochs)) ?? 1
  }

  /// SHA-256 of a file, in hexadecimal digits.
  package typealias FileHash = (_ path: String) throws(StartProblem) -> String

  /// A table of times; nil where it is not to be read, for what no study is made of.
  package typealias TableOfFile = (_ path: String) throws(DeviceTimeProblem) -> DeviceTimeTable?

  /// Where none can be read.
  package static func noTables(_ path: String) throws(DeviceTimeProblem) -> DeviceTimeTable? {
    throw DeviceTimeProblem(file: path, "files are not read here")
  }

  /// What a file of arrays holds.
  package typealias ArraysShape = (_ path: String) throws(StartProblem) -> DataShape

  /// Where none can be read.
  package static func noArrays(_ path: String) throws(StartProblem) -> DataShape {
    throw StartProblem("files are not read here")
  }

  /// Where none can be read.
  package static func noFiles(_ path: String) throws(StartProblem) -> String {
    throw StartProblem("files are not read here")
  }
}
