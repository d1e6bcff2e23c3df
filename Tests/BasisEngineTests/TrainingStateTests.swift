import Foundation
import ImageData
import SearchCore
import Testing

@testable import BasisEngine

@Suite("trainings that go on")
struct TrainingStateTests {
  private let images = Shapes10.training(count: 40)
  private let test = Shapes10.test(count: 20)

  /// A network and its training.
  struct Form: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var ranks: [String: Int] = [:]
    var variant = BasisVariant.remainder
    var skip: SkippedUpdates?

    var candidate: Candidate { Candidate(ranks: ranks) }
    /// The recipe, with two steps per epoch.
    var recipe: TrainingRecipe {
      TrainingRecipe(
        model: .resnet8, variant: variant,
        data: DataSelection(set: .shapes10, trainImages: 40, validationImages: 0, splitSeed: 0), epochs: 3, batch: 16,
        learningRate: 0.05, skip: skip)
    }
  }

  /// Dense, basis convolutions of both kinds, ranks at which both halves of y are kept, and parts that are not trained
  /// in every step.
  static let forms = [
    Form(testDescription: "dense"),
    Form(testDescription: "remainder", ranks: ["layer1.0.conv1": 5, "layer2.0.conv1": 8]),
    Form(testDescription: "full", ranks: ["conv1": 4, "layer1.0.conv1": 5, "fc": 3], variant: .full),
    Form(testDescription: "large ranks", ranks: ["layer1.0.conv2": 15, "layer3.0.conv1": 60, "fc": 9]),
    Form(
      testDescription: "basis at every second step",
      ranks: ["layer1.0.conv1": 5, "layer2.0.conv1": 8, "layer3.0.conv1": 60],
      skip: SkippedUpdates(of: .basis, every: 2)),
    Form(
      testDescription: "coefficients at every second step", ranks: ["layer1.0.conv1": 5, "fc": 3], variant: .full,
      skip: SkippedUpdates(of: .coefficients, every: 2)),
    Form(
      testDescription: "coefficients at every third step", ranks: ["layer1.0.conv1": 5, "layer3.0.conv1": 60],
      skip: SkippedUpdates(of: .coefficients, every: 3)),
  ]
  private var form: Form { Self.forms[1] }

  /// All results that are not times.
  private struct Essence: Equatable {
    var numbers: [UInt64]
    var weights: [UInt32]

    init(_ outcome: TrainingOutcome, _ network: ResNet) {
      numbers = ([outcome.accuracy, outcome.loss ?? .nan] + outcome.epochLosses).map(\.bitPattern)
      weights = network.tensors.values.map(\.bitPattern)
    }
  }

  private func network(_ form: Form) throws -> (trainer: Trainer, network: ResNet) {
    let trainer = try Trainer(recipe: form.recipe, seed: 9)
    return (trainer, try trainer.makeNetwork(candidate: form.candidate, kernels: fastest))
  }

  private func unbroken(_ form: Form) throws -> Essence {
    let (trainer, network) = try network(form)
    return Essence(try trainer.train(network, training: images, evaluation: test), network)
  }

  /// Continues a training from a checkpoint up to a step, and interrupts it. Returns the state as another process reads
  /// it, through the bytes of a file.
  private func interrupted(
    _ form: Form, after step: Int, from earlier: Checkpoint? = nil
  ) throws -> Checkpoint {
    var (trainer, network) = try network(form)
    if let earlier { network = try ResNet(earlier, batch: form.recipe.batch, kernels: fastest) }
    var checkpoint: Checkpoint?
    #expect(throws: EngineError.cancelled) {
      try trainer.train(network, training: images, evaluation: test, from: earlier) { moment in
        guard moment.progress.step == step, step < moment.progress.steps || moment.isEvaluating else { return true }
        checkpoint = moment.checkpoint(
          recipe: form.recipe, seed: 9, kernelVariant: nil, dataContent: "x", context: "{}")
        return false
      }
    }
    let written = try #require(checkpoint)
    let read = try CheckpointFormats.decode(try BinaryCheckpointFormat().encoded(written))
    #expect(read == written)
    return read
  }

  @Test("broken off after any step, also while it is judged, a training ends with the same bits", arguments: forms)
  func everywhere(form: Form) throws {
    let whole = try unbroken(form)
    for step in 1...6 {
      let read = try interrupted(form, after: step)
      let network = try ResNet(read, batch: form.recipe.batch, kernels: fastest)
      let state = try #require(read.unfinished?.state)
      #expect(state.position.step == step && state.position.epochLosses.count == step / 2)
      #expect(read.training?.epochsDone == step / 2)
      var seen: [Int] = []
      let outcome = try Trainer(recipe: form.recipe, seed: 9).train(
        network, training: images, evaluation: test, from: read
      ) { moment in
        if !moment.isEvaluating { seen.append(moment.progress.step) }
        return true
      }
      #expect(seen == Array(step..<6).map { $0 + 1 })
      #expect(Essence(outcome, network) == whole, "step \(step)")
    }
  }

  @Test("broken off at every epoch's end, one after the other, it ends with the same bits too", arguments: forms)
  func everyEpoch(form: Form) throws {
    var checkpoint: Checkpoint?
    for epoch in 1...form.recipe.epochs.begun {
      checkpoint = try interrupted(form, after: 2 * epoch, from: checkpoint)
    }
    let read = try #require(checkpoint)
    let network = try ResNet(read, batch: form.recipe.batch, kernels: fastest)
    let outcome = try Trainer(recipe: form.recipe, seed: 9).train(
      network, training: images, evaluation: test, from: read, observer: { _ in true })
    #expect(Essence(outcome, network) == (try unbroken(form)))
  }

  @Test("broken off twice, within epochs, a fresh network goes on to the same bits too")
  func twice() throws {
    var checkpoint: Checkpoint?
    for step in [1, 3] {
      let (trainer, network) = try network(form)
      #expect(throws: EngineError.cancelled) {
        try trainer.train(network, training: images, evaluation: test, from: checkpoint) { moment in
          guard moment.progress.step == step else { return true }
          checkpoint = moment.checkpoint(
            recipe: form.recipe, seed: 9, kernelVariant: nil, dataContent: "x", context: "{}")
          return false
        }
      }
    }
    let (trainer, network) = try network(form)
    #expect(
      Essence(try trainer.train(network, training: images, evaluation: test, from: checkpoint) { _ in true }, network)
        == (try unbroken(form)))
  }

  @Test("a state that no training of this recipe and network can be in is refused")
  func unsound() throws {
    let sound = try interrupted(form, after: 3)
    let network = try ResNet(sound, batch: form.recipe.batch, kernels: fastest)
    let lies: [(inout Checkpoint) throws -> Void] = [
      { $0.unfinished?.state.position.step = -1 }, { $0.unfinished?.state.position.step = 7 },
      { $0.unfinished?.state.position.step = .max }, { $0.unfinished?.state.position.epochLosses = [] },
      { $0.unfinished?.state.position.epochLosses = [.nan] },
      { $0.unfinished?.state.position.lossSum = .infinity }, { $0.unfinished?.state.position.seconds = -1 },
      {
        $0.unfinished?.state.position = .init()
        $0.unfinished?.state.position.lossSum = 1
      },
      { $0.tensors = try TensorTree($0.tensors.tensors.dropLast()) },
      {
        let extra = try NamedTensor(name: "other", shape: [1], values: [0])
        $0.unfinished?.state.velocities = try TensorTree($0.tensors.tensors + [extra])
      },
      { $0.unfinished = nil },
      { $0.network.variant = .full },
    ]
    for (index, lie) in lies.enumerated() {
      var checkpoint = sound
      try lie(&checkpoint)
      do {
        _ = try Trainer(recipe: form.recipe, seed: 9).train(
          network, training: images, evaluation: test, from: checkpoint, observer: { _ in true })
        Issue.record("lie \(index) was accepted")
      } catch {
        guard case .illegalState = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
  }

  @Test("a checkpoint on the way is read as a network too; cut off or with its kind changed it is refused")
  func files() throws {
    let format = BinaryCheckpointFormat()
    let read = try interrupted(form, after: 2)
    let bytes = try format.encoded(read)
    #expect(bytes[8] == 2)
    for length in stride(from: 0, to: bytes.count, by: 1009) {
      #expect(throws: CheckpointProblem.self) { try CheckpointFormats.decode(Array(bytes.prefix(length))) }
    }
    var lie = read
    let velocities = try #require(read.unfinished?.state.velocities)
    lie.unfinished?.state.velocities = try TensorTree(velocities.tensors.dropLast())
    #expect(throws: EngineError.self) { try ResNet(lie, batch: 2, kernels: fastest) }
    // A finished training has no velocities, as in version 1.
    #expect(try format.encoded(try ResNet(read, batch: 2, kernels: fastest).checkpoint())[8] == 1)
  }
}
