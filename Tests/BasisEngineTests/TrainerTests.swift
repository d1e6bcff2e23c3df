import ImageData
import KernelInterface
import SearchCore
import Testing

@testable import BasisEngine

@Suite struct TrainerTests {
  private func recipe(
    epochs: Int = 1, batch: Int = 16, learningRate: Double = 0.05, variant: BasisVariant = .remainder,
    augment: Bool = true, images: Int = 48
  ) -> TrainingRecipe {
    TrainingRecipe(
      model: .resnet8, variant: variant,
      data: DataSelection(set: .shapes10, trainImages: images, validationImages: 20, splitSeed: 1),
      epochs: Epochs(epochs),
      batch: batch, learningRate: learningRate, augment: augment)
  }

  /// Returns the results that are not times, as bits.
  private func essence(_ outcome: TrainingOutcome) -> [UInt64] {
    ([outcome.accuracy, outcome.loss ?? .nan] + outcome.epochLosses).map(\.bitPattern)
  }

  @Test("the same training gives the same bits, also in memory that another training has used")
  func determinism() throws {
    let images = Shapes10.training(count: 40)
    let candidate = Candidate(ranks: ["layer1.0.conv1": 5, "layer2.0.conv1": 8])
    let trainer = try Trainer(recipe: recipe(epochs: 2), seed: 9)
    var outcomes: [[UInt64]] = []
    let shared = try Workspace(architecture: Architecture(.resnet8), capacity: 16)
    for workspace in [nil, shared, shared] {
      let network = try trainer.makeNetwork(candidate: candidate, kernels: fastest, workspace: workspace)
      outcomes.append(essence(try trainer.train(network, training: images, evaluation: images)))
      // This training leaves infinities in the memory.
      if let workspace, outcomes.count == 2 {
        let wild = try Trainer(recipe: recipe(learningRate: 1e30), seed: 1)
        let network = try wild.makeNetwork(candidate: .dense, kernels: fastest, workspace: workspace)
        #expect(try wild.train(network, training: images, evaluation: images).diverged)
      }
    }
    #expect(outcomes[0] == outcomes[1])
    #expect(outcomes[0] == outcomes[2])
    let other = try Trainer(recipe: recipe(epochs: 2), seed: 10)
    let network = try other.makeNetwork(candidate: candidate, kernels: fastest)
    #expect(essence(try other.train(network, training: images, evaluation: images)) != outcomes[0])
  }

  @Test(
    "a curve is the score after each epoch, and leaves the training as it is",
    arguments: [Candidate.dense, .init(ranks: ["layer1.0.conv1": 5, "layer2.0.conv1": 8])])
  func curve(candidate: Candidate) throws {
    let images = Shapes10.training(count: 40)
    let evaluation = Shapes10.training(count: 27)
    func outcome(epochs: Int, curve: Bool) throws -> TrainingOutcome {
      var recipe = recipe(epochs: epochs)
      // One rate for all epochs, so that a shorter training is the beginning of a longer one.
      recipe.schedule = .constant
      recipe.curve = curve
      let trainer = try Trainer(recipe: recipe, seed: 9)
      return try trainer.train(
        trainer.makeNetwork(candidate: candidate, kernels: fastest), training: images, evaluation: evaluation)
    }
    let curved = try outcome(epochs: 3, curve: true)
    #expect(essence(curved) == essence(try outcome(epochs: 3, curve: false)))
    #expect(curved.epochEvaluations.count == 3)
    #expect(try outcome(epochs: 3, curve: false).epochEvaluations.isEmpty)
    for epochs in 1...3 {
      let shorter = try outcome(epochs: epochs, curve: false)
      #expect(curved.epochEvaluations[epochs - 1].accuracy == shorter.accuracy)
      #expect(curved.epochEvaluations[epochs - 1].meanLoss == shorter.loss)
    }
  }

  @Test("a training that diverges is a result, with accuracy at chance and no loss")
  func divergence() throws {
    let images = Shapes10.training(count: 32)
    let trainer = try Trainer(recipe: recipe(epochs: 3, learningRate: 1e20), seed: 1)
    let network = try trainer.makeNetwork(candidate: .dense, kernels: fastest)
    let outcome = try trainer.train(network, training: images, evaluation: images)
    #expect(outcome.diverged && outcome.accuracy == 0.1 && outcome.loss == nil)
    #expect(outcome.epochLosses.count < 3)
    #expect(outcome.epochLosses.allSatisfy { $0.isFinite })
  }

