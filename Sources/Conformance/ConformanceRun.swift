import Keys
import Processes
import SearchCore
import SearchProtocol

/// Plays a coordinator that leads one worker through every message and fault, and tells what it does right and wrong.
///
/// Checks follow one another in one session after the other: a worker that does not come through one of them in a way
/// that the next can go on from ends the run.
package final class ConformanceRun {
  package struct Options: Sendable {
    /// Of the coordinator that is played: small, so that nobody waits long.
    package var heartbeatSeconds = 0.5
    /// What a short training may take, and the data's way.
    package var patienceSeconds = 120.0
    /// That this is tried, and nothing else.
    package var ending: ConformanceEnding?
    /// How long nothing may be said after the end.
    package var quietSeconds = 20.0

    package init() {}
  }

  let line: WorkerLine
  let options: Options
  private let tell: (ConformanceCheck) -> Void
  private(set) var report = ConformanceReport()

  /// Nothing can be learned from here on.
  struct CannotGoOn: Error {}

  /// - Parameter tell: hears of every check as it is made.
  /// - Throws: where the endpoint cannot be listened on.
  package init(
    endpoint: String, keys: CoordinatorKeys? = nil, options: Options = Options(),
    tell: @escaping (ConformanceCheck) -> Void = { _ in }
  ) throws {
    line = try WorkerLine(endpoint: endpoint, keys: keys)
    self.options = options
    self.tell = tell
  }

  /// With the port that was chosen.
  package var endpoint: String { line.endpoint }

  package func run() throws -> ConformanceReport {
    defer { line.close() }
    do {
      let hello = try meet()
      if let ending = options.ending {
        try checkEnding(ending, hello)
      } else {
        var works = ConformanceWorks(for: hello)
        try checkSession(hello)
        try checkNoise()
        try checkJobs(hello, &works)
        try checkReturns(hello, &works)
        try checkData(hello, &works)
        try checkEnd(&works)
      }
    } catch is CannotGoOn {}
    check(
      "every message can be read", line.unreadable.isEmpty,
      "\(line.unreadable.count) cannot: " + line.unreadable.prefix(3).joined(separator: "; "))
    return report
  }

  // MARK: Checks

  @discardableResult
  func check(_ name: String, _ holds: Bool, _ problem: @autoclosure () -> String) -> Bool {
    let check = ConformanceCheck(name, problem: holds ? nil : problem())
    report.checks.append(check)
    tell(check)
    return holds
  }

  /// Waits for it.
  @discardableResult
  func check(
    _ name: String, within seconds: Double, until condition: () -> Bool, _ problem: @autoclosure () -> String
  ) -> Bool {
    let holds = line.hear(within: seconds, until: condition)
    return check(name, holds, problem() + ", within \(Int(seconds.rounded(.up))) s")
  }

  /// The same; the run ends where it does not come.
  func require(
    _ name: String, within seconds: Double, until condition: () -> Bool, _ problem: @autoclosure () -> String
  ) throws {
    guard check(name, within: seconds, until: condition, problem()) else { throw CannotGoOn() }
  }

  func name(_ hello: Hello) { (report.worker, report.kernelVariant) = (hello.worker, hello.kernelVariant) }

  var heartbeat: Double { options.heartbeatSeconds }

  /// A welcome that a worker has no data to fetch for.
  func welcome(_ study: String, _ hello: Hello, data: DataRequirement? = nil) -> Welcome {
    Welcome(
      study: study, studyName: "conformance", protocolVersion: min(hello.newestProtocol, ProtocolVersion.newest),
      data: data ?? DataRequirement(set: .shapes10, contentHash: "shapes10-v1", pathHint: nil),
      heartbeatSeconds: heartbeat, leaseSeconds: 12 * heartbeat)
  }

  // Others each time: a worker may have a result of an earlier run in its spool.
  private static let run = String(UInt32.random(in: 0...UInt32.max), radix: 16)
  static let firstStudy = "conformance-\(run)-1"
  static let secondStudy = "conformance-\(run)-2"
}
