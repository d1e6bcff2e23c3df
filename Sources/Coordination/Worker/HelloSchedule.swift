/// When a worker says hello: after about 1, 2, 4 … 15 s.
struct HelloSchedule: Sendable {
  private let firstSeconds: Double
  private let lastSeconds: Double
  /// Until the one after the next.
  private var seconds: Double
  private(set) var next = 0.0
  private var last = -Double.infinity
  /// Hellos that no welcome has answered yet.
  private(set) var unanswered = 0
  private static let unansweredKept = 10

  init(firstSeconds: Double, lastSeconds: Double) {
    self.firstSeconds = firstSeconds
    self.lastSeconds = lastSeconds
    seconds = firstSeconds
  }

  /// Whether one was said so recently that another would say nothing new: the other side does not choose how often it
  /// is greeted.
  func isRecent(at now: Double) -> Bool { now - last < firstSeconds / 2 }

  /// One is said.
  /// - Parameter spread: from 0 to 1, so that workers that lost their coordinator together come one by one.
  mutating func say(at now: Double, spread: Double) {
    last = now
    unanswered = min(unanswered + 1, Self.unansweredKept)
    // From half the distance to one and a half.
    next = now + seconds * (0.5 + spread)
    seconds = min(lastSeconds, 2 * seconds)
  }

  /// The distances begin anew.
  mutating func restart() { seconds = firstSeconds }

  /// The next one follows the last at the first distance.
  mutating func restartAfterLast() {
    restart()
    next = last + firstSeconds
  }

  /// The next one comes no later than at the first distance from the last.
  mutating func hasten() { next = min(next, last + firstSeconds) }

  /// No answer is expected soon.
  mutating func slowDown(at now: Double, spread: Double) {
    seconds = lastSeconds
    last = now
    next = now + lastSeconds * (0.5 + spread)
  }

  /// A welcome came. False where no hello waits for one.
  mutating func answer() -> Bool {
    guard unanswered > 0 else { return false }
    unanswered -= 1
    return true
  }
}

/// What became of the hello that was said before there was a connection, mostly: it is lost then, and said again as
/// soon as there is one. Only once, since the other side chooses how often it accepts connections.
enum FirstHello: Sendable {
  case said
  case lost
  /// A connection stands, and nothing is known of the hello.
  case connected
  /// It was lost, and a connection stands.
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