  @Test("a training whose loss is huge without being infinite has diverged as well", arguments: [30, 90] as [Double])
  func hugeLoss(learningRate: Double) throws {
    let images = Shapes10.training(count: 64)
    for seed in 1...3 as ClosedRange<UInt64> {
      let trainer = try Trainer(recipe: recipe(learningRate: learningRate, images: 64), seed: seed)
      let network = try trainer.makeNetwork(candidate: .dense, kernels: fastest)
      let outcome = try trainer.train(network, training: images, evaluation: images)
      #expect(outcome.diverged && outcome.accuracy == 0.1 && outcome.loss == nil, "\(outcome)")
      // The loss alone shows it: no value is infinite.
      #expect(network.isFinite && outcome.epochLosses.count == 1)
    }
    #expect(abs(Trainer.highestSoundLoss(classes: 10) - 23.02585) < 1e-5)
  }

  @Test(
    "a weight that is no longer finite is noticed at the next step, whatever rectifiers make of it",
    arguments: kernelTables)
  func infiniteWeight(kernels: KernelTable) throws {
    let network = try ResNet(
      architecture: Architecture(.resnet8, imageSize: 4, widths: [3, 4, 5]), batch: 3, kernels: kernels, seed: 2)
    network.input.fillNormal(images: 3, seed: 1)
    let rule = UpdateRule(learningRate: 0, momentum: 0, weightDecay: 0, nesterov: false)
    let before = network.trainingStep(labels: labels(3), rule: rule)
    #expect(before.isFinite && network.isFinite)
    var weights = network.parameters.read("layer1.0.conv1.weight")
    weights[0] = .infinity
    network.parameters.write("layer1.0.conv1.weight", weights)
    let after = network.trainingStep(labels: labels(3), rule: rule)
    #expect(after.isNaN && !network.isFinite)
  }

  @Test(
    "a network learns a handful of images by heart, dense and decomposed", arguments: [BasisVariant.remainder, .full])
  func overfits(variant: BasisVariant) throws {
    let images = Shapes10.training(count: 16)
    let trainer = try Trainer(
      recipe: recipe(epochs: 100, learningRate: 0.1, variant: variant, augment: false), seed: 1)
    let ranks = ["layer1.0.conv1": 7, "layer2.0.conv2": 15, "layer3.0.conv1": 21]
    let candidate = variant == .full ? Candidate(ranks: ranks) : .dense
    let network = try trainer.makeNetwork(candidate: candidate, kernels: fastest)
    let outcome = try trainer.train(network, training: images, evaluation: images)
    #expect(outcome.epochLosses.last! < 0.1)
    #expect(outcome.epochLosses.count == 100)
    #expect(outcome.accuracy > 0.9)
  }

  @Test("a last partial batch is dropped, unless it is the only one; progress counts the steps")
  func steps() throws {
    for (count, batch, expected) in [(20, 16, 2), (32, 16, 4), (7, 16, 2), (1, 16, 2)] {
      let images = Shapes10.training(count: count)
      let trainer = try Trainer(recipe: recipe(epochs: 2, batch: batch), seed: 1)
      let network = try trainer.makeNetwork(candidate: .dense, kernels: fastest)
      var reports: [TrainingProgress] = []
      let outcome = try trainer.train(network, training: images, evaluation: images) {
        reports.append($0)
        return true
      }
      #expect(reports.map(\.step) == Array(1...expected))
      #expect(reports.allSatisfy { $0.steps == expected && $0.epochs == 2 })
      #expect(reports.last?.epoch == 2)
      #expect(reports.last?.loss == outcome.epochLosses.last)
    }
  }

