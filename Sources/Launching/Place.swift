/// A place that can start workers: this machine, hosts by ssh, a batch system, a container cluster.
package protocol Place: Sendable {
  var kind: PlaceKind { get }

  /// Finds out before the first start what can be known to go wrong, and throws it as one line: a missing program, a
  /// refused partition, keys that cannot be read, a coordinator that cannot be reached from there.
  func examine(_ worker: WorkerInvocation) async throws(LaunchError)

  /// Throws if a worker would have to leave before a training of this duration is done.
  func allow(jobSeconds: Double) throws(LaunchError)

  /// Asks for `count` more workers. Returns the workers it asked for, including pending ones; fewer if the place has no
  /// room for more.
  func start(_ count: Int, _ worker: WorkerInvocation) async throws(LaunchError) -> [PlacedWorker]

  /// All workers of this launch that the place knows, including ended ones as long as it knows them.
  func list() async throws(LaunchError) -> [PlacedWorker]

  /// The parts of the place that could not be listed last, and why: hosts that do not answer.
  var silent: [String] { get }

  /// The parts of the place where the last start failed, and why: hosts without the program.
  var refused: [String] { get }

  /// Asks the workers to hand back their jobs and leave. If `now`, ends them.
  func stop(_ workers: [PlacedWorker], now: Bool) async throws(LaunchError)

  /// The last lines that a worker wrote.
  func log(of worker: PlacedWorker, lines: Int) async throws(LaunchError) -> String
}

extension Place {
  package var silent: [String] { [] }
  package var refused: [String] { [] }

  /// Allows any duration: workers may stay as long as they want.
  package func allow(jobSeconds: Double) throws(LaunchError) {}
}

/// A kind of place. The raw values are its names in commands.
package enum PlaceKind: String, Codable, Hashable, Sendable, CaseIterable {
  case local, ssh, slurm, kubernetes
}
