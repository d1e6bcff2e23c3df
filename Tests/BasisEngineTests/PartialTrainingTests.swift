import Foundation
import ImageData
import SearchCore
import Testing

@testable import BasisEngine

@Suite("trainings of a part of a schedule") struct PartialTrainingTests {
  private let images = Shapes10.training(count: 64)
  private let test = Shapes10.test(count: 20)

  /// Returns a recipe with four steps per epoch.
  private func recipe(_ epochs: Epochs, until: Int? = nil, curve: Bool = false) -> TrainingRecipe {
    TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .shapes10, trainImages: 64, validationImages: 20, splitSeed: 0),
      epochs: epochs, batch: 16, learningRate: 0.05, curve: curve, until: until)
  }

  private struct Ending {
    var outcome: TrainingOutcome
    var end: TrainingMoment
    var steps: [Int]
    var weights: [UInt32]

    var numbers: [UInt64] {
      ([outcome.accuracy, outcome.loss ?? .nan] + outcome.epochLosses
        + outcome.epochEvaluations.flatMap { [$0.accuracy, $0.meanLoss] }).map(\.bitPattern)
    }
  }

  private func train(
    _ recipe: TrainingRecipe, _ form: TrainingStateTests.Form = TrainingStateTests.forms[1],
    from checkpoint: Checkpoint? = nil
  ) throws -> Ending {
    var recipe = recipe
    recipe.variant = form.variant
    let trainer = try Trainer(recipe: recipe, seed: 9)
    let network =
      try checkpoint.map { try ResNet($0, batch: recipe.batch, kernels: fastest) }
      ?? trainer.makeNetwork(candidate: form.candidate, kernels: fastest)
    var steps: [Int] = []
    let (outcome, end) = try trainer.trainToEnd(
      network, training: images, evaluation: test, from: checkpoint
    ) { moment in
      if !moment.isEvaluating { steps.append(moment.progress.step) }
      #expect(moment.progress.epoch <= moment.progress.epochs && moment.progress.step <= moment.progress.steps)
      return true
    }
    return Ending(outcome: outcome, end: end, steps: steps, weights: network.tensors.values.map(\.bitPattern))
  }

  @Test(
    "a part of an epoch is that part of its steps, one at least, and its losses are told",
    arguments: [("0.25", 1, 1), ("0.1", 1, 1), ("0.5", 2, 1), ("1", 4, 1), ("1.25", 5, 2), ("2.5", 10, 3)])
  func fractions(epochs: String, steps: Int, losses: Int) throws {
    let epochs = try #require(Epochs(epochs))
    for curve in [false, true] {
      let ending = try train(recipe(epochs, curve: curve))
      #expect(ending.steps == Array(1...steps))
      #expect(ending.outcome.epochLosses.count == losses && ending.outcome.epochLosses.allSatisfy { $0 > 0 })
      #expect(ending.outcome.epochEvaluations.count == (curve ? losses : 0))
      if curve { #expect(ending.outcome.epochEvaluations.last?.meanLoss == ending.outcome.loss) }
    }
  }

  @Test("the mean loss of a part of an epoch is that of its steps")
  func partialLoss() throws {
    let epochs = try #require(Epochs("1.5"))
    var losses: [Double] = []
    let trainer = try Trainer(recipe: recipe(epochs), seed: 9)
    let network = try trainer.makeNetwork(candidate: .dense, kernels: fastest)
    let outcome = try trainer.train(network, training: images, evaluation: test) {
      losses.append($0.loss)
      return true
    }
    // Each is the mean of the epoch so far: the last one of an epoch is the epoch's loss.
    #expect(outcome.epochLosses == [losses[3], losses[5]])
  }

  @Test("no epochs are no steps: the score is the network's as it is")
  func none() throws {
    let trainer = try Trainer(recipe: recipe(.none, curve: true), seed: 9)
    let network = try trainer.makeNetwork(candidate: .dense, kernels: fastest)
    let before = network.tensors
    let score = network.evaluate(test)
    let outcome = try trainer.train(network, training: images, evaluation: test)
    #expect(outcome.accuracy == score.accuracy && outcome.loss == score.meanLoss)
    #expect(outcome.epochLosses.isEmpty && outcome.epochEvaluations.isEmpty && network.tensors == before)
  }

  @Test(
    "ended after any epoch, a training is the beginning of the whole one, and goes on to its bits",
    arguments: TrainingStateTests.forms, [false, true])
  func until(form: TrainingStateTests.Form, curve: Bool) throws {
    let epochs = try #require(Epochs("2.5"))
    let whole = try train(recipe(epochs, curve: curve), form)
    let curved = try train(recipe(epochs, curve: true), form)
    var earlier: Checkpoint?
    for until in 1...3 {
      let part = try train(recipe(epochs, until: until, curve: curve), form, from: earlier)
      let steps = min(4 * until, 10)
      #expect(part.steps == Array(4 * (until - 1) + 1...steps))
      #expect(part.end.progress.steps == steps && part.end.progress.epochs == until)
      #expect(part.outcome.epochLosses == Array(whole.outcome.epochLosses.prefix(until)))
      #expect(part.outcome.epochEvaluations == Array(whole.outcome.epochEvaluations.prefix(until)))
      #expect(part.outcome.accuracy == curved.outcome.epochEvaluations[until - 1].accuracy)
      // The result is the same without the earlier part.
      let unbroken = try train(recipe(epochs, until: until, curve: curve), form)
      #expect(part.numbers == unbroken.numbers && part.weights == unbroken.weights)
      let kept = part.end.checkpoint(
        recipe: recipe(epochs), seed: 9, kernelVariant: nil, dataContent: "x", context: "{}")
      let read = try CheckpointFormats.decode(try BinaryCheckpointFormat().encoded(kept))
      #expect(read == kept)
      earlier = read
    }
    let last = try train(recipe(epochs, curve: curve), form, from: earlier)
    #expect(last.steps.isEmpty && last.numbers == whole.numbers && last.weights == whole.weights)
  }

  @Test("a curve whose last point was not judged before the training was broken off is completed")
  func pendingPoint() throws {
    let recipe = recipe(2, curve: true)
    let whole = try train(recipe)
    let trainer = try Trainer(recipe: recipe, seed: 9)
    var kept: Checkpoint?
    #expect(throws: EngineError.cancelled) {
      try trainer.train(
        trainer.makeNetwork(candidate: TrainingStateTests.forms[1].candidate, kernels: fastest), training: images,
        evaluation: test, from: nil
      ) { moment in
        guard moment.progress.step == 4 else { return true }
        kept = moment.checkpoint(recipe: recipe, seed: 9, kernelVariant: nil, dataContent: "x", context: "{}")
        return false
      }
    }
    let rest = try train(recipe, from: kept)
    #expect(rest.numbers == whole.numbers && rest.weights == whole.weights)
  }

  @Test("a position without scores reads and writes as versions did that kept none")
  func positions() throws {
    let text = #"{"epochLosses":[1.5],"lossSum":0,"seconds":2,"step":4}"#
    let position = try JSONDecoder().decode(TrainingState.Position.self, from: Data(text.utf8))
    #expect(position.step == 4 && position.epochLosses == [1.5] && position.evaluations.isEmpty)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    #expect(String(decoding: try encoder.encode(position), as: UTF8.self) == text)
    var scored = position
    scored.evaluations = [Evaluation(accuracy: 0.5, meanLoss: 1), Evaluation(accuracy: 0.5, meanLoss: 1)]
    #expect(throws: EngineError.self) { try scored.check(steps: 8, stepsPerEpoch: 4) }
    scored.evaluations.removeLast()
    try scored.check(steps: 8, stepsPerEpoch: 4)
    #expect(try JSONDecoder().decode(TrainingState.Position.self, from: encoder.encode(scored)) == scored)
  }

  @Test("an end before the first epoch is refused")
  func refusals() {
    #expect(throws: EngineError.self) { try Trainer(recipe: recipe(2, until: 0), seed: 1) }
  }
}
