import Foundation
import ImageData
import SearchCore
import Testing

@testable import BasisEngine

@Suite("works that start from a trained network") final class StartedWorkTests {
  private let folder: String
  private let runner = WorkRunner(kernels: fastest, kernelVariant: "test")

  init() throws {
    folder = NSTemporaryDirectory() + "started-works-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func path(_ name: String) -> String { folder + "/" + name }

  /// Returns a function that gives the same path for the state after any epoch.
  private func paths(_ path: String) -> @Sendable (Int) -> String { { _ in path } }

  private func recipe(
    _ epochs: Epochs, calibrationImages: Int = 40, learningRate: Double = 0.05, until: Int? = nil
  ) -> TrainingRecipe { Self.recipe(epochs, calibrationImages, learningRate, until) }

  private static func recipe(
    _ epochs: Epochs, _ calibrationImages: Int, _ learningRate: Double, _ until: Int?
  ) -> TrainingRecipe {
    TrainingRecipe(
      model: .resnet8,
      data: DataSelection(set: .shapes10, trainImages: 64, validationImages: 200, splitSeed: 3), epochs: epochs,
      batch: 16, learningRate: learningRate,
      start: TrainedStart(
        origin: .dense(epochs: 6, trainImages: 640, seed: 5), calibrationImages: calibrationImages),
      until: until)
  }

  private func work(_ recipe: TrainingRecipe, _ ranks: [String: Int] = [:], repetition: Int = 1) -> Work {
    Work(candidate: Candidate(ranks: ranks), kind: .proxyTraining(recipe), repetition: repetition, seed: 11)
  }

  /// Trains the dense network, as the study's first work does, and writes it to `path`. Returns the observation.
  private static func trainStart(_ path: String) throws -> Observation {
    let recipe = recipe(1, 40, 0.05, nil)
    let training = try #require(recipe.start?.training(of: recipe))
    let work = Work(candidate: .dense, kind: .startTraining(training), repetition: 0, seed: 5)
    return try WorkRunner(kernels: fastest, kernelVariant: "test").run(work, files: WorkFiles(network: path))
  }

  /// The dense network's training, run once for all tests.
  private static let start = Result {
    let path = NSTemporaryDirectory() + "start-" + UUID().uuidString + ".ckpt"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let observation = try trainStart(path)
    return (observation: observation, bytes: try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func trainedStart() throws -> (path: String, observation: Observation) {
    let (observation, bytes) = try Self.start.get()
    try bytes.write(to: URL(fileURLWithPath: path("start.ckpt")))
    return (path("start.ckpt"), observation)
  }

  private static let nearlyAll = Dictionary(
    uniqueKeysWithValues: Architecture(.resnet8).layers.filter { $0.kernelSize == 3 }.map {
      ($0.name, $0.legalRanks.upperBound - 1)
    })

  @Test("the dense network is trained and written once; the same training writes the same bytes")
  func startTraining() throws {
    let (path, observation) = try trainedStart()
    let first = try Data(contentsOf: URL(fileURLWithPath: path))
    let again = try Self.trainStart(self.path("again.ckpt"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: self.path("again.ckpt"))) == first)
    #expect(observation.repeatable == again.repeatable)
    #expect(observation[.epochLosses]?.count == 6 && observation[.stepTimeRatio] == nil)
    let checkpoint = try Checkpoint(path: path)
    #expect(checkpoint.candidate == .dense && checkpoint.unfinished == nil && checkpoint.training?.epochsDone == 6)
    let data = try TrialImages(recipe(1).data, path: nil)
    #expect(checkpoint.normalization == data.training.normalization)
    let score = try ResNet(checkpoint, batch: 16, kernels: fastest).evaluate(data.validation)
    #expect(score.accuracy == observation[.accuracy])
    #expect(score.accuracy > 0.3)
  }

  @Test("a layer analysis finds the truncation errors of every 3×3 convolution")
  func analysis() throws {
    let weights = try trainedStart().path
    let work = Work(candidate: .dense, kind: .layerAnalysis(recipe(1)), repetition: 0, seed: 1)
    let observation = try runner.run(work, weightsPath: weights)
    let architecture = Architecture(.resnet8)
    let errors = try #require(observation[.truncationErrors])
    #expect(errors.count == 16 + 2 * 16 + 2 * 32 + 2 * 64 && errors.allSatisfy { (0...1).contains($0) })
    #expect(work.kind.problem(with: observation) == nil && observation.metrics.map(\.name) == [.peakMemoryBytes])
    let source = try ConversionSource(
      dense: try Checkpoint(path: weights), architecture: architecture,
      calibration: try TrialImages(recipe(1).data, path: nil).training.subset(0..<40),
      workspace: Workspace(architecture: architecture, capacity: 16), kernels: fastest)
    #expect(errors == source.truncationErrors)
    #expect(try runner.run(work, weightsPath: weights).repeatable == observation.repeatable)
  }

  @Test(
    "without training, a candidate is judged as it was converted, whatever was done before",
    arguments: BasisVariant.allCases, [false, true])
  func conversion(variant: BasisVariant, augment: Bool) throws {
    let weights = try trainedStart().path
    var recipe = recipe(.none)
    recipe.variant = variant
    recipe.start?.augment = augment
    let ranks = ["layer1.0.conv1": 6, "layer2.0.conv2": 20, "layer3.0.conv1": 30]
    let observation = try runner.run(work(recipe, ranks), weightsPath: weights)
    let data = try TrialImages(recipe.data, path: nil)
    let source = try ConversionSource(
      dense: try Checkpoint(path: weights), architecture: Architecture(.resnet8),
      calibration: data.training.subset(0..<40), augmentation: augment ? .standard : nil,
      workspace: Workspace(architecture: Architecture(.resnet8), capacity: 16), kernels: fastest)
    let (network, _) = try source.network(for: Candidate(ranks: ranks), variant: variant, batch: 16)
    let score = network.evaluate(data.validation)
    #expect(observation[.accuracy] == score.accuracy && observation[.loss] == score.meanLoss)
    #expect(observation[.epochLosses] == [] && observation[.stepTimeRatio] == nil)
    #expect(observation[.conditionNumbers] == nil && !observation.diverged)
    // The result is the same in a process that has worked on other candidates, and in a new one.
    _ = try runner.run(work(self.recipe(1), ["layer1.0.conv1": 3]), weightsPath: weights)
    let fresh = WorkRunner(kernels: fastest, kernelVariant: "test")
    for runner in [runner, fresh] {
      #expect(try runner.run(work(recipe, ranks), weightsPath: weights).repeatable == observation.repeatable)
    }
    // Other calibration images, and other weights.
    var fewer = recipe
    fewer.start?.calibrationImages = 20
    var scratch = recipe
    (scratch.start, scratch.epochs) = (nil, 1)
    let other = path("other.ckpt")
    _ = try runner.run(
      Work(candidate: .dense, kind: .proxyTraining(scratch), repetition: 1, seed: 8), files: WorkFiles(network: other))
    for (recipe, weights) in [(fewer, weights), (recipe, other)] {
      let known = try runner.run(work(recipe, ranks), weightsPath: weights).repeatable
      #expect(try fresh.run(work(recipe, ranks), weightsPath: weights).repeatable == known)
      #expect(known[.loss] != observation[.loss])
      let unknowing = WorkRunner(kernels: fastest, kernelVariant: "test")
      #expect(try unknowing.run(work(recipe, ranks), weightsPath: weights).repeatable == known)
    }
  }

  @Test("truncated by one rank a layer, and fine-tuned in steps of no length, it is as good as the dense network")
  func nearlyDense() throws {
    let (weights, start) = try trainedStart()
    let dense = try #require(start[.accuracy])
    let observation = try runner.run(
      work(recipe(2, calibrationImages: 64, learningRate: 0), Self.nearlyAll), weightsPath: weights)
    #expect(observation[.epochLosses]?.count == 2)
    let accuracy = try #require(observation[.accuracy])
    #expect(abs(accuracy - dense) < 0.06, "\(accuracy) \(dense)")
  }

  @Test("fine-tuning takes up from the trained network, and its times are those of the form it has")
  func fineTuning() throws {
    let weights = try trainedStart().path
    let ranks = ["layer1.0.conv1": 6, "layer3.0.conv1": 16]
    let observation = try runner.run(work(recipe(1), ranks, repetition: 0), weightsPath: weights)
    #expect((observation[.stepTimeRatio] ?? 0) > 0 && observation[.epochLosses]?.count == 1)
    var scratch = recipe(1)
    scratch.start = nil
    let drawn = try runner.run(work(scratch, ranks))
    #expect(try #require(observation[.accuracy]) > (try #require(drawn[.accuracy])))
    let quarter = try #require(Epochs("0.25"))
    let short = try runner.run(work(recipe(quarter), ranks), weightsPath: weights)
    #expect(short[.epochLosses]?.count == 1 && short[.accuracy] != nil)
  }

  @Test("a later end goes on from what an earlier one left, to the same bits; a state of something else is not used")
  func states() throws {
    let weights = try trainedStart().path
    let ranks = ["layer1.0.conv1": 6, "layer3.0.conv1": 16]
    var said: [String] = []
    func run(_ until: Int?, _ files: WorkFiles, _ ranks: [String: Int] = ranks) throws -> (Observation, steps: [Int]) {
      var files = files
      files.weights = weights
      var steps: [Int] = []
      let observation = try runner.run(
        work(recipe(3, until: until), ranks), files: files, describe: { said.append($0) }
      ) {
        // During evaluation, the last step is reported repeatedly.
        if $0.step > 0, $0.step != steps.last { steps.append($0.step) }
        return true
      }
      return (observation, steps)
    }
    let whole = try run(nil, WorkFiles())
    let first = try run(1, WorkFiles(states: paths(path("1"))))
    let second = try run(2, WorkFiles(earlierState: path("1"), states: paths(path("2"))))
    let last = try run(nil, WorkFiles(earlierState: path("2")))
    #expect([whole, first, second, last].map(\.steps) == [1...12, 1...4, 5...8, 9...12].map(Array.init))
    #expect(last.0.repeatable == whole.0.repeatable && said.isEmpty)
    #expect(first.0[.epochLosses] == whole.0[.epochLosses].map { Array($0.prefix(1)) })
    #expect(try run(2, WorkFiles()).0.repeatable == second.0.repeatable)
    // A state of another candidate, a missing file, a file without a state, and a truncated file.
    let other = try run(1, WorkFiles(states: paths(path("other"))), ["conv1": 4])
    #expect(other.steps == Array(1...4))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path("1")))
    try bytes.dropLast(100).write(to: URL(fileURLWithPath: path("cut")))
    for name in ["other", "missing", "start.ckpt", "cut"] {
      let anew = try run(2, WorkFiles(earlierState: path(name)))
      #expect(anew.steps == Array(1...8) && anew.0.repeatable == second.0.repeatable, "\(name)")
    }
    #expect(said.count == 4 && said.allSatisfy { $0.hasPrefix("the training starts again") && !$0.contains("\n") })
    // A state of other kernels, and one of a later step than this training's last.
    let elsewhere = WorkRunner(kernels: fastest, kernelVariant: "other")
    _ = try elsewhere.run(
      work(recipe(3, until: 1), ranks), files: WorkFiles(weights: weights, states: paths(path("elsewhere"))))
    for name in ["elsewhere", "2"] {
      #expect(try run(1, WorkFiles(earlierState: path(name))).steps == Array(1...4), "\(name)")
    }
    #expect(said.count == 6)
    // A state that cannot be written does not affect the result.
    let unkept = try run(1, WorkFiles(states: paths(path("no such folder/1"))))
    #expect(unkept.0.repeatable == first.0.repeatable && said.count == 7)
    #expect(said.last?.hasPrefix("the state of the training is not kept") == true)
  }

  @Test("a full training is judged by the test images, and leaves its network")
  func final() throws {
    let weights = try trainedStart().path
    let work = Work(
      candidate: Candidate(ranks: ["layer1.0.conv1": 6]), kind: .finalTraining(recipe(1)), repetition: 0, seed: 2)
    var observation = try runner.run(work, files: WorkFiles(weights: weights, network: path("final.ckpt")))
    // The process that stores the file adds the artifact.
    observation.artifacts[Artifact.weights] = Artifact(hash: String(repeating: "0", count: 64), bytes: 1)
    #expect(work.kind.problem(with: observation) == nil && observation[.accuracy] == nil && observation[.loss] == nil)
    let checkpoint = try Checkpoint(path: path("final.ckpt"))
    let score = try ResNet(checkpoint, batch: 16, kernels: fastest).evaluate(
      Shapes10.test(count: TrialImages.drawnTestImages))
    #expect(observation[.testAccuracy] == score.accuracy && observation[.testLoss] == score.meanLoss)
    #expect(checkpoint.training?.testAccuracy == score.accuracy)
    // The checkpoint names the start of its training.
    #expect(checkpoint.training?.recipe == recipe(1))
    #expect(checkpoint.training?.recipe.start?.origin == .dense(epochs: 6, trainImages: 640, seed: 5))
  }

  @Test("what a start lacks or has too much of is told in one line")
  func refusals() throws {
    let weights = try trainedStart().path
    func refusal(_ work: Work, _ weights: String?) -> String {
      do {
        _ = try runner.run(work, weightsPath: weights)
        return ""
      } catch { return "\(error)" }
    }
    #expect(refusal(work(recipe(1)), nil).contains("give the path of its checkpoint"))
    #expect(
      refusal(work(recipe(1, calibrationImages: 65)), weights)
        .contains("65 calibration images are more than the 64 training images"))
    #expect(refusal(work(recipe(1, calibrationImages: 10)), weights).contains("resnet8 needs at least 11"))
    #expect(refusal(work(recipe(1)), path("missing")).contains("missing"))
    var other = recipe(1)
    other.model = .resnet14
    #expect(refusal(work(other), weights).contains("it is a resnet8, but a resnet14 is required"))
    var scratch = recipe(1)
    scratch.start = nil
    let analysis = Work(candidate: .dense, kind: .layerAnalysis(scratch), repetition: 0, seed: 1)
    #expect(refusal(analysis, weights).contains("it has no start"))
    let decomposed = work(scratch, ["conv1": 3])
    _ = try runner.run(decomposed, files: WorkFiles(network: path("decomposed.ckpt")))
    #expect(refusal(work(recipe(1)), path("decomposed.ckpt")).contains("its layer conv1 is decomposed"))
    #expect(refusal(work(recipe(1), ["fc": 10]), weights).contains("rank 10 of layer fc"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: weights))
    try bytes.dropLast(9).write(to: URL(fileURLWithPath: path("cut.ckpt")))
    #expect(refusal(work(recipe(1)), path("cut.ckpt")).contains("it may be truncated"))
    #expect(throws: EngineError.cancelled) {
      try runner.run(work(recipe(1)), weightsPath: weights) { $0.step < 0 }
    }
  }
}
