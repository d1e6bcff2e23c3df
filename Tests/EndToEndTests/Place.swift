import Foundation
import SearchCore
import Studies
import StudyStore
import TestSupport
import Testing

typealias Place = TestSupport.Place

/// The folder is the working folder and the home of commands.
extension Place {
  func start(_ arguments: String...) throws -> RunningCommand { try RunningCommand(arguments, in: self) }

  func run(_ arguments: String...) async throws -> RunningCommand.Result {
    try await RunningCommand(arguments, in: self).end()
  }

  /// Writes a study that takes seconds: ResNet-8 on a few drawn images, searched exhaustively in 2^layers jobs.
  func writeStudy(
    _ name: String = "tiny", trainImages: Int = 64, epochs: Int = 1,
    layers: [String] = ["layer1.0.conv1", "layer2.0.conv2"], seed: Int = 1, budget: Int = 20,
    file: String = "study.yaml"
  ) throws {
    try write(
      """
      study: \(name)
      model: resnet8
      data:
        set: shapes10
        train_images: \(trainImages)
        validation_images: 64
      space:
        rank_fractions: [0.25]
        include: [\(layers.joined(separator: ", "))]
      proxy:
        epochs: \(epochs)
        batch: 16
        learning_rate: 0.05
      objectives: [accuracy, parameters]
      strategy:
        name: exhaustive
        seeds: 1
      budget:
        jobs: \(budget)
      seed: \(seed)
      """, to: file)
  }

  /// Returns a place that holds such a study, finished.
  static func withFinishedStudy() async throws -> Place {
    let place = try Place()
    try place.writeStudy()
    let run = try await place.run("run", "study.yaml", "--quiet", "--slots", "2")
    #expect(run.exitCode == 0, "\(run.errors)")
    return place
  }

  /// Records the study of `study.yaml` as a coordinator leaves it that is stopped after the end of the first job.
  func recordFirstResult(kernelVariant: String) throws {
    let definition = try StudyDefinition(file: path("study.yaml"))
    let works = try definition.makeStrategy().works(history: SearchHistory())
    let result = Observation(
      accuracy: 0.25, loss: 2, epochLosses: [2], diverged: false, stepTimeRatio: 1, inferenceTimeRatio: 1,
      trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: kernelVariant)
    let store = try StudyStore.create(directory: path("studies/tiny"), identity: definition.newIdentity())
    defer { store.close() }
    try store.record(
      works.enumerated().map { .jobAdded(JobRecord(id: Int64($0.offset + 1), work: $0.element)) } + [
        .attemptStarted(job: 1, attempt: 1, worker: "w"),
        .jobFinished(job: 1, attempt: 1, worker: "w", result: result),
      ])
  }

  /// Writes a study whose jobs take seconds each, so that a test that polls it sees them run.
  func writeLongerStudy(layers: [String] = ["layer1.0.conv1", "layer2.0.conv2"]) throws {
    try writeStudy(trainImages: 1024, epochs: 4, layers: layers)
  }
}

/// Returns the one JSON object that a command printed.
func object(_ text: String) throws -> [String: Any] {
  let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
  guard let object = value as? [String: Any] else { throw CocoaError(.coderReadCorrupt) }
  return object
}

/// Whether a text is exactly one line, as errors must be.
func isOneLine(_ text: String) -> Bool { text.split(separator: "\n").count == 1 && text.hasSuffix("\n") }
