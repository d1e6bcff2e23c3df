/// A binary heap with the least element first; insertion and removal take O(log n).
///
/// Inlinable because generic code called from another module takes several times as long.
@frozen
public struct MinimumHeap<Element: Comparable & Sendable>: Sendable {
  @usableFromInline var elements: [Element] = []

  @inlinable public init() {}

  @inlinable public var first: Element? { elements.first }
  @inlinable public var count: Int { elements.count }

  @inlinable
  public mutating func insert(_ element: Element) {
    var child = elements.count
    elements.append(element)
    while child > 0 {
      let parent = (child - 1) / 2
      guard elements[child] < elements[parent] else { break }
      elements.swapAt(child, parent)
      child = parent
    }
  }

  @inlinable
  public mutating func removeFirst() -> Element? {
    guard let first = elements.first, let last = elements.popLast() else { return nil }
    guard !elements.isEmpty else { return first }
    elements[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < elements.count else { break }
      if child + 1 < elements.count, elements[child + 1] < elements[child] { child += 1 }
      guard elements[child] < elements[parent] else { break }
      elements.swapAt(child, parent)
      parent = child
    }
    return first
  }
}

/// A queue with append and removal in amortized O(1).
struct FirstInFirstOut<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }
  var count: Int { elements.count - head }

  func filtered(_ isKept: (Element) -> Bool) -> Self {
    var kept = Self()
    kept.elements = elements[head...].filter(isKept)
    return kept
  }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func removeFirst() -> Element? {
    guard head < elements.count else { return nil }
    let element = elements[head]
    head += 1
    if head > 64, head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }
}

/// A subject that is due at a time.
struct Timer<Subject: Sendable>: Comparable, Sendable {
  var due: Double
  var subject: Subject

  static func == (left: Timer, right: Timer) -> Bool { left.due == right.due }
  static func < (left: Timer, right: Timer) -> Bool { left.due < right.due }
}
