import ArgumentParser
import Services
import TextInput

/// How soon a lost worker is detected, and how often a job may fail. For tests and for networks with known delays.
struct LeaseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Seconds between heartbeats.", visibility: .hidden), transform: Number.decimal(0.05...3600))
  var heartbeatSeconds: Double = 5

  @Option(
    help: ArgumentHelp(
      "Seconds without a message from a worker, after which its jobs go to other workers.", visibility: .hidden),
    transform: Number.decimal(0.15...864_000))
  var leaseSeconds: Double = 60

  @Option(
    help: ArgumentHelp(
      "Set a job aside after this many failures at one worker that has finished other jobs.", visibility: .hidden),
    transform: Number.whole(1...1000))
  var failuresUntilSetAside: Int = 3

  @Option(
    help: ArgumentHelp(
      """
      Give a training that makes no progress for this time to another worker, whatever its worker reports; should be \
      longer than the workers' --longest-silence.
      """, valueName: "time"), reading: TimeSpan.init(option:))
  var stalledAfter: TimeSpan = TimeSpan(seconds: 1800)

  func validate() throws {
    if leaseSeconds < heartbeatSeconds * 3 {
      throw ValidationError("--lease-seconds must be at least three times --heartbeat-seconds")
    }
    if stalledAfter.seconds < 1 { throw ValidationError("--stalled-after \(stalledAfter) must be at least 1s") }
  }

  /// The same options for another process.
  var arguments: [String] {
    [
      "--heartbeat-seconds", "\(heartbeatSeconds)", "--lease-seconds", "\(leaseSeconds)",
      "--failures-until-set-aside", "\(failuresUntilSetAside)", "--stalled-after", "\(stalledAfter.seconds)s",
    ]
  }

  var times: LeaseTimes {
    LeaseTimes(
      heartbeatSeconds: heartbeatSeconds, leaseSeconds: leaseSeconds, failuresUntilSetAside: failuresUntilSetAside,
      stalledSeconds: stalledAfter.seconds)
  }
}
