import Foundation
import ImageData
import SearchCore
import Testing

@testable import BasisEngine

@Suite("trainings that go on")
struct TrainingStateTests {
  private let images = Shapes10.training(count: 40)
  private let test = Shapes10.test(count: 20)
  private let candidate = Candidate(ranks: ["layer1.0.conv1": 5, "layer2.0.conv1": 8])

  private var recipe: TrainingRecipe {
    TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .shapes10, trainImages: 40, validationImages: 0, splitSeed: 0),
      epochs: 3, batch: 16, learningRate: 0.05)
  }

  /// Everything that is not a time.
  private struct Essence: Equatable {
    var numbers: [UInt64]
    var weights: [UInt32]

    init(_ outcome: TrainingOutcome, _ network: ResNet) {
      numbers = ([outcome.accuracy, outcome.loss ?? .nan] + outcome.epochLosses).map(\.bitPattern)
      weights = network.checkpoint().values.map(\.bitPattern)
    }
  }

  private func network(_ trainer: Trainer) throws -> ResNet {
    try trainer.makeNetwork(candidate: candidate, kernels: fastest)
  }

  private func unbroken() throws -> Essence {
    let trainer = try Trainer(recipe: recipe, seed: 9)
    let network = try network(trainer)
    return Essence(try trainer.train(network, training: images, evaluation: test), network)
  }

  /// Through a checkpoint's bytes, as another process reads it.
  private func interrupted(after step: Int, in checkpoint: inout Checkpoint?) throws {
    let trainer = try Trainer(recipe: recipe, seed: 9)
    let network = try network(trainer)
    var state: TrainingState?
    #expect(throws: EngineError.cancelled) {
      try trainer.train(network, training: images, evaluation: test, from: nil) { moment in
        guard moment.progress.step == step, step < moment.progress.steps || moment.isEvaluating else { return true }
        state = moment.state()
        return false
      }
    }
    let bytes = try network.checkpoint(
      at: try #require(state), training: .init(recipe: recipe, seed: 9, epochsDone: 0), dataContent: "x", context: "{}"
    ).encoded()
    checkpoint = try Checkpoint(decoding: bytes, path: "file")
  }

  @Test("broken off after any step, also while it is judged, a training ends with the same bits")
  func everywhere() throws {
    let whole = try unbroken()
    for step in 1...6 {
      var checkpoint: Checkpoint?
      try interrupted(after: step, in: &checkpoint)
      let read = try #require(checkpoint)
      let network = try ResNet(read, batch: recipe.batch, kernels: fastest)
      let state = try #require(network.trainingState(of: read))
      #expect(state.position.step == step && state.position.epochLosses.count == step / 2)
      var seen: [Int] = []
      let outcome = try Trainer(recipe: recipe, seed: 9).train(
        network, training: images, evaluation: test, from: state
      ) { moment in
        if !moment.isEvaluating { seen.append(moment.progress.step) }
        return true
      }
      #expect(seen == Array(step..<6).map { $0 + 1 })
      #expect(Essence(outcome, network) == whole, "step \(step)")
    }
  }

  @Test("broken off twice, it ends with the same bits too")
  func twice() throws {
    let trainer = try Trainer(recipe: recipe, seed: 9)
    var state: TrainingState?
    for step in [1, 4] {
      let network = try network(trainer)
      #expect(throws: EngineError.cancelled) {
        try trainer.train(network, training: images, evaluation: test, from: state) { moment in
          guard moment.progress.step == step else { return true }
          state = moment.state()
          return false
        }
      }
    }
    let network = try network(trainer)
    #expect(
      Essence(try trainer.train(network, training: images, evaluation: test, from: state) { _ in true }, network)
        == (try unbroken()))
  }

  @Test("a state that no training of this recipe and network can be in is refused")
  func unsound() throws {
    var checkpoint: Checkpoint?
    try interrupted(after: 3, in: &checkpoint)
    let read = try #require(checkpoint)
    let network = try ResNet(read, batch: recipe.batch, kernels: fastest)
    let sound = try #require(network.trainingState(of: read))
    let lies: [(inout TrainingState) -> Void] = [
      { $0.position.step = -1 }, { $0.position.step = 7 }, { $0.position.step = .max },
      { $0.position.epochLosses = [] }, { $0.position.epochLosses = [.nan] }, { $0.position.lossSum = .infinity },
      { $0.position.seconds = -1 },
      {
        $0.position = .init(); $0.position.lossSum = 1
      },
      { $0.values.removeLast() }, { $0.velocities.append(0) },
    ]
    for lie in lies {
      var state = sound
      lie(&state)
      do {
        _ = try Trainer(recipe: recipe, seed: 9).train(
          network, training: images, evaluation: test, from: state, observer: { _ in true })
        Issue.record("\(state.position) was accepted")
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
    var checkpoint: Checkpoint?
    try interrupted(after: 2, in: &checkpoint)
    let read = try #require(checkpoint)
    let bytes = try read.encoded()
    #expect(bytes[8] == 2)
    for length in stride(from: 0, to: bytes.count, by: 1009) {
      #expect(throws: EngineError.self) { try Checkpoint(decoding: Array(bytes.prefix(length)), path: "file") }
    }
    var lie = read
    lie.values.removeLast()
    #expect(throws: EngineError.self) { try ResNet(lie, batch: 2, kernels: fastest) }
    // One that is finished has no velocities, as before.
    #expect(try ResNet(read, batch: 2, kernels: fastest).checkpoint().encoded()[8] == 1)
  }
}
