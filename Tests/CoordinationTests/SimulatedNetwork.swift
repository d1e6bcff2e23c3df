import Coordination
import SearchProtocol

/// One worker's connection: two ordered queues. Breaking it loses the messages in them, and the next connection has
/// another peer ID.
struct SimulatedConnection {
  var peer: PeerID
  var toCoordinator: [WorkerMessage] = []
  var toWorker: [CoordinatorMessage] = []
}

/// A class, because copying all of it on every access would take most of the time in debug builds.
final class SimulatedWorker {
  var machine: WorkerMachine
  var connection: SimulatedConnection?
  /// The job that each slot's engine process trains.
  var engines: [Int: JobAssignment] = [:]
  var exitCode: Int32?

  init(machine: WorkerMachine, connection: SimulatedConnection?) {
    self.machine = machine
    self.connection = connection
  }
}
