/// What a launch is, for whoever goes on with it or looks at it from another shell.
package struct LaunchRecord: Codable, Hashable, Sendable {
  package var kind: PlaceKind
  package var worker: WorkerInvocation
  package var workers: WorkerRange
  /// Where the launcher asks the coordinator.
  package var asks: String
  /// The place's own, by name: a partition, a namespace, a file of hosts.
  package var settings: [String: String]
  /// The launcher's process, on the host that it runs on.
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
