import Foundation
import SearchCore
import StudyStore
import Synchronization

/// A folder that is removed with its last reference.
final class TemporaryFolder: Sendable {
  let path: String
  var database: String { "\(path)/study.sqlite" }

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("study-\(UUID().uuidString)").path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A clock that advances only when told.
final class ManualClock: Sendable {
  private let time = Mutex(1000.0)
  var reading: StudyStore.Clock { { self.time.withLock { $0 } } }
  func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
}

extension StudyIdentity {
  static let example = StudyIdentity(
    studyID: "study-1", name: "example", configurationText: "model: resnet20\n", fingerprint: "f1",
    entries: TrainingRecipe.example.entries.merging(["seed": "1"]) { $1 }, budget: 120)
}

extension JobRecord {
  static func example(_ id: Int64, rank: Int = 8, replicate: Int? = nil) -> JobRecord {
    let candidate = Candidate(ranks: ["layer1.0.conv1": rank, "layer2.1.conv2": 16])
    return JobRecord(id: id, work: .example(candidate, replicate ?? Int(id)))
  }
}

extension Observation {
  static func example(_ number: Int) -> Observation {
    Observation(
      accuracy: 1 / 3 + Double(number).squareRoot() * 1e-4, loss: 1.1 + Double(number) / 7,
      epochLosses: [2.3 - Double(number) / 9, 0.1 + 0.2, .leastNonzeroMagnitude], diverged: false, stepTimeRatio: 0.7,
      inferenceTimeRatio: nil, trainSeconds: 12.3, imagesPerSecond: 1e3 / 3, peakMemoryBytes: 1 << 40,
      kernelVariant: "avx512+SkylakeX")
  }
}

extension WorkerRecord {
  static func example(_ id: String) -> WorkerRecord {
    WorkerRecord(id: id, host: "node-7", processID: 4711, slots: 2, kernelVariant: "avx2+Haswell", build: "0.1.0")
  }
}

/// Records a job, its only attempt and its result.
func record(_ id: Int64, in store: StudyStore) throws {
  try store.record([
    .jobAdded(.example(id, rank: Int(id % 60) + 1)), .attemptStarted(job: id, attempt: 1, worker: "a"),
    .jobFinished(job: id, attempt: 1, worker: "a", result: .example(Int(id))),
  ])
}

/// The size of a file in bytes; 0 if there is none.
func size(_ file: String) -> Int {
  (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
}

/// The error that `body` throws; `nil` if it throws none.
func storeError(_ body: () throws -> Void) -> StoreError? {
  do {
    try body()
    return nil
  } catch {
    return error as? StoreError
  }
}
