import Files
import Foundation
import Processes
import ReadableText
import Synchronization

/// Slurm batch jobs, one per worker.
///
/// The launch's folder, which the nodes must see, contains `worker.sh`, the script of a job; `jobs`, the numbers that
/// were submitted; and `records/ID` and `logs/ID.log` of each worker.
package struct SlurmPlace: Place {
  /// Runs a command. Tests substitute their own.
  package typealias Runner = @Sendable (Command) async throws(LaunchError) -> Command.Result

  package let kind = PlaceKind.slurm
  package let request: SlurmRequest
  package let files: SlurmFiles
  let run: Runner
  /// What the site's accounting said about jobs that the controller has forgotten. It is asked about each until the job
  /// has ended.
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

  /// Slurm's default limit of an array's size is 1001.
  private static let mostTasks = 1000

  package func start(_ count: Int, _ worker: WorkerInvocation) async throws(LaunchError) -> [PlacedWorker] {
    try prepare(worker)
    var workers: [PlacedWorker] = []
    while workers.count < count {
      let tasks = min(count - workers.count, Self.mostTasks)
      let result = try await run(Command("sbatch", submission(of: tasks, worker)))
      guard result.status == 0 else {
        // Return the workers that were submitted.
        if !workers.isEmpty { break }
        throw .failure("sbatch: \(Self.refusal(result))")
      }
      let number = try SlurmRow.jobNumber(result.output)
      let job = SlurmFiles.Job(number: number, tasks: tasks, slots: worker.slots, time: Date())
      do { try files.note(job) } catch {
        // Without a note the launch would never see the job again.
        _ = try? await run(Command("scancel", ["\(number)"]))
        throw error
      }
      workers += job.ids.map { PlacedWorker(id: $0, slots: worker.slots, state: .pending(reason: nil)) }
    }
    return workers
  }

  /// Writes the files that a job reads.
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

  /// The launch's name, with characters replaced that another program could misinterpret.
  static func plain(_ name: String) -> String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "_" })
  }

  /// sbatch's reason for refusing a job, without the program's name.
  static func refusal(_ result: Command.Result) -> String {
    let lines = (result.errors + "\n" + result.output).split(whereSeparator: \.isNewline).map {
      String($0.trimmingPrefix("sbatch: ").trimmingPrefix("error: "))
    }
    // The first line says what it is about, such as "invalid partition specified: nosuch".
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
    // Jobs that ended long ago are no longer of interest.
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

  /// What the site's accounting knows of jobs that the controller has forgotten; empty if there is no accounting.
  private func accounts(of ids: [String]) async throws(LaunchError) -> [String: SlurmRow] {
    let known = accounts.rows.withLock { $0 }
    // The record of a worker that ended by itself says so.
    var latest: [String: SlurmRow] = [:]
    let unknown = ids.filter { known[$0] == nil && files.record($0).runs.last?.ended != 0 }
    if !unknown.isEmpty {
      let numbers = Set(unknown.compactMap { $0.split(separator: "_").first }).sorted().joined(separator: ",")
      let result = try? await run(Command("sacct", SlurmRow.accountArguments + ["--jobs=\(numbers)"]))
      // After any other error, such as a database that is restarted, the jobs are asked about again next time.
      guard let result, result.status == 0 || Self.saysNoAccounting(result) else {
        return known.compactMapValues { $0 }
      }
      let found = result.status == 0 ? try SlurmRow.rows(result.output, of: "sacct") : []
      latest = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
      // Jobs that have not ended are asked about again next time.
      let settled = unknown.filter { id in
        latest[id].map { !PlacedState(slurm: $0, record: SlurmRecord()).isPresent } ?? true
      }
      accounts.rows.withLock { for id in settled { $0.updateValue(latest[id], forKey: id) } }
    }
    return ids.reduce(into: [:]) { $0[$1] = latest[$1] ?? known[$1] ?? nil }
  }

  private static func saysNoAccounting(_ result: Command.Result) -> Bool {
    (result.output + result.errors).contains("accounting storage is disabled")
  }

  // MARK: Stopping

  package func stop(_ workers: [PlacedWorker], now: Bool) async throws(LaunchError) {
    // Workers that have ended need no signal. The number of a whole array would include other workers too.
    let ids = workers.filter(\.state.isPresent).map(\.id)
    for first in stride(from: 0, to: ids.count, by: Self.mostTasks) {
      let part = Array(ids[first..<min(first + Self.mostTasks, ids.count)])
      if now {
        try await cancel(part)
      } else {
        try await cancel(["--state=PENDING"] + part)
        // A suspended worker could not react to a signal.
        try await cancel(["--state=SUSPENDED"] + part)
        try await cancel(["--signal=\(SlurmScript.stopSignal)", "--batch", "--state=RUNNING"] + part)
      }
    }
  }

  private func cancel(_ arguments: [String]) async throws(LaunchError) {
    let result = try await run(Command("scancel", arguments))
    // scancel reports an error for a job that ends or is requeued at this moment; it is none here.
    let isOfJob = ["Kill job error on job id", "Invalid job id", "Job/step already completing or completed"]
    let lines = result.errors.split(whereSeparator: \.isNewline)
    guard result.status != 0, !lines.contains(where: { line in isOfJob.contains { line.contains($0) } }) else { return }
    throw .failure("scancel: \(result.lastLine)")
  }

  package func log(of worker: PlacedWorker, lines: Int) async throws(LaunchError) -> String {
    try files.log(of: worker.id, lines: lines)
  }
}
