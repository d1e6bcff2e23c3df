/// The canonical text of a work, in its parts: `proxy-training model=resnet20 … candidate=dense repetition=0 seed=7`.
///
/// The kind comes first because it is the same for all works of a study: a reader of many works recognizes it by its
/// text.
public struct WorkText: Sendable {
  public let kind: Substring
  public let candidate: Substring
  public let repetition: Int
  public let seed: UInt64

  static func text(kind: String, candidate: String, repetition: Int, seed: UInt64) -> String {
    var text = ""
    text.reserveCapacity(kind.utf8.count + candidate.utf8.count + 64)
    text += kind
    text += " candidate="
    text += candidate
    text += " repetition="
    text += String(repetition)
    text += " seed="
    text += String(seed)
    return text
  }

  /// Returns `nil` if the text does not have this form. The contents of kind and candidate are not checked.
  public init?(_ text: String) {
    var rest = text[...]
    guard let seed = Self.last("seed=", of: &rest).flatMap({ UInt64($0) }),
      let repetition = Self.last("repetition=", of: &rest).flatMap({ Int($0) }), repetition >= 0,
      let candidate = Self.last("candidate=", of: &rest)
    else { return nil }
    kind = rest
    self.candidate = candidate
    self.repetition = repetition
    self.seed = seed
  }

  /// Removes the last part and the space before it, and returns its value; `nil` if it has another key.
  private static func last(_ key: StaticString, of text: inout Substring) -> Substring? {
    // On bytes, because one of these texts is read for each job.
    let length = text.withUTF8 { bytes in
      bytes.lastIndex(of: UInt8(ascii: " ")).flatMap { space in
        key.withUTF8Buffer { bytes[(space + 1)...].starts(with: $0) } ? space : nil
      }
    }
    guard let length else { return nil }
    let space = text.utf8.index(text.startIndex, offsetBy: length)
    let value = text.utf8.index(space, offsetBy: 1 + key.utf8CodeUnitCount)
    defer { text = text[..<space] }
    return text[value...]
  }
}

extension Work {
  /// Reads what `description` wrote, and nothing else. Throws `SearchError.work`.
  public init(canonical text: String) throws(SearchError) {
    var reader = WorkReader()
    self = try reader.work(text)
  }

  /// Returns the text of a work that an older coordinator describes without its repetition, possibly without having
  /// checked the candidate.
  public static func text(kind: WorkKind, candidate: String, repetition: Int, seed: UInt64) -> String {
    WorkText.text(kind: kind.text, candidate: candidate, repetition: repetition, seed: seed)
  }
}

/// Reads the texts of many works. A kind is parsed only if it differs from that of the work before.
public struct WorkReader: Sendable {
  private var latest: SharedKind?

  public init() {}

  public mutating func work(_ text: String) throws(SearchError) -> Work {
    guard let parts = WorkText(text) else {
      throw .work(problem: "it must be: kind, fields, candidate=…, repetition=…, seed=…, with a space between them")
    }
    guard let candidate = Candidate(canonical: String(parts.candidate)) else {
      throw .work(problem: "its candidate is not in the canonical form: \(parts.candidate.prefix(100))")
    }
    let work = Work(
      candidate: candidate, kind: try shared(parts.kind), repetition: parts.repetition, seed: parts.seed)
    // Numbers have one form: `07` and `+7` would be other texts of the same work.
    guard work.description == text else { throw .work(problem: "its numbers are not in the canonical form") }
    return work
  }

  public mutating func kind(_ text: Substring) throws(SearchError) -> WorkKind { try shared(text).kind }

  private mutating func shared(_ text: Substring) throws(SearchError) -> SharedKind {
    if let latest, latest.text == text { return latest }
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    var fields = WorkFieldReader()
    for part in parts.dropFirst() {
      guard let equals = part.firstIndex(of: "=") else { throw .work(problem: "'\(part)' is not key=value") }
      try fields.add(String(part[..<equals]), String(part[part.index(after: equals)...]))
    }
    let kind = SharedKind(try WorkKind(named: parts.first.map(String.init) ?? "", fields: &fields))
    guard kind.text == text else {
      throw .work(problem: "the fields of its kind are not in the canonical form, which is: \(kind.text)")
    }
    latest = kind
    return kind
  }
}
