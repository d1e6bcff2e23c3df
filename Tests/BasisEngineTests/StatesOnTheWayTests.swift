import Foundation
import SearchCore
import Testing

@testable import BasisEngine

@Suite("states that trainings leave on their way") final class StatesOnTheWayTests {
  private let folder = NSTemporaryDirectory() + "states-on-the-way-" + UUID().uuidString
  private let runner = WorkRunner(kernels: fastest, kernelVariant: "test")

  init() throws {
    try FileManager.default.createDirectory(atPath: folder + "/states", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// A training of three epochs with four steps each.
  private static let work = Work(
    candidate: Candidate(ranks: ["layer1.0.conv1": 6]),
    kind: .proxyTraining(
      TrainingRecipe(
        model: .resnet8,
        data: DataSelection(set: .shapes10, trainImages: 64, validationImages: 200, splitSeed: 3), epochs: 3,
        batch: 16, learningRate: 0.05)),
    repetition: 1, seed: 11)

  private func run(
    from earlier: Int? = nil, in folder: String = "states", secondsBetween: Double = 0, untilStep: Int = .max
  ) throws -> (result: Observation?, steps: [Int], said: [String]) {
    let path = self.folder + "/" + folder
    var files = WorkFiles(earlierState: earlier.map { "\(path)/\($0)" }, states: { "\(path)/\($0)" })
    files.secondsBetweenStates = secondsBetween
    var (steps, said): ([Int], [String]) = ([], [])
    do {
      let result = try runner.run(Self.work, files: files, describe: { said.append($0) }) {
        if $0.step > 0, $0.step != steps.last { steps.append($0.step) }
        return $0.step < untilStep
      }
      return (result, steps, said)
    } catch EngineError.cancelled { return (nil, steps, said) }
  }

  private func left() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder + "/states").sorted()
  }

  @Test("what is interrupted goes on from the last one to the same bits; at a training's end none is left")
  func interruption() throws {
    let whole = try run()
    #expect(try whole.steps == Array(1...12) && left() == [])
    #expect(try run(untilStep: 10).result == nil && left() == ["2"])
    // Interrupted again, before another state was written.
    #expect(try run(from: 2, untilStep: 11).steps == [9, 10, 11] && left() == ["2"])
    let rest = try run(from: 2)
    #expect(rest.steps == [9, 10, 11, 12] && rest.result?.repeatable == whole.result?.repeatable)
    #expect(whole.said + rest.said == [])
  }

  @Test("none is left before so many seconds of training")
  func seconds() throws {
    #expect(try run(secondsBetween: 1e6, untilStep: 10).result == nil && left() == [])
  }

  @Test("those that cannot be written take nothing from the result, and are told of once")
  func unwritable() throws {
    let whole = try run()
    let unkept = try run(in: "no such folder")
    #expect(unkept.result?.repeatable == whole.result?.repeatable && unkept.said.count == 1)
    #expect(unkept.said.first?.hasPrefix("the state of the training is not kept") == true)
  }
}
