import Foundation
import SearchCore
import Synchronization

/// The study that simulated workers work on: a folder with a configuration, and a real coordinator process on it.
final class SimulatedStudy {
  let folder: String
  let configuration: String
  private let isTemporary: Bool
  private let parent: String
  private let leaseArguments: [String]
  private var coordinator: CoordinatorProcess?

  /// - Parameters:
  ///   - folder: where the study is kept; a temporary one without.
  ///   - configurationText: of the study.
  init(folder: String?, configurationText: String, leaseArguments: [String]) throws {
    isTemporary = folder == nil
    self.leaseArguments = leaseArguments
    if let folder {
      guard !FileManager.default.fileExists(atPath: folder) else {
        throw Failure.usage("--study \(folder) exists already; simulated results belong in a new folder")
      }
      parent = folder
    } else {
      parent = FileManager.default.temporaryDirectory.appendingPathComponent("layersearch-\(UUID().uuidString)").path
    }
    self.folder = parent + "/study"
    configuration = parent + "/simulation.yaml"
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try AtomicFile.write(configurationText.utf8, to: configuration)
  }

  /// Starts the coordinator; returns once it listens.
  /// - Parameter endpoint: where it is to listen; a port of its choice without.
  func startCoordinator(endpoint: String? = nil) throws -> CoordinatorProcess {
    let started = try CoordinatorProcess(
      arguments: [
        "coordinator", configuration, "--study", folder, "--bind", endpoint ?? "tcp://127.0.0.1:0", "--quiet",
      ]
        + (endpoint == nil ? [] : ["--resume"]) + leaseArguments)
    coordinator = started
    try started.waitUntilListening()
    return started
  }

  /// Ends what is left and removes what is temporary.
  func clear() {
    coordinator?.kill()
    if isTemporary { try? FileManager.default.removeItem(atPath: parent) }
  }

  /// Enough candidates for any number of jobs, no data set to be read.
  static func configurationText(jobs: Int, seed: UInt64) -> String {
    """
    study: simulation
    model: resnet20
    data: {set: shapes10, train_images: 2000, validation_images: 1000}
    space: {rank_fractions: [0.125, 0.25, 0.5]}
    proxy: {epochs: 3}
    objectives: [accuracy, parameters, multiply_adds]
    strategy: {name: random, seeds: 1}
    budget: {jobs: \(jobs)}
    seed: \(seed)

    """
  }
}

/// A coordinator in a process of its own, and what it costs.
final class CoordinatorProcess: Sendable {
  private struct State {
    var endpoint: String?
    var ending: ChildProcess.Ending?
  }

  private let state: SharedState
  private let child: ChildProcess

  /// In a box of its own, because the child's closures need it before `self` is complete.
  private final class SharedState: Sendable {
    let value = Mutex(State())
  }

  init(arguments: [String]) throws(Failure) {
    let state = SharedState()
    self.state = state
    child = try ChildProcess(
      arguments: arguments + ["--leave-with-input"], environment: ProcessInfo.processInfo.environment,
      onLine: { line in
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("listening on ") { state.value.withLock { $0.endpoint = String(text.dropFirst(13)) } }
      },
      onErrorLine: { StandardError.shared.writeLine("coordinator: \($0)") },
      onEnd: { ending in state.value.withLock { $0.ending = ending } })
  }

  var processID: Int32 { child.processID }
  var endpoint: String { state.value.withLock { $0.endpoint ?? "" } }
  var ending: ChildProcess.Ending? { state.value.withLock { $0.ending } }

  fileprivate func waitUntilListening() throws {
    while endpoint.isEmpty {
      if let ending { throw Failure.failed("the coordinator ended at once: \(ending.reason)") }
      usleep(2000)
    }
  }

  func stop() { child.send(signal: SIGTERM) }

  /// As a power cut would, and waits until it is gone.
  func kill() {
    child.send(signal: SIGKILL)
    while ending == nil { usleep(1000) }
  }

  /// Processor seconds used so far, user and system; nil once it has ended.
  var processorSeconds: Double? { ProcessUsage.processorSeconds(of: processID) }
  /// Bytes of memory that are resident now.
  var residentBytes: Int? { ProcessUsage.residentBytes(of: processID) }
}

/// What the kernel tells of a process.
enum ProcessUsage {
  static func processorSeconds(of processID: Int32) -> Double? {
    guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
      let name = text.lastIndex(of: ")")
    else { return nil }
    // After the name: state is field 3, utime 14, stime 15.
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  static func residentBytes(of processID: Int32) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/\(processID)/statm", encoding: .utf8) else { return nil }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
