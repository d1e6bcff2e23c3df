/// Elements that wait to be handled, by peer: each peer gets its turn, however much the others have sent, and the
/// elements of one peer stay in order. Those that take long to handle (long messages) have separate turns, so that they
/// delay their own peer first.
///
/// All operations take amortized constant time, except `heaviest`. Pure.
struct FairQueue<Peer: Hashable, Element> {
  private struct Line {
    var elements: [(element: Element, bytes: Int)] = []
    var head = 0
    var bytes = 0

    var first: (element: Element, bytes: Int)? { head < elements.count ? elements[head] : nil }

    /// Adds an element. Returns whether it is the only one now.
    mutating func append(_ element: Element, _ size: Int) -> Bool {
      elements.append((element, size))
      bytes += size
      return elements.count - head == 1
    }

    mutating func removeFirst() {
      bytes -= elements[head].bytes
      head += 1
      if head > 64, head * 2 > elements.count {
        elements.removeFirst(head)
        head = 0
      }
    }
  }

  /// Peers in the order of their turns.
  private struct Ring {
    var peers: [Peer] = []
    var head = 0

    var isEmpty: Bool { head == peers.count }

    mutating func append(_ peer: Peer) { peers.append(peer) }

    mutating func removeFirst() -> Peer? {
      guard head < peers.count else { return nil }
      defer {
        head += 1
        if head > 64, head * 2 > peers.count {
          peers.removeFirst(head)
          head = 0
        }
      }
      return peers[head]
    }
  }

  /// Elements with more bytes take long.
  let longBytes: Int
  private var lines: [Peer: Line] = [:]
  private var short = Ring()
  private var long = Ring()
  package private(set) var bytes = 0
  package private(set) var count = 0

  init(longBytes: Int) { self.longBytes = longBytes }

  package var isEmpty: Bool { count == 0 }

  package mutating func add(_ element: Element, of peer: Peer, bytes size: Int) {
    bytes += size
    count += 1
    if lines[peer, default: Line()].append(element, size) { lineUp(peer, for: size) }
  }

  private mutating func lineUp(_ peer: Peer, for size: Int) {
    if size > longBytes { long.append(peer) } else { short.append(peer) }
  }

  /// Removes the next element that does not take long; `nil` if there is none.
  mutating func nextShort() -> (element: Element, bytes: Int)? {
    while let peer = short.removeFirst() {
      if let next = removeFirst(of: peer, isLong: false) { return next }
    }
    return nil
  }

  mutating func nextLong() -> (element: Element, bytes: Int)? {
    while let peer = long.removeFirst() {
      if let next = removeFirst(of: peer, isLong: true) { return next }
    }
    return nil
  }

  /// Returns `nil` if the peer's line was discarded after the peer got into the ring, or begins with an element of the
  /// other kind. Called for every message of the coordinator, so it looks up the line only once.
  private mutating func removeFirst(of peer: Peer, isLong: Bool) -> (element: Element, bytes: Int)? {
    guard let index = lines.index(forKey: peer), let first = lines.values[index].first,
      (first.bytes > longBytes) == isLong
    else { return nil }
    lines.values[index].removeFirst()
    bytes -= first.bytes
    count -= 1
    if let next = lines.values[index].first { lineUp(peer, for: next.bytes) } else { lines.remove(at: index) }
    return first
  }

  /// The peer of which most bytes wait. O(number of peers).
  var heaviest: (peer: Peer, bytes: Int)? {
    lines.max { $0.value.bytes < $1.value.bytes }.map { ($0.key, $0.value.bytes) }
  }

  package func bytes(of peer: Peer) -> Int { lines[peer]?.bytes ?? 0 }

  /// Discards the elements of this peer.
  package mutating func remove(_ peer: Peer) {
    guard let line = lines.removeValue(forKey: peer) else { return }
    bytes -= line.bytes
    count -= line.elements.count - line.head
  }
}
