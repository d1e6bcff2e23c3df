/// The description of a launch, for launchers that continue it and for commands in another shell.
package struct LaunchRecord: Codable, Hashable, Sendable {
  package var kind: PlaceKind
  package var worker: WorkerInvocation
  package var workers: WorkerRange
  /// The address at which the launcher asks the coordinator.
  package var asks: String
  /// The place's own settings, by name: a partition, a namespace, the hosts.
  package var settings: [String: String]
  /// The launcher's process, on `host`.
  package var processID: Int32
  package var host: String

  package init(
    kind: PlaceKind, worker: WorkerInvocation, workers: WorkerRange, asks: String, settings: [String: String],
    processID: Int32, host: String
  ) {
    self.kind = kind
    self.worker = worker
    self.workers = workers
    self.asks = asks
    self.settings = settings
    self.processID = processID
    self.host = host
  }
}
