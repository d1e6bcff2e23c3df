/// A queue that several threads post to and one thread takes from, in order. Bounded: a thread that posts into a full
/// mailbox waits, unless the post is urgent.
///
/// Waiting blocks the thread: post and take on dedicated threads (socket threads post; the loop of a coordinator or a
/// worker takes), not on Swift's cooperative ones. `postUrgently` never waits and may be called from anywhere.
///
/// @unchecked: all fields are touched only inside the monitor.
public final class Mailbox<Element: Sendable>: @unchecked Sendable {
  private let monitor = Monitor()
  private let capacity: Int
  private let maximumWeight: Int
  private let weight: @Sendable (Element) -> Int
  private var elements: [Element] = []
  private var totalWeight = 0
  private var isClosed = false

  /// Creates a mailbox that is full with `capacity` elements, or with elements of `maximumWeight` (bytes, say)
  /// together.
  public init(
    capacity: Int = 100_000, maximumWeight: Int = .max, weight: @escaping @Sendable (Element) -> Int = { _ in 0 }
  ) {
    self.capacity = max(1, capacity)
    self.maximumWeight = max(1, maximumWeight)
    self.weight = weight
  }

  /// Adds elements, waiting while the mailbox is full. After `close` they are dropped.
  public func post(_ added: [Element]) {
    guard !added.isEmpty else { return }
    monitor.withLock {
      while !isClosed && (elements.count >= capacity || totalWeight >= maximumWeight) { monitor.wait() }
      add(added)
    }
  }

  /// Adds an element without waiting, for the few things that must not be delayed: signals, ticks, the end of a child
  /// process. Returns `false` if the mailbox is closed; the element is dropped then.
  @discardableResult
  public func postUrgently(_ element: Element) -> Bool {
    monitor.withLock { add([element]) }
  }

  @discardableResult
  private func add(_ added: [Element]) -> Bool {
    guard !isClosed else { return false }
    elements.append(contentsOf: added)
    for element in added { totalWeight &+= weight(element) }
    monitor.signalAll()
    return true
  }

  /// Takes all elements, waiting at most `seconds` for the first one. Returns none after that time, or once the mailbox
  /// is closed and empty.
  public func receiveAll(waitingAtMost seconds: Double) -> [Element] {
    let deadline = Monitor.deadline(after: seconds)
    return monitor.withLock {
      while elements.isEmpty, !isClosed {
        guard monitor.wait(until: deadline) else { break }
      }
      let taken = elements
      elements = []
      totalWeight = 0
      monitor.signalAll()
      return taken
    }
  }

  /// The total weight of the elements that wait.
  public var waitingWeight: Int { monitor.withLock { totalWeight } }

  /// Whether the mailbox is closed and empty.
  public var isOver: Bool { monitor.withLock { isClosed && elements.isEmpty } }

  public func close() {
    monitor.withLock {
      isClosed = true
      monitor.signalAll()
    }
  }
}
