public struct Refusal: JSONContent, Codable, Hashable, Sendable {
  /// One line for the worker's user.
  public var reason: String

  public init(reason: String) { self.reason = reason }
}

extension Refusal {
  static let blank = Refusal(reason: "")

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("reason", &reason, Text.reason)
  }
}

public struct CoordinatorHeartbeat: JSONContent, Codable, Hashable, Sendable {
  public var study: String

  public init(study: String) { self.study = study }
}

extension CoordinatorHeartbeat {
  static let blank = CoordinatorHeartbeat(study: "")

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("study", &study, Text.name)
  }
}

/// Take no more jobs and leave.
public struct Drain: JSONContent, Codable, Hashable, Sendable {
  public enum Reason: String, Codable, Sendable {
    case studyFinished
    case coordinatorStopping
  }
  public var reason: Reason

  public init(reason: Reason) { self.reason = reason }
}

extension Drain {
  static let blank = Drain(reason: .studyFinished)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("reason", &reason, Choice())
  }
}

/// Jobs failed at this worker that others finished: it gets none for a while.
public struct Bench: JSONContent, Codable, Hashable, Sendable {
  /// One line for the worker's user.
  public var reason: String
  public var seconds: Double

  public init(reason: String, seconds: Double) {
    self.reason = reason
    self.seconds = seconds
  }

  /// `0.5 s`, `64 s`.
  package static func text(seconds: Double) -> String {
    seconds < 10 ? "\((seconds * 10).rounded() / 10) s" : "\(Int(seconds)) s"
  }
}

extension Bench {
  static let blank = Bench(reason: "", seconds: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("reason", &reason, Text.reason)
    try visitor.field("seconds", &seconds, Number(0...1e9))
  }
}
