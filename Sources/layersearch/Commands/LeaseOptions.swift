import ArgumentParser

/// How soon a lost worker is noticed. For tests and for those who know their network.
struct LeaseOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Seconds between signs of life.", visibility: .hidden))
  var heartbeatSeconds: Double = 5

  @Option(
    help: ArgumentHelp("Seconds without a sign of life until a job is handed to another worker.", visibility: .hidden))
  var leaseSeconds: Double = 60

  func validate() throws {
    if !(0.05...3600).contains(heartbeatSeconds) || leaseSeconds < heartbeatSeconds * 3 {
      throw ValidationError("--lease-seconds must be at least three times --heartbeat-seconds")
    }
  }

  var times: LeaseTimes { LeaseTimes(heartbeatSeconds: heartbeatSeconds, leaseSeconds: leaseSeconds) }
}
