import Files
import Foundation
import Processes
import ReadableText
import Synchronization

/// Batch jobs of Slurm, one a worker.
///
/// In the launch's folder, which the nodes must see: `worker.sh`, the script of a job; `jobs`, the numbers that were
/// submitted; `records/ID` and `logs/ID.log` of each worker.
package struct SlurmPlace: Place {
  /// Runs a command; in tests one that is made up.
  package typealias Runner = @Sendable (Command) async throws(LaunchError) -> Command.Result

  package let kind = PlaceKind.slurm
  package let request: SlurmRequest
  package let files: SlurmFiles
  let run: Runner
  /// What the site's accounting said of jobs that the controller has forgotten: it is asked until they have
  /// ended.
  private let accounts = Accounts()

  private final class Accounts: Sendable {
    let rows = Mutex<[String: SlurmRow?]>([:])
  }

  package init(_ request: SlurmRequest, folder: String, run: @escaping Runner = SlurmPlace.command) {
    self.request = request
    files = SlurmFiles(folder: folder)
    self.run = run
  }

  package static let command: Runner = { command throws(LaunchError) in try await command.run() }

  // MARK: Starting

  /// Slurm's standard bound of an array's size is 1001.
  private static let mostTasks = 1000

  package func start(_ count: Int, _ worker: WorkerInvocation) async throws(LaunchError) -> [PlacedWorker] {
    try prepare(worker)
    var workers: [PlacedWorker] = []
    while workers.count < count {
      let tasks = min(count - workers.count, Self.mostTasks)
      let result = try await run(Command("sbatch", submission(of: tasks, worker)))
      guard result.status == 0 else {
        // Those that were submitted are there.
        if !workers.isEmpty { break }
        throw .failure("sbatch: \(Self.refusal(result))")
      }
      let number = try SlurmRow.jobNumber(result.output)
      let job = SlurmFiles.Job(number: number, tasks: tasks, slots: worker.slots, time: Date())
      do { try files.note(job) } catch {
        // Nobody would ever see it again.
        _ = try? await run(Command("scancel", ["\(number)"]))
        throw error
      }
      workers += job.ids.map { PlacedWorker(id: $0, slots: worker.slots, state: .pending(reason: nil)) }
    }
    return workers
  }

  /// Writes what a job reads.
  func prepare(_ worker: WorkerInvocation) throws(LaunchError) {
    var worker = worker
    worker.keys = worker.keys.map(FilePath.absolute)
    try files.make(
      script: SlurmScript(worker: worker, records: files.records, graceSeconds: request.graceSeconds).text)
  }

  func submission(of count: Int, _ worker: WorkerInvocation, isTest: Bool = false) -> [String] {
    request.submission(
      of: count, slots: worker.slots, name: "layersearch-\(Self.plain(worker.name))", script: files.script,
      logs: files.logs, isTest: isTest)
  }

  /// Of a launch's name what no program takes for something else.
  static func plain(_ name: String) -> String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "_" })
  }

  /// What sbatch says of why it refuses, without its name.
  static func refusal(_ result: Command.Result) -> String {
    let lines = (result.errors + "\n" + result.output).split(whereSeparator: \.isNewline).map {
      String($0.trimmingPrefix("sbatch: ").trimmingPrefix("error: "))
    }
    // The first says what it is about, as "invalid partition specified: nosuch".
    return (lines.first { !$0.isEmpty } ?? result.lastLine).inOneLine
  }

  // MARK: Listing

  private static let secondsRemembered = 86_400.0

  package func list() async throws(LaunchError) -> [PlacedWorker] {
    var jobs = try files.submitted()
    guard !jobs.isEmpty else { return [] }
    let queue = try await run(Command("squeue", SlurmRow.queueArguments + ["--user=\(getuid())"]))
    guard queue.status == 0 else { throw .failure("squeue: \(queue.lastLine)") }
    let rows = Dictionary(
      try SlurmRow.rows(queue.output, of: "squeue").map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    // What is long over is of no more interest.
    let latest = Date(timeIntervalSinceNow: -Self.secondsRemembered)
    jobs.removeAll { job in job.time < latest && !job.ids.contains { rows[$0] != nil } }
    let accounts = try await accounts(of: jobs.flatMap(\.ids).filter { rows[$0] == nil })
    return jobs.flatMap { job in
      job.ids.map { id in
        PlacedWorker(
          slurm: id, row: rows[id], account: accounts[id], record: files.record(id), slots: job.slots)
      }
    }
  }

  /// What a site's accounting knows of jobs that the controller has forgotten; empty where there is none.
  private func accounts(of ids: [String]) async throws(LaunchError) -> [String: SlurmRow] {
    let known = accounts.rows.withLock { $0 }
    // What ended by itself says so in its record.
    var latest: [String: SlurmRow] = [:]
    let unknown = ids.filter { known[$0] == nil && files.record($0).runs.last?.ended != 0 }
    if !unknown.isEmpty {
      let numbers = Set(unknown.compactMap { $0.split(separator: "_").first }).sorted().joined(separator: ",")
      var found: [SlurmRow] = []
      if let result = try? await run(Command("sacct", SlurmRow.accountArguments + ["--jobs=\(numbers)"])),
        result.status == 0
      {
        found = try SlurmRow.rows(result.output, of: "sacct")
      }
      latest = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
      // What has not ended will be told otherwise the next time.
      let settled = unknown.filter { id in
        latest[id].map { !PlacedState(slurm: $0, record: SlurmRecord()).isPresent } ?? true
      }
      accounts.rows.withLock { for id in settled { $0.updateValue(latest[id], forKey: id) } }
    }
    return ids.reduce(into: [:]) { $0[$1] = latest[$1] ?? known[$1] ?? nil }
  }

  // MARK: Stopping

  package func stop(_ workers: [PlacedWorker], now: Bool) async throws(LaunchError) {
    // What has ended is no error; a job number of a whole array would be other workers too.
    let ids = workers.filter(\.state.isPresent).map(\.id)
    for first in stride(from: 0, to: ids.count, by: Self.mostTasks) {
      let part = Array(ids[first..<min(first + Self.mostTasks, ids.count)])
      if now {
        try await cancel(part)
      } else {
        try await cancel(["--state=PENDING"] + part)
        // It could hear of nothing.
        try await cancel(["--state=SUSPENDED"] + part)
        try await cancel(["--signal=\(SlurmScript.stopSignal)", "--batch", "--state=RUNNING"] + part)
      }
    }
  }

  private func cancel(_ arguments: [String]) async throws(LaunchError) {
    let result = try await run(Command("scancel", arguments))
    // Of a job that ended or waits again in this moment scancel says an error, which is none.
    let isOfJob = ["Kill job error on job id", "Invalid job id", "Job/step already completing or completed"]
    let lines = result.errors.split(whereSeparator: \.isNewline)
    guard result.status != 0, !lines.contains(where: { line in isOfJob.contains { line.contains($0) } }) else { return }
    throw .failure("scancel: \(result.lastLine)")
  }

  package func log(of worker: PlacedWorker, lines: Int) async throws(LaunchError) -> String {
    try files.log(of: worker.id, lines: lines)
  }
}
