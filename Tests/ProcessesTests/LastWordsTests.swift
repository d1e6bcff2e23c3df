import Testing

@testable import Processes

@Suite("what of a process tells who it was and why it ended")
struct LastWordsTests {
  @Test("of what a process wrote, its reason is kept whatever follows it")
  func lastWords() {
    var words = LastWords()
    #expect(words.lines.isEmpty)
    words.append("starting")
    words.append("layersearch/Trainer.swift:12: Fatal error: Index out of range")
    words.append("")
    for number in 1...200 { words.append("\(number) 0x00007f in frame \(number)") }
    words.append("Backtrace took 1.20s")
    #expect(
      words.lines == ["layersearch/Trainer.swift:12: Fatal error: Index out of range"]
        + (197...200).map { "\($0) 0x00007f in frame \($0)" } + ["Backtrace took 1.20s"])
    var short = LastWords()
    short.append("Assertion failed: x (y.cpp:1)")
    #expect(short.lines == ["Assertion failed: x (y.cpp:1)"])
    for _ in 0..<100 { short.append("Fatal error: " + String(repeating: "x", count: 5000)) }
    #expect(short.lines.count <= LastWords.lastKept + LastWords.reasonsKept)
    #expect(short.lines.allSatisfy { $0.count <= LastWords.longestLine })
  }

  @Test("machines of one name are told apart, and their names fit into file names")
  func hosts() {
    let (one, two) = (HostIdentity(name: "node", machine: "1"), HostIdentity(name: "node", machine: "2"))
    #expect(one != two && one != HostIdentity(name: "other", machine: "1"))
    #expect(HostIdentity(name: "a/b c", machine: "").description.hasPrefix("a_b_c-"))
  }
}
