import Files
import Foundation
import Processes

/// The hosts of a file, reached by ssh: one worker on each, which continues without its launcher and without a
/// connection.
package struct SSHPlace: Place {
  package let kind = PlaceKind.ssh
  private let hosts: [HostsFile.Host]
  private let launch: String
  private let options: [String]
  private let ssh: String
  private let failures = HostFailures()

  /// The names of the settings.
  package static let hostsSetting = "hosts"
  package static let optionsSetting = "ssh_options"

  /// The settings contain the text of the hosts file, so that its hosts stay the same as long as the launch lasts.
  /// - Parameter ssh: the program.
  package init(_ folder: LaunchFolder, _ settings: [String: String], ssh: String = "ssh") throws(LaunchError) {
    self.ssh = ssh
    hosts = try HostsFile(settings[Self.hostsSetting] ?? "", name: "the launch's hosts").hosts
    options = (settings[Self.optionsSetting] ?? "").split(separator: " ").map(String.init)
    launch = folder.name
  }

  package func examine(_ worker: WorkerInvocation) async throws(LaunchError) {
    let outcomes = await onEach(hosts) { host async throws(LaunchError) in
      try await examine(host, worker)
    }
    note(outcomes)
    let problems = outcomes.compactMap(\.error)
    if let first = problems.first, problems.count == hosts.count {
      throw .failure(
        problems.count == 1 ? "\(first)" : "none of \(hosts.count) hosts can run a worker; the first: \(first)")
    }
  }

  private func examine(_ host: HostsFile.Host, _ worker: WorkerInvocation) async throws(LaunchError) {
    try await bringKeys(host, worker)
    let probe = worker.probeArguments(keys: nil)
    _ = try await run(.examine, on: host, [binary(host, worker)] + keysThere(worker) + probe)
  }

  private func bringKeys(_ host: HostsFile.Host, _ worker: WorkerInvocation) async throws(LaunchError) {
    if let archive = try await keys(of: host, worker) { _ = try await run(.keys, on: host, [archive]) }
  }

  package func start(_ count: Int, _ worker: WorkerInvocation) async throws(LaunchError) -> [PlacedWorker] {
    let lists = await lists()
    let listed = try all(lists)
    let busy = Set(listed.filter { $0.state.isPresent }.map { Self.host(of: $0.id) })
    // Starts nothing on hosts that could not be listed. Hosts where a start failed are left out for a while, and then
    // come last.
    let free = lists.filter { $0.error == nil }.map(\.host).filter { !busy.contains($0.name) }
    let now = MonotonicClock.now
    let ready = free.filter { failures.mayStart(on: $0.name, at: now) }
    let failed = failures.hosts
    let ordered = ready.filter { !failed.contains($0.name) } + ready.filter { failed.contains($0.name) }
    let outcomes = await onEach(Array(ordered.prefix(count))) { host async throws(LaunchError) in
      if failed.contains(host.name) { try await examine(host, worker) } else { try await bringKeys(host, worker) }
      let own = listed.map(\.id).filter { Self.host(of: $0) == host.name }
      let id = "\(host.name)#\(WorkerNumbers.next(after: own, prefix: "\(host.name)#"))"
      var invocation = worker
      invocation.slots = host.slots ?? worker.slots
      invocation.options = (host.data.map { ["--data", $0] } ?? []) + worker.options
      _ = try await run(
        .start, on: host,
        [Self.folderName(id), binary(host, worker)] + keysThere(worker) + invocation.arguments(keys: nil))
      return PlacedWorker(id: id, host: host.name, slots: invocation.slots, state: .running)
    }
    note(outcomes)
    let started = outcomes.compactMap(\.value)
    // While other hosts have workers, the launch itself does not wait because of these failures.
    if started.isEmpty, busy.isEmpty, let error = outcomes.first?.error { throw error }
    return started
  }

  package var refused: [String] { failures.refused }

  private func note<Value>(_ outcomes: [Outcome<Value>]) {
    let now = MonotonicClock.now
    for outcome in outcomes { failures.note(outcome.error?.description, at: outcome.host.name, now) }
  }

  package func list() async throws(LaunchError) -> [PlacedWorker] { try all(await lists()) }

  package var silent: [String] { failures.silent }

  private func lists() async -> [Outcome<[PlacedWorker]>] {
    let outcomes = await onEach(hosts) { host async throws(LaunchError) in
      try await run(.list, on: host, []).output.split(separator: "\n").compactMap { line -> PlacedWorker? in
        guard var worker = HostScript.worker(line, host: Self.plainHost(host.name)) else { return nil }
        worker.id = "\(host.name)#\(worker.id.split(separator: "-").last ?? "")"
        worker.slots = host.slots
        return worker
      }
    }
    failures.keep(silent: outcomes.compactMap(\.error).map(\.description))
    return outcomes
  }

  /// The workers of all hosts that answered. A host that does not answer is left out; its workers are missed after a
  /// while.
  private func all(_ lists: [Outcome<[PlacedWorker]>]) throws(LaunchError) -> [PlacedWorker] {
    let known = lists.compactMap(\.value)
    if known.isEmpty, let error = lists.first?.error { throw error }
    return known.flatMap(\.self)
  }

  package func stop(_ workers: [PlacedWorker], now: Bool) async throws(LaunchError) {
    let byHost = Dictionary(grouping: workers.map(\.id), by: { Self.host(of: $0) })
    let outcomes = await onEach(hosts.filter { byHost[$0.name] != nil }) { host async throws(LaunchError) in
      try await run(now ? .kill : .stop, on: host, byHost[host.name, default: []].map(Self.folderName))
    }
    if let error = outcomes.compactMap(\.error).first { throw error }
  }

  package func log(of worker: PlacedWorker, lines: Int) async throws(LaunchError) -> String {
    guard let host = hosts.first(where: { $0.name == Self.host(of: worker.id) }) else {
      throw .usage("there is no host \(Self.host(of: worker.id)) in this launch")
    }
    return try await run(.log, on: host, [Self.folderName(worker.id), "\(lines)"]).output
  }

  // MARK: Names

  private static func host(of id: String) -> String { String(id.prefix { $0 != "#" }) }

  /// The name of the worker's folder on its host.
  private static func folderName(_ id: String) -> String { "worker-\(id.split(separator: "#").last ?? "1")" }

  private static func plainHost(_ name: String) -> String { name.split(separator: "@").last.map(String.init) ?? name }

  private func binary(_ host: HostsFile.Host, _ worker: WorkerInvocation) -> String {
    host.binary ?? worker.executable
  }

  private func keysThere(_ worker: WorkerInvocation) -> [String] { worker.keys == nil ? [] : ["--keys-there"] }

  /// A worker's keys as a base64 archive for the host's standard input, so that no secret appears in a list of
  /// processes. If the folder has a subfolder of the host's name, as `keygen --worker HOST` creates it, the host gets
  /// that.
  private func keys(of host: HostsFile.Host, _ worker: WorkerInvocation) async throws(LaunchError) -> String? {
    guard let folder = worker.keys else { return nil }
    let own = FilePath.join(folder, host.name)
    let source = Folder.isFolder(own) ? own : folder
    let command = Command(
      "sh", ["-c", "tar -cf - -C \"$1\" secret-key public-key coordinator-key | base64 -w 0", "sh", source])
    let result = try await command.run()
    guard result.errors.isEmpty, !result.output.isEmpty else {
      throw .usage("\(host.name): \(source) is not a worker's folder of keys: \(result.lastLine)")
    }
    return result.output.filter { !$0.isNewline }
  }

  // MARK: Running

  private struct Outcome<Value: Sendable>: Sendable {
    var host: HostsFile.Host
    var result: Result<Value, LaunchError>

    var value: Value? { try? result.get() }
    var error: LaunchError? { if case .failure(let error) = result { error } else { nil } }
  }

  /// The number of hosts contacted at the same time; each takes processes and pipes of its own.
  private static let hostsAtOnce = 32

  /// Runs `work` on several hosts at the same time. The outcomes are in the order of the hosts.
  private func onEach<Value: Sendable>(
    _ hosts: [HostsFile.Host], _ work: @escaping @Sendable (HostsFile.Host) async throws(LaunchError) -> Value
  ) async -> [Outcome<Value>] {
    await withTaskGroup(of: (Int, Outcome<Value>).self) { group in
      var rest = hosts.enumerated().makeIterator()
      func next() {
        guard let (index, host) = rest.next() else { return }
        group.addTask {
          // Swift 6.3 loses the index if it is put into the tuple before the wait.
          let result: Result<Value, LaunchError>
          do throws(LaunchError) { result = .success(try await work(host)) } catch { result = .failure(error) }
          return (index, Outcome(host: host, result: result))
        }
      }
      for _ in 0..<Self.hostsAtOnce { next() }
      var outcomes: [(Int, Outcome<Value>)] = []
      for await outcome in group {
        outcomes.append(outcome)
        next()
      }
      return outcomes.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func run(
    _ action: HostScript.Action, on host: HostsFile.Host, _ arguments: [String]
  ) async throws(LaunchError) -> Command.Result {
    let command = Command(
      ssh,
      ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-p", "\(host.port)"] + options + [host.name, "sh", "-s"],
      input: try HostScript.input(action, folder: launch, arguments), limit: .seconds(60))
    let result: Command.Result
    do { result = try await command.run() } catch { throw .failure("\(host.name): \(error)") }
    guard result.status == 0 else {
      let line = result.lastLine.withoutErrorPrefix
      throw .failure(
        result.status == 255 ? "\(host.name): cannot reach it with ssh: \(line)" : "\(host.name): \(line)")
    }
    return result
  }
}
