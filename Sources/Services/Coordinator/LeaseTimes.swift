import Coordination

/// How soon a coordinator notices that a worker is lost, and how much it bears.
package struct LeaseTimes {
  package var heartbeatSeconds: Double
  package var leaseSeconds: Double
  /// Attempts that end their engine until a job is set aside; nil for the machine's own number.
  package var failuresUntilSetAside: Int?
  /// Without progress of a training until it is taken for lost; nil for the machine's own number.
  package var stalledSeconds: Double?

  package init(
    heartbeatSeconds: Double, leaseSeconds: Double, failuresUntilSetAside: Int? = nil, stalledSeconds: Double? = nil
  ) {
    self.heartbeatSeconds = heartbeatSeconds
    self.leaseSeconds = leaseSeconds
    self.failuresUntilSetAside = failuresUntilSetAside
    self.stalledSeconds = stalledSeconds
  }

  /// Workers of the same machine: no network that could be slow.
  package static let local = LeaseTimes(heartbeatSeconds: 1, leaseSeconds: 20)

  package func apply(to settings: inout CoordinatorSettings) {
    settings.heartbeatSeconds = heartbeatSeconds
    settings.leaseSeconds = leaseSeconds
    settings.reattachSeconds = min(3 * heartbeatSeconds, leaseSeconds)
    settings.deliverySeconds = min(settings.deliverySeconds, leaseSeconds)
    // A standstill that is shorter than this must not cost any worker a lease.
    settings.stallSeconds = min(settings.stallSeconds, leaseSeconds / 2)
    if let stalledSeconds { settings.stalledSeconds = stalledSeconds }
    if let failuresUntilSetAside { settings.failuresUntilSetAside = failuresUntilSetAside }
  }
}
