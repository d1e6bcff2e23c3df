import Foundation
import Randomness

/// A study whose processes are killed, stopped and told to leave at random moments, and restarted as systemd or a batch
/// system would do it.
final class StudyUnderFire {
  struct Toll: CustomStringConvertible {
    /// The number of signals that reached a running process, by kind of process and signal.
    var hits: [String: Int] = [:]
    var total: Int { hits.values.reduce(0, +) }
    var description: String {
      hits.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
    }
  }

  /// A process that was not hit has ended, or the study does not end.
  struct Casualty: Error, CustomStringConvertible {
    var description: String
  }

  private let place: Place
  private let port: Int
  private var random: StableRandom
  private var coordinator: RunningCommand
  private var workers: [RunningCommand] = []
  /// Processes whose end is expected, because they were killed or told to leave.
  private var hit: Set<Int32> = []
  private(set) var toll = Toll()
  private let deadline: Date

  /// Losses are noticed within seconds. Engines are killed from outside, for which their jobs are not to blame, and
  /// that may happen to one job more than three times.
  private static let options = [
    "--heartbeat-seconds", "0.3", "--lease-seconds", "2", "--failures-until-set-aside", "1000",
  ]

  init(_ place: Place, seed: UInt64, workers count: Int, seconds: Double) throws {
    self.place = place
    random = StableRandom(seed: seed, purpose: "chaos")
    deadline = Date().addingTimeInterval(seconds)
    port = try freePort()
    coordinator = try Self.coordinator(place, port, resume: false)
    for _ in 0..<count { workers.append(try Self.worker(place, port)) }
  }

  private static func coordinator(_ place: Place, _ port: Int, resume: Bool) throws -> RunningCommand {
    try RunningCommand(
      ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:\(port)"] + options + (resume ? ["--resume"] : []),
      in: place)
  }

  private static func worker(_ place: Place, _ port: Int) throws -> RunningCommand {
    try RunningCommand(["worker", "--connect", "tcp://127.0.0.1:\(port)", "--slots", "1"], in: place)
  }

  /// Sends signals until `shots` processes were hit or the study is finished, then lets the study end undisturbed.
  func run(shots: Int, pauses: ClosedRange<Double>) async throws {
    while toll.total < shots {
      try await wait(pauses.lowerBound + random.uniform() * (pauses.upperBound - pauses.lowerBound))
      if try await lookAfter() { return try await goHome() }
      try await fire()
    }
    while try await !lookAfter() { try await wait(0.05) }
    try await goHome()
  }

  private func wait(_ seconds: Double) async throws {
    guard Date() < deadline else {
      throw Casualty(
        description: "the study does not end; \(toll); coordinator: \(coordinator.errors.suffix(2000)); workers: "
          + workers.map { String($0.errors.suffix(1000)) }.joined(separator: " | "))
    }
    try await Task.sleep(for: .seconds(seconds))
  }

  // MARK: Signals

  private func fire() async throws {
    // Only while a worker trains: hits between two starts would prove little.
    let busy = workers.filter { $0.isRunning && !children(of: $0.processID).isEmpty }
    guard !busy.isEmpty else { return }
    let worker = busy[random.integer(below: busy.count)]
    switch random.integer(below: 10) {
    case 0..<4:
      let engines = children(of: worker.processID)
      guard !engines.isEmpty else { return }
      try await strike("engine", engines[random.integer(below: engines.count)])
    case 4..<8: try await strike("worker", worker.processID)
    default:
      if coordinator.isRunning { try await strike("coordinator", coordinator.processID) }
    }
  }

  private func strike(_ who: String, _ process: Int32) async throws {
    let choice = random.integer(below: 5)
    let name = choice < 3 ? "KILL" : choice == 3 ? "TERM" : "STOP and CONT"
    guard kill(process, choice < 3 ? SIGKILL : choice == 3 ? SIGTERM : SIGSTOP) == 0 else { return }
    toll.hits["\(who) \(name)", default: 0] += 1
    if choice < 4 {
      hit.insert(process)
    } else {
      // Stopped for up to one and a half leases.
      try await wait(random.uniform() * 3)
      kill(process, SIGCONT)
    }
  }

  // MARK: Restarts

  /// Restarts the processes that have ended. Returns whether the study is finished.
  private func lookAfter() async throws -> Bool {
    if !coordinator.isRunning {
      let end = try await coordinator.end()
      if end.exitCode == 0, !end.wasKilled { return true }
      guard hit.contains(coordinator.processID) else {
        throw Casualty(description: "the coordinator ended by itself: \(end.exitCode) \(end.errors)")
      }
      coordinator = try Self.coordinator(place, port, resume: place.exists("studies/tiny/study.sqlite"))
    }
    for index in workers.indices where !workers[index].isRunning {
      let end = try await workers[index].end()
      // The coordinator may have told the worker to leave just before the coordinator ended.
      guard hit.contains(workers[index].processID) || (end.exitCode == 0 && !end.wasKilled) else {
        throw Casualty(description: "a worker ended by itself: \(end.exitCode) \(end.errors)")
      }
      workers[index] = try Self.worker(place, port)
    }
    return false
  }

  /// Ends the workers: those that have not been told of the end wait for a coordinator.
  private func goHome() async throws {
    for worker in workers where worker.isRunning {
      kill(worker.processID, SIGCONT)
      worker.send(SIGTERM)
    }
    for worker in workers { _ = try await worker.end() }
  }
}