  @Test("a callback that answers no stops the training at once")
  func cancellation() throws {
    let images = Shapes10.training(count: 32)
    let trainer = try Trainer(recipe: recipe(epochs: 2), seed: 1)
    let network = try trainer.makeNetwork(candidate: .dense, kernels: fastest)
    var calls = 0
    #expect(throws: EngineError.cancelled) {
      try trainer.train(network, training: images, evaluation: images) { _ in
        calls += 1
        return calls < 3
      }
    }
    #expect(calls == 3)
  }

  @Test("evaluation counts every image once, whatever the batch leaves over")
  func evaluationRemainders() throws {
    let images = Shapes10.training(count: 33)
    var results: [Evaluation] = []
    for batch in [1, 15, 16, 17, 33, 48] {
      let network = try ResNet(architecture: Architecture(.resnet8), batch: batch, kernels: fastest, seed: 2)
      results.append(network.evaluate(images))
    }
    let network = try ResNet(architecture: Architecture(.resnet8), batch: 1, kernels: fastest, seed: 2)
    let alone = (0..<33).map { network.evaluate(images.subset([$0])) }
    for result in results {
      #expect(abs(result.accuracy - alone.reduce(0) { $0 + $1.accuracy } / 33) < 1e-12)
      #expect(abs(result.meanLoss - alone.reduce(0) { $0 + $1.meanLoss } / 33) < 1e-9)
    }
  }

  @Test("recipes and images that no training can use are refused")
  func refusals() throws {
    #expect(throws: EngineError.self) { try Trainer(recipe: recipe(learningRate: .nan), seed: 1) }
    #expect(throws: EngineError.self) { try Trainer(recipe: recipe(learningRate: -1), seed: 1) }
    #expect(throws: EngineError.self) { try Trainer(recipe: recipe(batch: 0), seed: 1) }
    #expect(throws: EngineError.self) { try Trainer(recipe: recipe(epochs: -1), seed: 1) }
    for batch in [-1, 0, 1 << 22, .max] {
      #expect(throws: EngineError.self) {
        try ResNet(architecture: Architecture(.resnet18), batch: batch, kernels: fastest, seed: 1)
      }
    }
    let trainer = try Trainer(recipe: recipe(), seed: 1)
    let network = try trainer.makeNetwork(candidate: .dense, kernels: fastest)
    let none = Shapes10.training(count: 0)
    let one = Shapes10.training(count: 1)
    #expect(throws: EngineError.noImages(purpose: "train on")) {
      try trainer.train(network, training: none, evaluation: one)
    }
    #expect(throws: EngineError.noImages(purpose: "evaluate on")) {
      try trainer.train(network, training: one, evaluation: none)
    }
  }

  @Test("a trial answers with everything that the search needs, the same at every run; dense is the measure of time")
  func trials() throws {
    let runner = WorkRunner(kernels: fastest, kernelVariant: "test")
    let candidate = Candidate(ranks: ["layer3.0.conv2": 4])
    func work(_ candidate: Candidate, _ recipe: TrainingRecipe, measuresTime: Bool) -> Work {
      Work(candidate: candidate, kind: .proxyTraining(recipe), repetition: measuresTime ? 0 : 1, seed: 5)
    }
    let first = try runner.run(work(candidate, recipe(), measuresTime: true))
    let dense = try runner.run(work(.dense, recipe(), measuresTime: true))
    let again = try runner.run(work(candidate, recipe(), measuresTime: false))
    #expect(first.metrics.allSatisfy { Metric.known.contains($0.name) }, "\(first.metrics)")
    #expect(first[.accuracy] != nil && first.repeatable == again.repeatable)
    #expect(first[.accuracy] == again[.accuracy] && first[.loss] == again[.loss])
    #expect(first[.epochLosses] == again[.epochLosses])
    #expect((first[.stepTimeRatio] ?? 0) > 0 && (first[.inferenceTimeRatio] ?? 0) > 0)
    #expect(dense[.stepTimeRatio] == 1 && dense[.inferenceTimeRatio] == 1)
    #expect(again[.stepTimeRatio] == nil && again[.inferenceTimeRatio] == nil)
    #expect(first.kernelVariant == "test" && first[.peakMemoryBytes] ?? 0 > 0x1p20)
    #expect(first[.epochLosses]?.count == 1 && !first.diverged && first[.imagesPerSecond] ?? 0 > 0)
    #expect(throws: EngineError.self) {
      try runner.run(work(Candidate(ranks: ["fc": 10]), recipe(), measuresTime: false))
    }
    var cifar = recipe()
    cifar.data.set = .cifar10
    #expect(throws: EngineError.self) { try runner.run(work(.dense, cifar, measuresTime: false)) }
    #expect(throws: ImageDataError.self) {
      try runner.run(work(.dense, cifar, measuresTime: false), dataPath: "/nonexistent")
    }
  }

  @Test("a benchmark tells rates, memory and kernels")
  func benchmark() throws {
    let result = try Benchmark.run(model: .resnet8, batch: 16, steps: 2, kernels: fastest)
    #expect(result.trainingImagesPerSecond > 0 && result.inferenceImagesPerSecond > 0)
    #expect(result.kernelVariant.hasPrefix(fastest.name + "-"))
    #expect(result.candidate == "dense" && result.batch == 16)
  }

  @Test("layer by layer, a benchmark counts the multiply-adds that the cost model does")
  func layerTimes() throws {
    // Ranks at which all maps are kept: maps that are not kept are computed more than once.
    let candidate = try Candidate(parsing: "layer1.0.conv1=15,layer2.0.conv2=28")
    let result = try Benchmark.run(
      model: .resnet8, candidate: candidate, batch: 16, steps: 1, measuresLayers: true, kernels: fastest)
    let architecture = Architecture(.resnet8)
    let layers = try #require(result.layers)
    #expect(Set(layers.map(\.name)) == Set(architecture.layers.map(\.name) + ["other"]))
    func products(_ work: LayerTimes.Work) -> Int {
      Int(layers.reduce(0) { $0 + ($1.multiplyAdds[work.rawValue] ?? 0) })
    }
    let cost = architecture.cost(of: candidate, variant: .remainder)
    #expect(products(.forward) == 16 * cost.multiplyAdds)
    #expect(products(.weightGradient) == 16 * cost.multiplyAdds)
    #expect(layers.allSatisfy { $0.totalSeconds > 0 })
  }
}
