import Files
import Foundation
import ReadableText

/// Workers inside an existing Slurm allocation: one srun step per worker, one worker per node.
package struct SlurmAllocation: Place {
  package let kind = PlaceKind.slurm
  /// The job on whose nodes the workers run.
  package let job: Int
  package let graceSeconds: Double
  package let files: SlurmFiles
  let run: SlurmPlace.Runner

  package init(
    job: Int, graceSeconds: Double, folder: String, run: @escaping SlurmPlace.Runner = SlurmPlace.command
  ) {
    self.job = job
    self.graceSeconds = graceSeconds
    files = SlurmFiles(folder: folder)
    self.run = run
  }

  /// The key of the job's number in a launch's settings.
  package static let jobSetting = "inside"

  /// The job of the allocation that this process runs in; `nil` outside of one.
  package static func current(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Int? {
    environment["SLURM_JOB_ID"].flatMap { Int($0) }
  }

  package func examine(_ worker: WorkerInvocation) async throws(LaunchError) {
    do {
      let result = try await run(Command("srun", ["--version"]))
      guard result.status == 0 else { throw LaunchError.failure("srun: \(result.lastLine)") }
    } catch {
      throw .failure("Slurm's srun cannot be run here: run this inside the allocation (\(error))")
    }
    if try await nodes().isEmpty {
      throw .usage("Slurm job \(job) has no nodes now: run this inside the allocation, or without --inside")
    }
  }

  package func start(_ count: Int, _ worker: WorkerInvocation) async throws(LaunchError) -> [PlacedWorker] {
    var worker = worker
    worker.keys = worker.keys.map(FilePath.absolute)
    try files.make(script: SlurmScript(worker: worker, records: files.records, graceSeconds: graceSeconds).text)
    let taken = Set(try await list().filter(\.state.isPresent).compactMap(\.host))
    let free = try await nodes().filter { !taken.contains($0.name) }
    var number = try files.submitted().count
    var started: [PlacedWorker] = []
    for node in free.prefix(count) {
      let slots = worker.slots ?? node.processors
      // srun outlives this process; its output goes to the worker's log.
      let words = [
        files.script, "--jobid=\(job)", "--job-name=\(Self.step(number))", "--nodes=1", "--ntasks=1",
        "--nodelist=\(node.name)", "--cpus-per-task=\(slots)", "--mem=0", "--unbuffered",
      ]
      let log = FilePath.join(files.logs, "\(job).\(number).log")
      let shell = #"log=$1 script=$2; shift 2; setsid nohup srun "$@" bash "$script" </dev/null >>"$log" 2>&1 &"#
      let result = try await run(
        Command(
          "bash", ["-c", shell, "bash", log] + words,
          environment: [SlurmScript.recordVariable: "\(job).\(number)"]))
      guard result.status == 0 else { throw .failure("srun: \(result.lastLine)") }
      try files.note(SlurmFiles.Job(number: number, tasks: 1, slots: slots, time: Date()))
      started.append(
        PlacedWorker(id: "\(job).\(number)", host: node.name, slots: slots, state: .pending(reason: nil)))
      number += 1
    }
    return started
  }

  package func list() async throws(LaunchError) -> [PlacedWorker] {
    let numbers = try files.submitted()
    guard !numbers.isEmpty else { return [] }
    let steps = try await steps()
    let mostWait = 30.0
    return numbers.map { entry in
      let id = "\(job).\(entry.number)"
      let record = files.record(id)
      let run = record.runs.last
      let step = steps[Self.step(entry.number)]
      let state: PlacedState
      switch (step, run) {
      case (_?, let run?) where run.ended == nil: state = run.told == nil ? .running : .leaving
      case (_?, nil): state = .pending(reason: "srun has started")
      case (_, let run?) where run.told == "end" && run.ended == nil:
        state = .ended(.cancelled, detail: "told to end by Slurm, and it took longer than allowed")
      case (nil, nil) where files.age(ofLog: id).map({ $0 < mostWait }) ?? false:
        // srun is asking Slurm for the step.
        state = .pending(reason: "srun is requesting its step")
      case (nil, nil):
        state = .ended(.failed, detail: (try? files.log(of: id, lines: 1)) ?? "srun did not start")
      default: state = PlacedState(slurmForgotten: record)
      }
      return PlacedWorker(
        id: id, host: run?.host ?? step?.node, processID: run?.processID, slots: entry.slots, state: state,
        since: run?.since)
    }
  }

  /// Signals all processes of the step: the worker itself, and its script, which records the signal.
  package func stop(_ workers: [PlacedWorker], now: Bool) async throws(LaunchError) {
    let steps = try await steps()
    // A worker that is told a second time would leave at once.
    let there = workers.filter { $0.state.isPresent && (now || $0.state != .leaving) }.compactMap { worker in
      worker.id.split(separator: ".").last.flatMap { Int($0) }.flatMap { steps[Self.step($0)]?.id }
    }
    guard !there.isEmpty else { return }
    let result = try await run(Command("scancel", ["--signal=\(now ? "KILL" : "TERM")"] + there))
    guard result.status == 0 || result.errors.contains("Invalid job") else {
      throw .failure("scancel: \(result.lastLine)")
    }
  }

  package func log(of worker: PlacedWorker, lines: Int) async throws(LaunchError) -> String {
    try files.log(of: worker.id, lines: lines)
  }

  // MARK: Slurm's answers

  private static func step(_ number: Int) -> String { "layersearch-\(number)" }

  struct Node: Hashable {
    var name: String
    var processors: Int
  }

  /// The nodes of the allocation; none if the job does not run.
  private func nodes() async throws(LaunchError) -> [Node] {
    let queue = try await run(Command("squeue", ["--noheader", "--states=RUNNING", "--format=%i|%N", "--jobs=\(job)"]))
    guard queue.status == 0, let line = queue.output.split(whereSeparator: \.isNewline).first,
      let list = line.split(separator: "|").dropFirst().first
    else { return [] }
    let names = try await run(Command("scontrol", ["show", "hostnames", String(list)]))
    guard names.status == 0 else { throw .failure("scontrol: \(names.lastLine)") }
    let processors = Self.processors(ProcessInfo.processInfo.environment["SLURM_JOB_CPUS_PER_NODE"] ?? "")
    return names.output.split(whereSeparator: \.isNewline).enumerated().map { index, name in
      Node(name: String(name), processors: index < processors.count ? processors[index] : processors.last ?? 1)
    }
  }

  /// The number of processors of each node, from a text such as `4(x2),8`.
  static func processors(_ text: String) -> [Int] {
    var processors: [Int] = []
    for part in text.split(separator: ",") {
      let words = part.split(whereSeparator: { "(x)".contains($0) }).compactMap { Int($0) }
      guard let count = words.first, processorCounts.contains(count), words.count <= 2 else { continue }
      let nodes = words.count == 2 ? max(words[1], 1) : 1
      processors += Array(repeating: count, count: min(nodes, mostNodes - processors.count))
    }
    return processors
  }

  /// The possible numbers of processors of one node.
  static let processorCounts = 1...65_536
  private static let mostNodes = 100_000

  /// The steps of the job, by name.
  private func steps() async throws(LaunchError) -> [String: (id: String, node: String)] {
    let result = try await run(Command("squeue", ["--noheader", "--steps", "--format=%i|%j|%N", "--jobs=\(job)"]))
    // squeue does not know the number of a job that is over.
    guard result.status == 0 else { return [:] }
    var steps: [String: (id: String, node: String)] = [:]
    for line in result.output.split(whereSeparator: \.isNewline) {
      let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3 else {
        throw .failure("squeue: unexpected line: \(String(line).inOneLine)")
      }
      steps[fields[1]] = (fields[0], fields[2])
    }
    return steps
  }
}
