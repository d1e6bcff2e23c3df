import Coordination

/// How soon a coordinator notices that a worker is lost.
struct LeaseTimes {
  var heartbeatSeconds: Double
  var leaseSeconds: Double

  /// Workers of the same machine: no network that could be slow.
  static let local = LeaseTimes(heartbeatSeconds: 1, leaseSeconds: 20)

  func apply(to settings: inout CoordinatorSettings) {
    settings.heartbeatSeconds = heartbeatSeconds
    settings.leaseSeconds = leaseSeconds
    settings.reattachSeconds = min(3 * heartbeatSeconds, leaseSeconds)
    settings.deliverySeconds = min(settings.deliverySeconds, leaseSeconds)
  }
}
