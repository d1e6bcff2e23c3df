import Foundation
import ImageData
import KernelInterface
import SearchCore
import Testing

@testable import BasisEngine

/// One part of every decomposed layer is trained only in every Kth step.
@Suite("skipped updates")
struct SkippedUpdatesTests {
  /// Forms that keep r channels of y, all channels, y_b beside y, and permuted basis channels.
  static let forms: [NetworkCase] = [
    NetworkCase(ranks: ["layer1.0.conv2": 2, "layer2.0.conv1": 3, "layer3.0.conv2": 5], images: 35),
    NetworkCase(
      ranks: ["conv1": 3, "layer1.0.conv1": 1, "layer1.0.conv2": 4, "layer2.0.conv1": 7, "layer3.0.conv2": 11, "fc": 9]
    ),
    NetworkCase(ranks: ["conv1": 4, "layer1.0.conv2": 3, "layer2.0.conv1": 7, "fc": 1], variant: .full, images: 15),
    NetworkCase(
      ranks: ["conv1": 2, "layer1.0.conv2": 2, "layer2.0.conv1": 5],
      basisChannels: ["layer2.0.conv1": [7, 2, 5, 0, 1]],
      images: 16),
  ]
  /// A stem that keeps r channels and whose images need no gradient.
  static let folded = NetworkCase(
    widths: [6, 8, 12], ranks: ["conv1": 3, "layer1.0.conv1": 2, "layer2.0.conv2": 4, "layer3.0.conv2": 5])

  private static let rule = UpdateRule(learningRate: 0.05, momentum: 0.9, weightDecay: 0.01, nesterov: true)

  private func names(_ network: ResNet, of part: BasisPart) -> [String] {
    network.parameters.tensors.map(\.name).filter { $0.hasSuffix(".\(part.rawValue)") }
  }

  private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

  /// Returns the bits of values and velocities by tensor.
  private func state(_ network: ResNet) -> [String: [UInt32]] {
    Dictionary(
      uniqueKeysWithValues: network.parameters.tensors.map {
        ($0.name, bits(network.parameters.read($0.name) + network.parameters.readVelocity($0.name)))
      })
  }

  @Test("the pattern is a function of the step's number alone, and every step is none")
  func pattern() {
    let skip = SkippedUpdates(of: .basis, every: 3)
    #expect((0..<7).map { skip.part(skippedIn: $0) } == [nil, .basis, .basis, nil, .basis, .basis, nil])
    let every = SkippedUpdates(of: .coefficients, every: 1)
    #expect((0..<4).allSatisfy { every.part(skippedIn: $0) == nil } && every.orNone == nil && skip.orNone == skip)
    #expect(SkippedUpdates(of: .basis, every: 0).part(skippedIn: 1) == nil)
  }

  @Test(
    "without a part's gradients, those of all other tensors are the same to the bit, and the part's are zero",
    arguments: kernelTables, BasisPart.allCases)
  func gradients(kernels: KernelTable, part: BasisPart) throws {
    for form in Self.forms + [Self.folded] where kernels.name != "reference" || form.images < 17 {
      let network = try form.network(kernels)
      network.input.fillNormal(images: form.images, seed: 11, other: 3)
      let labels = labels(form.images)
      let loss = network.computeGradients(labels: labels)
      let tensors = network.parameters.tensors.map(\.name)
      let whole = tensors.map { network.parameters.readGradient($0) }
      #expect(network.computeGradients(labels: labels, skipped: part) == loss)
      #expect(!names(network, of: part).isEmpty)
      for (name, gradient) in zip(tensors, whole) {
        let skipped = network.parameters.readGradient(name)
        if name.hasSuffix(".\(part.rawValue)") {
          #expect(skipped.allSatisfy { $0 == 0 } && gradient.contains { $0 != 0 }, "\(name)")
        } else {
          #expect(bits(skipped) == bits(gradient), "\(name)")
        }
      }
    }
  }

