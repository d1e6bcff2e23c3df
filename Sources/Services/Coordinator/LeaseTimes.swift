import Coordination

/// How soon a coordinator notices that a worker is lost, and how much failure it tolerates.
package struct LeaseTimes {
  package var heartbeatSeconds: Double
  package var leaseSeconds: Double
  /// The number of failures after which a job is set aside; `nil` for the default of `CoordinatorSettings`.
  package var failuresUntilSetAside: Int?
  /// A training without progress for this time is taken for lost; `nil` for the default of `CoordinatorSettings`.
  package var stalledSeconds: Double?

  package init(
    heartbeatSeconds: Double, leaseSeconds: Double, failuresUntilSetAside: Int? = nil, stalledSeconds: Double? = nil
  ) {
    self.heartbeatSeconds = heartbeatSeconds
    self.leaseSeconds = leaseSeconds
    self.failuresUntilSetAside = failuresUntilSetAside
    self.stalledSeconds = stalledSeconds
  }

  /// For workers on the same machine, where no network can be slow.
  package static let local = LeaseTimes(heartbeatSeconds: 1, leaseSeconds: 20)

  package func apply(to settings: inout CoordinatorSettings) {
    settings.heartbeatSeconds = heartbeatSeconds
    settings.leaseSeconds = leaseSeconds
    settings.reattachSeconds = min(3 * heartbeatSeconds, leaseSeconds)
    settings.deliverySeconds = min(settings.deliverySeconds, leaseSeconds)
    // If the coordinator stands still for a shorter time than this, no worker may lose a lease for it.
    settings.stallSeconds = min(settings.stallSeconds, leaseSeconds / 2)
    if let stalledSeconds { settings.stalledSeconds = stalledSeconds }
    if let failuresUntilSetAside { settings.failuresUntilSetAside = failuresUntilSetAside }
  }
}
