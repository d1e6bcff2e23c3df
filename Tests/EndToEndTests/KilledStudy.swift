import Foundation

/// A study with one coordinator and one worker, which are killed as results come in, and restarted.
struct KilledStudy {
  enum Victim {
    case coordinator, worker
  }

  /// The folder of the study, whose configuration is `study.yaml`.
  let place: Place
  /// Returns the options of each new worker, by its number: 0, 1, …
  let workerOptions: (_ number: Int) -> [String]

  /// - Parameters:
  ///   - settled: the numbers of results at which processes are killed, ascending.
  ///   - victims: the processes to kill each time.
  /// - Returns: the result of the coordinator, with the study finished.
  func run(killedAt settled: [Int], victims: (_ time: Int) -> Set<Victim>) async throws -> RunningCommand.Result {
    let arguments = [
      "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:\(try freePort())", "--heartbeat-seconds", "0.3",
      "--lease-seconds", "2",
    ]
    var coordinator = try RunningCommand(arguments, in: place)
    let endpoint = try await coordinator.endpoint()
    var workers = 0
    func newWorker() throws -> RunningCommand {
      defer { workers += 1 }
      return try RunningCommand(["worker", "--connect", endpoint] + workerOptions(workers), in: place)
    }
    var worker = try newWorker()
    for (time, results) in settled.enumerated() {
      try await coordinator.wait(for: "\(results) results") {
        if !coordinator.isRunning { return true }
        return try await finishedJobs(place) >= results
      }
      guard coordinator.isRunning else { break }
      let victims = victims(time)
      if victims.contains(.worker) { try await Self.kill(worker) }
      if victims.contains(.coordinator) {
        try await Self.kill(coordinator)
        coordinator = try RunningCommand(arguments + ["--resume"], in: place)
      }
      if victims.contains(.worker) { worker = try newWorker() }
    }
    let end = try await coordinator.end()
    withExtendedLifetime(worker) {}
    return end
  }

  private static func kill(_ command: RunningCommand) async throws {
    command.send(SIGKILL)
    _ = try await command.end()
  }
}