  @Test(
    "a step that skips a part leaves it and its velocities to the bit, and does to the rest what every step does",
    arguments: forms + [folded], BasisPart.allCases)
  func steps(form: NetworkCase, part: BasisPart) throws {
    let skip = SkippedUpdates(of: part, every: 3)
    let (network, reference) = (try form.network(fastest), try form.network(fastest))
    let skipped = names(network, of: part)
    for step in 0..<7 {
      for each in [network, reference] { each.input.fillNormal(images: form.images, seed: UInt64(step)) }
      let before = state(network)
      let loss = network.trainingStep(
        labels: labels(form.images), rule: Self.rule, skipped: skip.part(skippedIn: step))
      // The reference step computes all gradients; then the part is restored to its state before the step.
      let kept = skipped.map {
        (name: $0, values: reference.parameters.read($0), velocity: reference.parameters.readVelocity($0))
      }
      #expect(reference.trainingStep(labels: labels(form.images), rule: Self.rule) == loss)
      if step % 3 != 0 {
        for tensor in kept {
          reference.parameters.write(tensor.name, tensor.values)
          reference.parameters.writeVelocity(tensor.name, tensor.velocity)
        }
      }
      let after = state(network)
      #expect(after == state(reference), "step \(step)")
      for name in network.parameters.tensors.map(\.name) {
        #expect((after[name] == before[name]) == (step % 3 != 0 && skipped.contains(name)), "\(name), step \(step)")
      }
    }
  }

  /// Records the tensors to whose gradients the weight gradient kernel added; used on one thread only.
  private final class Calls: @unchecked Sendable {
    var targets: [UnsafeMutablePointer<Float>] = []

    func table(_ kernels: KernelTable) -> KernelTable {
      var table = kernels
      table.convolutionWeightGradient = { [self] input, gradient, weightGradient, shape, algorithm, batch in
        targets.append(weightGradient)
        kernels.convolutionWeightGradient(input, gradient, weightGradient, shape, algorithm, batch)
      }
      return table
    }
  }

  @Test("in steps that skip a part no kernel computes its gradients", arguments: forms + [folded], BasisPart.allCases)
  func kernelCalls(form: NetworkCase, part: BasisPart) throws {
    let calls = Calls()
    let network = try form.network(calls.table(fastest))
    network.input.fillNormal(images: form.images, seed: 1)
    func count(skipped: BasisPart?) -> (part: Int, others: Int) {
      calls.targets = []
      _ = network.trainingStep(labels: labels(form.images), rule: Self.rule, skipped: skipped)
      let targets = names(network, of: part).map { network.parameters.slice($0).gradients }
      let own = calls.targets.count { targets.contains($0) }
      return (own, calls.targets.count - own)
    }
    let whole = count(skipped: nil)
    let partial = count(skipped: part)
    #expect(partial.part == 0 && partial.others == whole.others)
    // If only y_b is kept, the gradient of the coefficients follows from sums that batch norm needs anyway.
    #expect(whole.part > 0 || part == .coefficients && network.layers.contains { $0 is NormalizedBasis })
    #expect(count(skipped: nil) == whole)
  }

  @Test("layer by layer, the multiply-adds of a part's gradients fall to a Kth", arguments: BasisPart.allCases)
  func multiplyAdds(part: BasisPart) throws {
    // Ranks at which all maps are kept.
    let candidate = try Candidate(parsing: "layer1.0.conv1=15,layer2.0.conv2=28")
    func products(_ skip: SkippedUpdates?) throws -> [String: Double] {
      let layers = try Benchmark.run(
        model: .resnet8, candidate: candidate, batch: 16, steps: 2, measuresLayers: true, skip: skip, kernels: fastest
      ).layers
      return Dictionary(
        uniqueKeysWithValues: (layers ?? []).map { ($0.name, $0.multiplyAdds["weight_gradient"] ?? 0) })
    }
    let (all, some) = (try products(nil), try products(SkippedUpdates(of: part, every: 4)))
    #expect(all.count == Architecture(.resnet8).layers.count + 1)
    for layer in Architecture(.resnet8).layers {
      var expected = all[layer.name] ?? 0
      if let rank = candidate.rank(of: layer.name) {
        let weights =
          part == .basis
          ? rank * layer.inputChannels * layer.kernelSize * layer.kernelSize : (layer.outputChannels - rank) * rank
        expected -= 0.75 * Double(16 * weights * layer.outputSize * layer.outputSize)
      }
      #expect(some[layer.name] == expected, "\(layer.name)")
    }
  }

