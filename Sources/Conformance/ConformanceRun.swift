import Keys
import Processes
import SearchCore
import SearchProtocol

/// Plays a coordinator that leads one worker through every message and fault, and reports what the worker does right
/// and wrong.
///
/// The checks follow one another in successive sessions. The run ends when a worker fails a check in a way that leaves
/// nothing for the next check to start from.
package final class ConformanceRun {
  /// The settings of a run. All durations are in seconds.
  package struct Options: Sendable {
    /// The heartbeat interval of the played coordinator; short, to keep the run short.
    package var heartbeatSeconds = 0.5
    /// The maximum number of seconds for a short training; fetching the data set may take twice as long.
    package var patienceSeconds = 120.0
    /// The ending to try, and nothing else; `nil` for all other checks.
    package var ending: ConformanceEnding?
    /// The number of seconds after the end during which the worker must send nothing.
    package var quietSeconds = 20.0

    package init() {}
  }

  let line: WorkerLine
  let options: Options
  private let tell: (ConformanceCheck) -> Void
  private(set) var report = ConformanceReport()

  /// Thrown when the remaining checks cannot be made.
  struct CannotGoOn: Error {}

  /// Creates a run that listens on the endpoint.
  /// - Parameter tell: Called with every check as it is made.
  /// - Throws: An error if the endpoint cannot be listened on.
  package init(
    endpoint: String, keys: CoordinatorKeys? = nil, options: Options = Options(),
    tell: @escaping (ConformanceCheck) -> Void = { _ in }
  ) throws {
    line = try WorkerLine(endpoint: endpoint, keys: keys)
    self.options = options
    self.tell = tell
  }

  /// The endpoint, with the port that was chosen.
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

  /// Checks that the condition comes to hold within the time.
  @discardableResult
  func check(
    _ name: String, within seconds: Double, until condition: () -> Bool, _ problem: @autoclosure () -> String
  ) -> Bool {
    let holds = line.hear(within: seconds, until: condition)
    return check(name, holds, problem() + ", within \(Int(seconds.rounded(.up))) s")
  }

  /// Does the same, and ends the run if the condition does not come to hold.
  func require(
    _ name: String, within seconds: Double, until condition: () -> Bool, _ problem: @autoclosure () -> String
  ) throws {
    guard check(name, within: seconds, until: condition, problem()) else { throw CannotGoOn() }
  }

  func name(_ hello: Hello) { (report.worker, report.kernelVariant) = (hello.worker, hello.kernelVariant) }

  var heartbeat: Double { options.heartbeatSeconds }

  /// Returns a welcome; without `data`, for a data set that needs no fetching.
  func welcome(_ study: String, _ hello: Hello, data: DataRequirement? = nil) -> Welcome {
    Welcome(
      study: study, studyName: "conformance", protocolVersion: min(hello.newestProtocol, ProtocolVersion.newest),
      data: data ?? DataRequirement(set: .shapes10, contentHash: "shapes10-v1", pathHint: nil),
      heartbeatSeconds: heartbeat, leaseSeconds: 12 * heartbeat)
  }

  // The names differ in each run, because a worker may have results of an earlier run in its spool.
  private static let run = String(UInt32.random(in: 0...UInt32.max), radix: 16)
  static let firstStudy = "conformance-\(run)-1"
  static let secondStudy = "conformance-\(run)-2"
}
