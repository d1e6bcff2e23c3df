import Testing

@testable import Services

/// Peers take turns, and the number of log lines that they cause is bounded.
struct TrafficTests {
  @Test("peers take turns, each in its own order; long ones wait for turns of their own")
  func turns() {
    var queue = FairQueue<String, String>(longBytes: 10)
    for index in 0..<3 { queue.add("a\(index)", of: "a", bytes: 1) }
    queue.add("b0", of: "b", bytes: 1)
    queue.add("c0", of: "c", bytes: 11)
    queue.add("c1", of: "c", bytes: 1)
    var short: [String] = []
    while let next = queue.nextShort() { short.append(next.element) }
    #expect(short == ["a0", "b0", "a1", "a2"])
    #expect(queue.count == 2 && queue.bytes == 12)
    let long = queue.nextLong()?.element
    let last = queue.nextShort()?.element
    #expect(long == "c0" && last == "c1" && queue.isEmpty && queue.bytes == 0)
  }

  @Test("whoever has said most is known, and what it said can be thrown away")
  func heaviest() {
    var queue = FairQueue<Int, Int>(longBytes: 10)
    for peer in 0..<100 { for part in 0...(peer % 7) { queue.add(part, of: peer, bytes: 3) } }
    queue.add(0, of: 50, bytes: 100)
    #expect(queue.heaviest?.peer == 50)
    let before = queue.count
    queue.remove(50)
    #expect(queue.count == before - 3 && queue.bytes(of: 50) == 0)
    // The peer may come back, and then gets its turn once.
    queue.add(7, of: 50, bytes: 1)
    var count = 0
    while queue.nextShort() != nil { count += 1 }
    #expect(count == before - 2 && queue.isEmpty && queue.bytes == 0)
  }

  @Test("of a kind of line some are written at once, then one a second; the rest is counted and told")
  func lines() {
    var limiter = LogLimiter()
    var written = 0
    for number in 0..<1000 { written += limiter.lines(for: .warning, "worker \(number) is lost", now: 100).count }
    #expect(written == LogLimiter.burst)
    let sums = limiter.sums(now: 110)
    #expect(sums.map(\.text) == ["… and 950 more lines like \"worker …\" in 10 s"])
    #expect(sums.map(\.level) == [.warning])
    let again = limiter.sums(now: 130)
    #expect(again.isEmpty)
    // Other kinds of lines are not held back.
    let other = limiter.lines(for: .info, "worker x joined", now: 100).count
    let later = limiter.lines(for: .warning, "worker y is lost", now: 111).count
    #expect(other == 1 && later == 1)
    let jobs = (0..<1000).reduce(0) { count, job in
      count + limiter.lines(for: .warning, "job \(job) failed", now: 0).count
    }
    #expect(jobs == 1000)
  }

  @Test("what is dropped is told once a peer, the rest in sums")
  func dropped() {
    struct Wrong: Error {}
    var dropped = DroppedMessages<Int>()
    let first = dropped.record(Wrong(), of: 1, named: "worker w", now: 0)
    #expect(first?.contains("worker w") == true)
    let second = dropped.record(Wrong(), of: 1, named: "worker w", now: 1)
    let other = dropped.record(Wrong(), of: 2, named: "worker v", now: 1)
    #expect(second == nil && other != nil)
    let early = dropped.sum(now: 2)
    let sum = dropped.sum(now: 100)
    #expect(early == nil && sum == "dropped 1 more invalid messages")
  }
}
