import Files
import Foundation
import Keys
import Launching
import Logging
import Messaging
import Processes
import ReadableText
import SearchProtocol
import Services
import ShellCommands
import Terminal

/// Runs the launcher of a place until the study is done or the user stops it.
/// - Parameters:
///   - settings: The settings of the place by name, from which `Places` makes the place.
///   - executable: The executable of the workers, unless the user names one.
///   - keys: The launcher's own folder of keys, if it is not that of the workers.
func runLaunch(
  _ kind: PlaceKind, _ options: LaunchOptions, settings: [String: String] = [:], executable: String = "layersearch",
  keys: String? = nil
) async throws {
  let folder = try LaunchFolder(options.name ?? LaunchFolder.name(of: kind, connect: options.connect))
  let workersKeys = options.keys.map { FilePath.absolute(FilePath.expandingTilde($0)) }
  let security = try (keys ?? workersKeys).map(KeyFolder.workerSecurity) ?? .plaintext
  let worker = WorkerInvocation(
    executable: options.binary ?? executable, connect: options.connect, keys: workersKeys, slots: options.slots,
    options: options.workerOptions, name: folder.name)
  // A wrong option would end each worker at its start.
  do { _ = try WorkerCommand.parse(Array(worker.arguments(keys: workersKeys).dropFirst())) } catch {
    throw Failure.usage("the workers' options are invalid: \(WorkerCommand.message(for: error))")
  }
  var record = LaunchRecord(
    kind: kind, worker: worker, workers: options.workers, asks: options.ask ?? options.connect, settings: settings,
    processID: getpid(), host: HostName.current ?? "localhost")
  var place = try Places.place(of: record, in: folder)
  if options.detach { return try await DetachedLaunch.start(folder) }

  let lock = try folder.lead()
  defer { withExtendedLifetime(lock) {} }
  try await requireSamePlace(record, place, folder)
  let client = try DemandClient(endpoint: record.asks, security: security)
  defer { client.close() }
  let log = options.verbosity.logger("launch")
  let first: Demand
  do { first = try await client.answer() } catch { throw Failure.failed("\(error)") }
  if first.isDone {
    log.notice("study \(first.studyName) is done: no worker is started")
    return try folder.write(record)
  }
  try await place.examine(worker)
  do throws(LaunchError) {
    if let slurm = try await (place as? SlurmPlace)?.fitted(toTrainingsOf: first.slotBytes, worker) {
      (place, record.settings) = (slurm, slurm.request.settings)
      if case .perSlot(let bytes) = slurm.request.memory {
        log.info("\(Readable.bytes(bytes)) of memory for each slot, based on what the study's trainings used")
      }
    }
  } catch { log.notice("slots have the site's default memory: \(error)") }
  if let seconds = first.jobSeconds { try place.allow(jobSeconds: seconds) }
  try folder.write(record)
  log.info("launch \(folder.name): study \(first.studyName), \(first.text)")

  var scaling = ScalingSettings(range: options.workers, slots: options.slots)
  scaling.coolDownSeconds = options.coolDown.seconds
  let launcher = Launcher(
    place: place, worker: worker, settings: scaling,
    demand: {
      do { return .success(ScalingDemand(try await client.answer())) } catch { return .failure(.failure("\(error)")) }
    }, say: { log.info("\($0)") })
  let stops = Launcher.StopRequests()
  // A closing terminal sends SIGHUP along with other signals, so SIGHUP does not count as a second request.
  let signals = Signals { signal, _ in
    guard signal != SIGHUP || stops.total == 0 else { return }
    stops.add()
    folder.say(isStopping: true)
  }
  let ending = await launcher.run(stops: stops, once: options.once)
  withExtendedLifetime(signals) {}
  switch ending {
  case .studyDone: log.notice("launch \(folder.name) has ended: the study is done")
  case .stopped: log.notice("launch \(folder.name) was stopped")
  case .refused(let reason): throw Failure.failed("launch \(folder.name): no worker could be started: \(reason)")
  case nil:
    log.notice("the workers of launch \(folder.name) continue; show them with: \(LaunchAdvice.status(folder.name))")
  }
}

/// Throws if workers of the earlier launch would no longer be seen, because this launch has another kind of place or
/// other hosts.
private func requireSamePlace(_ record: LaunchRecord, _ place: any Place, _ folder: LaunchFolder) async throws {
  guard folder.isThere else { return }
  let earlier = try folder.read()
  // The memory setting was fitted to the study, and is determined again.
  func lasting(_ settings: [String: String]) -> [String: String] {
    settings.filter { $0.key != SlurmRequest.memorySetting }
  }
  guard earlier.kind != record.kind || lasting(earlier.settings) != lasting(record.settings) else { return }
  let present = try await Places.place(of: earlier, in: folder).list().filter(\.state.isPresent).map(\.id)
  guard !present.isEmpty else { return }
  let seen = earlier.kind == record.kind ? Set(try await place.list().map(\.id)) : []
  let lost = present.count { !seen.contains($0) }
  guard lost == 0 else {
    throw Failure.usage(
      "launch \(folder.name) has \(lost) worker\(lost == 1 ? "" : "s") in \(earlier.kind.rawValue) that this one "
        + "would not see; stop that launch, or give this one another --name")
  }
}

enum LaunchAdvice {
  static func status(_ name: String) -> String {
    ShellCommand.line(["layersearch", "launch", "status", "--name", name])
  }
}

extension DemandClient {
  /// Calls `ask` on a separate thread.
  func answer() async throws -> Demand {
    let result = await withCheckedContinuation { (waiting: CheckedContinuation<Result<Demand, any Error>, Never>) in
      let isAsking = startThread { waiting.resume(returning: Result { try self.ask(waitingAtMost: Self.patience) }) }
      if !isAsking { waiting.resume(returning: .failure(ProcessError.noThread)) }
    }
    return try result.get()
  }
}

extension ScalingDemand {
  init(_ demand: Demand) {
    self.init(
      openJobs: demand.waitingJobs + demand.runningJobs, soonJobs: demand.soonJobs, comingJobs: demand.comingJobs,
      runningJobs: demand.runningJobs, workers: demand.workers, slots: demand.slots, idleWorkers: demand.idleWorkers,
      isDone: demand.isDone, isPaused: demand.isPaused, jobSeconds: demand.jobSeconds)
  }
}

/// The executable file of this program, for starting further processes.
enum OwnExecutable {
  static func path() throws -> String {
    do { return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") } catch {
      throw Failure.failed("the executable of this program cannot be found (no /proc); give it with --binary")
    }
  }
}
