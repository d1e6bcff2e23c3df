import Foundation
import SearchCore
import StudyStore

/// The final contents of a study's database, and a check that nothing was lost in the study's history.
struct RecordedStudy {
  var jobs: [JobRecord]
  var attempts: [Int64: [AttemptRecord]]
  var isFinished: Bool
  var events: [StudyEvent]
  var workers: [WorkerPresence]

  init(_ place: Place, study: String = "studies/tiny") throws {
    let store = try StudyStore.open(directory: place.path(study), mode: .readOnly)
    defer { store.close() }
    jobs = try store.jobs()
    attempts = [:]
    for job in jobs { attempts[job.id] = try store.attempts(of: job.id) }
    isFinished = try store.isFinished
    events = try store.events()
    workers = try store.workers()
  }

  var attemptCount: Int { attempts.values.reduce(0) { $0 + $1.count } }

  /// A job and its result, without times.
  private struct Finding: Hashable {
    var id: Int64
    var work: Work
    var accuracy: UInt64?
    var loss: UInt64?
    var epochLosses: [UInt64]?
    var diverged: Bool?

    init(_ job: JobRecord) {
      id = job.id
      work = job.work
      accuracy = job.result?[.accuracy]?.bitPattern
      loss = job.result?[.loss]?.bitPattern
      epochLosses = job.result?[.epochLosses]?.map(\.bitPattern)
      diverged = job.result?.diverged
    }
  }

  /// Returns deviations; empty if this study is complete and has exactly the jobs and results of the undisturbed one.
  func violations(comparedWith undisturbed: RecordedStudy) -> [String] {
    var found: [String] = []
    if !isFinished { found.append("the study is not finished") }
    for job in jobs where job.state != .finished || job.result == nil {
      found.append("job \(job.id) is \(job.state): \(job.failureReason ?? "no reason")")
    }
    if jobs.count != undisturbed.jobs.count {
      found.append("\(jobs.count) jobs, \(undisturbed.jobs.count) in the undisturbed study")
    }
    for (job, other) in zip(jobs, undisturbed.jobs) where Finding(job) != Finding(other) {
      found.append("job \(job.id) differs: \(Finding(job)) is not \(Finding(other))")
    }
    for job in jobs { found += violations(ofAttemptsAt: job) }
    return found
  }

  private func violations(ofAttemptsAt job: JobRecord) -> [String] {
    let attempts = attempts[job.id] ?? []
    var found: [String] = []
    if attempts.map(\.number) != Array(1...max(1, job.attempts)) {
      found.append("job \(job.id) has attempts \(attempts.map(\.number)), \(job.attempts) are counted")
    }
    // The late result of an ended attempt may have finished the job; then no attempt ended as finished.
    if attempts.count(where: { $0.ending == .finished }) > 1 {
      found.append("job \(job.id) was finished twice")
    }
    if attempts.contains(where: { $0.ended == nil }) { found.append("job \(job.id) is still being trained") }
    let failures = attempts.count { $0.ending == .failed }
    let losses = attempts.count { $0.ending == .lost }
    if (failures, losses) != (job.failures, job.losses) {
      found.append(
        "job \(job.id) counts \(job.failures) failures and \(job.losses) losses, not \(failures) and \(losses)")
    }
    return found
  }
}

/// Returns the lines of the exported table, without the columns of times.
func untimedCSV(_ place: Place, all: Bool = true) async throws -> [String] {
  let arguments = ["export", "studies/tiny", "--format", "csv"] + (all ? ["--all"] : [])
  let result = try await RunningCommand(arguments, in: place).end()
  return result.output.split(separator: "\n").map { line in
    // Only the candidate, which comes first, may contain commas between quotation marks.
    let end = line.hasPrefix("\"") ? line.dropFirst().firstIndex(of: "\"")! : line.startIndex
    let fields = line[end...].split(separator: ",", omittingEmptySubsequences: false)
    return line[..<end]
      + fields.enumerated().filter { ![9, 10].contains($0.offset) }.map(\.element).joined(separator: ",")
  }
}

/// Returns the child processes of a process.
func children(of process: Int32) -> [Int32] {
  let folder = "/proc/\(process)/task"
  let tasks = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  return tasks.flatMap { task -> [Int32] in
    let text = (try? String(contentsOfFile: "\(folder)/\(task)/children", encoding: .utf8)) ?? ""
    return text.split(separator: " ").compactMap { Int32($0) }
  }
}