  // MARK: Trainings

  private func recipe(_ skip: SkippedUpdates?, variant: BasisVariant = .remainder) -> TrainingRecipe {
    TrainingRecipe(
      model: .resnet8, variant: variant,
      data: DataSelection(set: .shapes10, trainImages: 48, validationImages: 20, splitSeed: 1), epochs: 2, batch: 16,
      learningRate: 0.05, skip: skip)
  }

  private func trained(
    _ recipe: TrainingRecipe, observer: (TrainingMoment) -> Void = { _ in }
  ) throws -> (TrainingOutcome, [UInt32]) {
    let images = Shapes10.training(count: 48)
    let trainer = try Trainer(recipe: recipe, seed: 9)
    let network = try trainer.makeNetwork(
      candidate: Candidate(ranks: ["layer1.0.conv1": 5, "layer2.0.conv1": 30, "fc": 3]), kernels: fastest)
    var outcome = try trainer.train(network, training: images, evaluation: images, from: nil) { moment in
      observer(moment)
      return true
    }
    (outcome.trainSeconds, outcome.imagesPerSecond) = (0, 0)
    return (outcome, bits(network.tensors.values))
  }

  @Test("every step is none, to the bit, and another number is another training", arguments: BasisPart.allCases)
  func everyStep(part: BasisPart) throws {
    for variant in BasisVariant.allCases {
      let none = try trained(recipe(nil, variant: variant))
      #expect(try trained(recipe(SkippedUpdates(of: part, every: 1), variant: variant)) == none)
      #expect(try trained(recipe(SkippedUpdates(of: part, every: 2), variant: variant)).1 != none.1)
    }
  }

  @Test("a training changes the part in steps 0, K, 2K, … over its epochs", arguments: BasisPart.allCases)
  func training(part: BasisPart) throws {
    var before: [String: [UInt32]] = [:]
    var changed: [[Bool]] = []
    // Three steps per epoch, and a period that does not divide them.
    _ = try trained(recipe(SkippedUpdates(of: part, every: 2))) { moment in
      guard !moment.isEvaluating else { return }
      let after = state(moment.network)
      if !before.isEmpty { changed.append(names(moment.network, of: part).map { before[$0] != after[$0] }) }
      before = after
    }
    #expect(changed == [false, true, false, true, false].map { [$0, $0, $0] })
  }

  @Test("a recipe without skipped updates is written as before, one with them is read as it was")
  func written() throws {
    let plain = String(decoding: try JSONEncoder().encode(recipe(nil)), as: UTF8.self)
    #expect(!plain.contains("skip"))
    #expect(try JSONDecoder().decode(TrainingRecipe.self, from: Data(plain.utf8)) == recipe(nil))
    let skipping = recipe(SkippedUpdates(of: .basis, every: 2))
    #expect(try JSONDecoder().decode(TrainingRecipe.self, from: try JSONEncoder().encode(skipping)) == skipping)
    #expect(throws: EngineError.self) { try Trainer(recipe: recipe(SkippedUpdates(of: .basis, every: 0)), seed: 1) }
  }

  @Test("a work with skipped updates finds what its training does, and the time of its steps")
  func work() throws {
    let runner = WorkRunner(kernels: fastest, kernelVariant: "test")
    func found(_ skip: SkippedUpdates?) throws -> Observation {
      try runner.run(
        Work(
          candidate: Candidate(ranks: ["layer3.0.conv2": 40]), kind: .proxyTraining(recipe(skip)), repetition: 0,
          seed: 5))
    }
    let (none, skipping) = (try found(nil), try found(SkippedUpdates(of: .basis, every: 3)))
    #expect(none[.epochLosses]?.count == 2 && none[.epochLosses] != skipping[.epochLosses])
    #expect(skipping[.stepTimeRatio] ?? 0 > 0 && skipping[.inferenceTimeRatio] ?? 0 > 0)
  }
}
