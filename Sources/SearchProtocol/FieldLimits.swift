import ReadableText

/// The ranges of all fields, checked before a message is sent and after it is received. They keep memory bounded.
/// Whether a value makes sense to the study is decided by the state machines.
public enum FieldLimits {
  public static let slots = 1...4096
  public static let nameBytes = 256
  public static let kernelVariants = 16
  public static let pathBytes = 4096
  public static let reasonBytes = 2000
  public static let candidateBytes = 32_768
  public static let workBytes = 65_536
  public static let attempts = 1...1_000_000
  public static let epochs = 100_000
  /// The maximum number of metrics of one observation; also of its curves and of its artifacts.
  public static let observed = 64
  public static let unacknowledgedReports = 10_000
  /// The maximum of the counts of a study's jobs, workers and slots; small enough that adding several does not
  /// overflow.
  public static let counted = 1 << 40
  /// The maximum length of one content.
  public static let contentBytes = 1 << 40
  public static let contentTickets = 16
  /// The maximum number of lines of a failed engine process's standard error.
  public static let lastLines = 8
  public static let lastLineBytes = 512
}

extension String {
  /// The text as a field may contain it: on one line and at most `limit` bytes long.
  public func oneLine(limit: Int = FieldLimits.reasonBytes) -> String {
    inOneLine.cut(toBytes: limit)
  }
}

/// Checks that throw an error which names the field.
enum Check {
  static func range<Value: Comparable>(
    _ value: Value, _ range: ClosedRange<Value>, _ name: StaticString
  ) throws(ProtocolError) {
    guard range.contains(value) else {
      throw .field("\(name)", problem: "is \(value), but must be from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  static func text(
    _ text: String, _ name: StaticString, limit: Int, mayBeEmpty: Bool = false
  ) throws(ProtocolError) {
    guard mayBeEmpty || !text.isEmpty else { throw .field("\(name)", problem: "is empty") }
    guard text.utf8.count <= limit else {
      throw .field("\(name)", problem: "has \(text.utf8.count) bytes, at most \(limit) are allowed")
    }
    guard !text.hasControlCharacters else { throw .field("\(name)", problem: "has control characters") }
  }

  static func count(_ count: Int, _ limit: Int, _ name: StaticString) throws(ProtocolError) {
    guard count <= limit else {
      throw .field("\(name)", problem: "has \(count) entries, at most \(limit) are allowed")
    }
  }
}
