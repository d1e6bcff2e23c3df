/// The lines of a process's standard error that tell why it ended: the last ones, and those that name a reason.
///
/// A process that traps gives the reason in one line, followed by a backtrace of any length.
package struct LastWords: Sendable {
  package static let lastKept = 5
  package static let reasonsKept = 3
  /// The rest of a longer line is dropped: a process may write a line without end.
  package static let longestLine = 1000

  /// What such lines contain in the output of Swift, the C library, C++ and sanitizers.
  private static let marks = [
    "Fatal error", "Precondition failed", "Assertion", "assertion", "Program crashed", "terminate called", "what():",
    "ERROR: AddressSanitizer", "stack smashing", "malloc", "free()", "error while loading shared libraries",
  ]

  private var reasons: [(number: Int, line: String)] = []
  private var last: [(number: Int, line: String)] = []
  private var count = 0

  package mutating func append(_ line: String) {
    guard !line.isEmpty else { return }
    let line = String(line.prefix(Self.longestLine))
    count += 1
    last.append((count, line))
    if last.count > Self.lastKept { last.removeFirst() }
    // The first such lines: later ones are consequences.
    if reasons.count < Self.reasonsKept, Self.marks.contains(where: line.contains) { reasons.append((count, line)) }
  }

  /// The kept lines in the order in which they were written, each once.
  package var lines: [String] {
    let first = last.first?.number ?? 0
    return reasons.filter { $0.number < first }.map(\.line) + last.map(\.line)
  }
}
