/// The times at which a worker says hello: after about 1, 2, 4 … 15 s.
struct HelloSchedule: Sendable {
  private let firstSeconds: Double
  private let lastSeconds: Double
  /// The average delay between the next hello and the one after it.
  private var seconds: Double
  private(set) var next = 0.0
  private var last = -Double.infinity
  /// The number of hellos that no welcome has answered yet.
  private(set) var unanswered = 0
  private static let unansweredKept = 10

  init(firstSeconds: Double, lastSeconds: Double) {
    self.firstSeconds = firstSeconds
    self.lastSeconds = lastSeconds
    seconds = firstSeconds
  }

  /// Returns whether a hello was said so recently that another would tell nothing new. This way the coordinator does
  /// not control how often it is greeted.
  func isRecent(at now: Double) -> Bool { now - last < firstSeconds / 2 }

  /// Records a hello and schedules the next one.
  /// - Parameter spread: A number from 0 to 1 that spreads workers which lost their coordinator at the same time.
  mutating func say(at now: Double, spread: Double) {
    last = now
    unanswered = min(unanswered + 1, Self.unansweredKept)
    // From half the delay to one and a half times the delay.
    next = now + seconds * (0.5 + spread)
    seconds = min(lastSeconds, 2 * seconds)
  }

  /// Resets the delay to the first one.
  mutating func restart() { seconds = firstSeconds }

  /// Schedules the next hello at the first delay after the last one.
  mutating func restartAfterLast() {
    restart()
    next = last + firstSeconds
  }

  /// Schedules the next hello no later than the first delay after the last one.
  mutating func hasten() { next = min(next, last + firstSeconds) }

  /// Schedules the next hello at the longest delay, because no answer is expected soon.
  mutating func slowDown(at now: Double, spread: Double) {
    seconds = lastSeconds
    last = now
    next = now + lastSeconds * (0.5 + spread)
  }

  /// Counts a welcome. Returns `false` if no hello waits for one.
  mutating func answer() -> Bool {
    guard unanswered > 0 else { return false }
    unanswered -= 1
    return true
  }
}

/// The state of the first hello. It is usually said before there is a connection, and lost; then it is repeated as soon
/// as there is one, but only once, since the coordinator controls how often it accepts connections.
enum FirstHello: Sendable {
  case said
  case lost
  /// There is a connection, and the outcome of the hello is unknown.
  case connected
  /// The hello was lost, and there is a connection.
  case isToBeRepeated
  case repeated

  mutating func connect() {
    switch self {
    case .said: self = .connected
    case .lost: self = .isToBeRepeated
    case .connected, .isToBeRepeated, .repeated: break
    }
  }

  mutating func lose() {
    switch self {
    case .said: self = .lost
    case .connected: self = .isToBeRepeated
    case .lost, .isToBeRepeated, .repeated: break
    }
  }
}
