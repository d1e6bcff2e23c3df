import Randomness
import SearchCore

/// The description of a study, checked: every value is legal, and the values fit together. `docs/configuration.md`
/// describes the file.
package struct StudyConfiguration: Hashable, Sendable {
  /// The name of the study and of its folder: letters, digits, `.`, `_`, `-`. Default: the file's name without its
  /// ending.
  package let study: String
  /// How candidates are trained. `model` and `data.set` are required; everything else has defaults. `seed` determines
  /// how the images are split.
  package internal(set) var recipe: TrainingRecipe
  /// The path of the image files as it is written (`~` not expanded); `nil` if the file has none.
  package let dataPath: String?
  /// The path of the checkpoint that trainings start from, as it is written; `nil` if the file has none.
  package internal(set) var startCheckpoint: String?
  /// Default: rank fractions 0.25 and 0.5, layers `layer*`, variant `remainder`.
  package let space: SearchSpace
  /// The objectives, without repetitions. Default: accuracy, parameters, multiply_adds.
  package let objectives: [Objective]
  /// Default: `sensitivity` with 2 seeds.
  package internal(set) var strategy: StrategySettings
  /// Default: common. In studies of versions without common seeds, each candidate has its own seeds.
  package internal(set) var seeding: Seeding
  /// The constraints that named candidates satisfy. Default: none.
  package let constraints: SearchConstraints
  /// Default: no limits.
  package internal(set) var budget: SearchBudget
  /// Default: 1.
  package let seed: UInt64
  /// Full key → canonical text of everything that results depend on, including defaults: everything except `study`,
  /// `data.path` and `budget`, which may change when a study is resumed.
  package internal(set) var entries: [String: String]
  /// The keys of `keysThatCameLater` that the file does not mention.
  var leftOpen: Set<String>
  /// The original file.
  package internal(set) var text: String

  /// What all works of the study have in common.
  package var template: WorkTemplate {
    // Parsing refuses rungs that cannot be distinguished with this recipe.
    let lower = (try? strategy.halving?.lowerRungs(of: recipe, for: strategy.name)) ?? []
    return WorkTemplate(
      kind: .proxyTraining(recipe), lower: lower, studySeed: seed, seeding: seeding, scores: strategy.scores,
      weighsTruncation: strategy.weighsTruncation)
  }
  /// The SHA-256 of the checkpoint that trainings start from.
  package var startWeights: String? {
    if case .checkpoint(let weights)? = recipe.start?.origin { weights } else { nil }
  }
  /// The maximum number of jobs; `nil` for no limit.
  package var budgetJobs: Int? { budget.jobs }

  /// A hash of `entries`: equal if, and only if, the entries are equal.
  package var fingerprint: String {
    StableHash.hexadecimal(of: entries)
  }
}

extension StudyConfiguration {
  /// Limits that belong neither to a type nor to trainings (see `TrainingLimits`).
  enum Limits {
    static let jobs = 1...1_000_000
    static let hours = NumberLimit("more than 0 hours, at most 1000000") { $0 > 0 && $0 <= 1e6 }
    /// The number of works of a round.
    static let round = 1...1000
    /// The number of confirmations of a point.
    static let confirm = 0...100
    static let tolerance = NumberLimit("in points of accuracy, more than 0 and at most 100") { $0 > 0 && $0 <= 100 }
    /// Whole numbers that every JSON reader represents exactly.
    static let seed = 0...UInt64(1 << 53 - 1)
    static let nameLength = 100
  }

  /// Parses and checks a configuration. Throws an error with all problems found. `fileName` is used in messages and,
  /// without folders and ending, as the default of `study`.
  /// - Parameters:
  ///   - hashOfFile: Returns the SHA-256 of a named checkpoint, in hexadecimal digits.
  ///   - tableOfFile: Returns the named table of a device's times.
  ///   - shapeOfArrays: Returns what a file of arrays contains.
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
      learningRate: recipe.learningRate, seed: seed, hashOfFile: hashOfFile)
    if let engine = kernels?.foreign, starting.isTrained {
      starting.section.report(
        "from",
        "cannot be used with kernels: \(engine.rawValue), whose workers train only from scratch; leave out the "
          + "section start, or kernels")
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
    let allowed = "letters, digits, '.', '_' and '-', at most \(Limits.nameLength), not beginning with '.' or '-'"
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
    if read.isEmpty, !root.hasReported("objectives") {
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

  /// - Parameter stepsPerEpoch: `nil` if it is not known.
  private static func readSkip(_ skip: SectionReader, stepsPerEpoch: Int?) -> SkippedUpdates? {
    let parts = BasisPart.allCases.filter { skip.isSet($0.rawValue) }
    let read = parts.compactMap { part in
      skip.integer(part.rawValue, in: TrainingLimits.updatesEvery).map { SkippedUpdates(of: part, every: $0) }
    }
    if parts.count > 1 {
      skip.report(
        parts[1].rawValue,
        "cannot be used together with '\(skip.full(parts[0].rawValue))': one part must be trained in every step; keep "
          + "one of them")
      return nil
    }
    guard let skipped = read.first?.orNone else { return nil }
    if let stepsPerEpoch, skipped.every > stepsPerEpoch {
      skip.report(
        skipped.part.rawValue,
        "is \(skipped.every), but must be at most the number of steps in an epoch, which is \(stepsPerEpoch) "
          + "(data.train_images divided by proxy.batch)")
    }
    return skipped
  }

  /// Reads the number of epochs. Networks that are trained already may be trained for a fraction of an epoch.
  private static func readEpochs(_ proxy: SectionReader, hasStart: Bool) -> Epochs {
    guard hasStart else {
      return Epochs(
        proxy.integer(
          "epochs", default: 3, in: TrainingLimits.epochs,
          remark: "fractions and 0 require start.from: dense or checkpoint"))
    }
    return Epochs(proxy.number("epochs", default: 1, in: TrainingLimits.partialEpochs)) ?? 1
  }

  /// Returns the SHA-256 of a file, in hexadecimal digits.
  package typealias FileHash = (_ path: String) throws(StartProblem) -> String

  /// Returns a table of times; `nil` if it is not to be read because no study will be made of the configuration.
  package typealias TableOfFile = (_ path: String) throws(DeviceTimeProblem) -> DeviceTimeTable?

  /// For callers that cannot read files.
  package static func noTables(_ path: String) throws(DeviceTimeProblem) -> DeviceTimeTable? {
    throw DeviceTimeProblem(file: path, "files are not read here")
  }

  /// Returns what a file of arrays contains.
  package typealias ArraysShape = (_ path: String) throws(StartProblem) -> DataShape

  /// For callers that cannot read files.
  package static func noArrays(_ path: String) throws(StartProblem) -> DataShape {
    throw StartProblem("files are not read here")
  }

  /// For callers that cannot read files.
  package static func noFiles(_ path: String) throws(StartProblem) -> String {
    throw StartProblem("files are not read here")
  }
}
