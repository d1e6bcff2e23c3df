/// Somewhere that workers can be started: this machine, hosts by ssh, a batch system, a container cluster.
package protocol Place: Sendable {
  var kind: PlaceKind { get }

  /// What can be known to go wrong before the first start is thrown, a line each: a program that is not there, a
  /// partition that is refused, keys that cannot be read, a coordinator that cannot be reached from there.
  func examine(_ worker: WorkerInvocation) async throws(LaunchError)

  /// Thrown where a worker would have to leave before a training is done that takes so long.
  func allow(jobSeconds: Double) throws(LaunchError)

  /// Asks for `count` more workers; gives those that were asked for, pending ones too. Fewer where the place has room
  /// for no more.
  func start(_ count: Int, _ worker: WorkerInvocation) async throws(LaunchError) -> [PlacedWorker]

  /// All workers of this launch that the place knows, ended ones as long as it knows them.
  func list() async throws(LaunchError) -> [PlacedWorker]

  /// Parts of the place that the last list knew nothing of, and why: hosts that do not answer.
  var silent: [String] { get }

  /// Parts of the place where the last start failed, and why: hosts without the program.
  var refused: [String] { get }

  /// Asks them to hand their jobs back and leave; `now`: ends them.
  func stop(_ workers: [PlacedWorker], now: Bool) async throws(LaunchError)

  /// The last lines that a worker wrote.
  func log(of worker: PlacedWorker, lines: Int) async throws(LaunchError) -> String
}

extension Place {
  package var silent: [String] { [] }
  package var refused: [String] { [] }

  /// Workers may stay as long as they want.
  package func allow(jobSeconds: Double) throws(LaunchError) {}
}

/// The name of a place in commands.
package enum PlaceKind: String, Codable, Hashable, Sendable, CaseIterable {
  case local, ssh, slurm, kubernetes
}
