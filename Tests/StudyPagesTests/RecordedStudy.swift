import Foundation
import SearchCore
import Studies
import StudyStore
import StudyViews
import TestSupport

/// A study as a coordinator leaves it, with results that follow from the candidates.
struct RecordedStudy {
  let place: Place
  let folder: String

  static let hostile = "<script>alert(1)</script>\" onload='x' \u{1b}[31m & \u{202e}"

  /// - Parameters:
  ///   - jobs: The number of jobs of an exhaustive search over four layers at two ranks.
  ///   - shift: A number added to all accuracies.
  init(
    name: String = "tiny", jobs count: Int = 24, confirming: Bool = true, shift: Double = 0, rate: String = "0.05",
    model: String = "resnet8", worker: String = "w"
  ) throws {
    place = try Place()
    try place.write(
      """
      study: \(name)
      model: \(model)
      data: {set: shapes10, train_images: 64, validation_images: 64}
      space: {rank_fractions: [0.25, 0.5], include: [layer1.0.conv1, layer2.0.conv1, layer2.0.conv2, layer3.0.conv2]}
      proxy: {epochs: 1, batch: 16, learning_rate: \(rate)}
      strategy: {name: exhaustive, seeds: 1}
      budget: {jobs: 81}
      """, to: "study.yaml")
    let definition = try StudyDefinition(file: place.path("study.yaml"))
    var works = Array(try definition.makeStrategy().works(history: SearchHistory()).prefix(count))
    if confirming {
      for candidate in [Candidate.dense, works[min(3, count - 1)].candidate] {
        works += (0..<3).map {
          definition.configuration.template.work(candidate, repetition: Confirmation.firstRepetition + $0)
        }
      }
    }
    folder = place.path("study")
    let store = try StudyStore.create(directory: folder, identity: definition.newIdentity())
    try store.record([
      .workerJoined(
        WorkerRecord(id: worker, host: worker, processID: 1, slots: 2, kernelVariant: "avx2+Haswell", build: "1")),
      .roundDecided(RoundNote(round: 0, jobs: count / 2, expectedLoss: nil)),
      .roundDecided(RoundNote(round: 1, jobs: count - count / 2, expectedLoss: 0.5)),
    ])
    for (index, work) in works.enumerated() {
      let id = Int64(index + 1)
      let accuracy =
        0.6 + shift - 0.01 * Double(work.candidate.decompositions.count) + 0.0005 * Double(work.seed % 7)
      let result = Observation(
        accuracy: accuracy, loss: 2, epochLosses: [2], diverged: false, stepTimeRatio: 0.9, inferenceTimeRatio: 0.8,
        trainSeconds: 1.5, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "avx2+Haswell")
      try store.record([
        .jobAdded(JobRecord(id: id, work: work)), .attemptStarted(job: id, attempt: 1, worker: worker),
        .jobFinished(job: id, attempt: 1, worker: worker, result: result),
      ])
    }
    let last = definition.configuration.template.work(.dense, repetition: 7)
    let id = Int64(works.count + 1)
    try store.record([
      .jobAdded(JobRecord(id: id, work: last)), .attemptStarted(job: id, attempt: 1, worker: worker),
      .attemptEnded(job: id, attempt: 1, .failed(reason: Self.hostile)), .jobSetAside(job: id, reason: Self.hostile),
    ])
    store.close()
  }

  func store() throws -> StudyStore { try StudyStore.open(directory: folder, mode: .readOnly) }

  func view() throws -> StudyView { try StudyView(of: store(), now: 2_000_000_000) }
}
