import Coordination
import SearchProtocol

/// One worker's connection: two ordered queues. Breaking it loses what is in them, and the next one has another name.
struct SimulatedConnection {
  var peer: PeerID
  var toCoordinator: [WorkerMessage] = []
  var toWorker: [CoordinatorMessage] = []
}

/// A class, because copies of all of it on every access would take most of the time in debug builds.
final class SimulatedWorker {
  var machine: WorkerMachine
  var connection: SimulatedConnection?
  /// What each slot's engine process trains.
  var engines: [Int: JobAssignment] = [:]
  var exitCode: Int32?

  init(machine: WorkerMachine, connection: SimulatedConnection?) {
    self.machine = machine
    self.connection = connection
  }
}
