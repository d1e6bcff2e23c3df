/// What a coordinator says to its workers. See `MessageCodec` for the form on the wire.
///
/// The coordinator welcomes workers that say hello, and spends one credit on each job.
///
/// Each message is a case of this enumeration, with its code and its content type; the content's fields are declared
/// beside that type.
public enum CoordinatorMessage: Hashable, Sendable {
  case welcome(Welcome)
  case refusal(Refusal)
  case job(JobAssignment)
  case resultAcknowledged(AttemptReference)
  case coordinatorHeartbeat(CoordinatorHeartbeat)
  case cancel(AttemptReference)
  case drain(Drain)
  /// The coordinator does not know the sender, after a restart for example: the worker must say hello again.
  case reregister
  /// A piece of the data set, for workers of version 2.
  case dataChunk(UnnamedPiece)
  /// The data set is not available from this coordinator, now or later. For workers of version 2.
  case dataRefusal(Refusal)
  case contentRequest(ContentRequest)
  /// The answer to a query of the worker.
  case contentAnnouncement(ContentDescription)
  case contentPiece(ContentPiece)
  /// Refuses what the worker requested, queried or announced.
  case contentRefusal(ContentRefusal)
  /// The content that the worker announced has arrived, has been checked as a whole and is on disk.
  case contentAcknowledged(ContentReference)
  /// The worker rests: it receives no jobs for a while. Contains the reason.
  case bench(Bench)
  /// The answer to a demand query; sent once more when the study is done.
  case demand(Demand)
}

extension CoordinatorMessage: WireMessage {
  /// The codes on the wire. They are 65 or more, and a code is never reused for something else.
  enum Code: UInt8, MessageCode {
    case welcome = 65
    case refusal = 66
    /// A job in the form of protocol versions 1 and 2.
    case training = 67
    case resultAcknowledged = 68
    case coordinatorHeartbeat = 69
    case cancel = 70
    case drain = 71
    case reregister = 72
    case dataChunk = 73
    case dataRefusal = 74
    case contentRequest = 75
    case contentAnnouncement = 76
    case contentPiece = 77
    case contentRefusal = 78
    case contentAcknowledged = 79
    case bench = 80
    case job = 84
    /// A job that starts from a trained network.
    case startedJob = 85
    case demand = 86

    var maximumPayloadBytes: Int {
      switch self {
      case .job, .startedJob, .training: 1 << 18
      case .dataChunk: UnnamedPiece.headerBytes + ContentPiece.maximumBytes
      case .contentPiece: ContentPiece.headerBytes + ContentPiece.maximumBytes
      case .welcome, .refusal, .resultAcknowledged, .coordinatorHeartbeat, .cancel, .drain, .reregister, .dataRefusal,
        .contentRequest, .contentAnnouncement, .contentRefusal, .contentAcknowledged, .bench,
        .demand:
        1 << 16
      }
    }

    var since: Int {
      switch self {
      case .demand: 7
      case .startedJob: 4
      case .job, .contentRequest, .contentAnnouncement, .contentPiece, .contentRefusal, .contentAcknowledged: 3
      case .dataChunk, .dataRefusal: 2
      case .welcome, .refusal, .training, .resultAcknowledged, .coordinatorHeartbeat, .cancel, .drain, .reregister,
        .bench:
        1
      }
    }
  }

  func visitContent<Visitor: ContentVisitor>(_ visitor: Visitor) throws(ProtocolError) -> Visitor.Output {
    switch self {
    case .welcome(let content): try visitor.visit(content, of: Code.welcome)
    case .refusal(let content): try visitor.visit(content, of: Code.refusal)
    case .job(let content) where content.isTraining:
      try visitor.visit(try TrainingAssignment(content), of: Code.training)
    case .job(let content):
      try visitor.visit(content, of: content.weights == nil ? Code.job : Code.startedJob)
    case .resultAcknowledged(let content): try visitor.visit(content, of: Code.resultAcknowledged)
    case .coordinatorHeartbeat(let content): try visitor.visit(content, of: Code.coordinatorHeartbeat)
    case .cancel(let content): try visitor.visit(content, of: Code.cancel)
    case .drain(let content): try visitor.visit(content, of: Code.drain)
    case .reregister: try visitor.visit(NoContent(), of: Code.reregister)
    case .dataChunk(let content): try visitor.visit(content, of: Code.dataChunk)
    case .dataRefusal(let content): try visitor.visit(content, of: Code.dataRefusal)
    case .contentRequest(let content): try visitor.visit(content, of: Code.contentRequest)
    case .contentAnnouncement(let content): try visitor.visit(content, of: Code.contentAnnouncement)
    case .contentPiece(let content): try visitor.visit(content, of: Code.contentPiece)
    case .contentRefusal(let content): try visitor.visit(content, of: Code.contentRefusal)
    case .contentAcknowledged(let content): try visitor.visit(content, of: Code.contentAcknowledged)
    case .bench(let content): try visitor.visit(content, of: Code.bench)
    case .demand(let content): try visitor.visit(content, of: Code.demand)
    }
  }

  static func read<Source: ContentSource>(_ code: Code, from source: Source) throws(ProtocolError) -> Self {
    switch code {
    case .welcome: return .welcome(try source.content(of: code))
    case .refusal: return .refusal(try source.content(of: code))
    case .training: return .job(try (try source.content(of: code) as TrainingAssignment).job)
    case .job, .startedJob: return .job(try source.content(of: code))
    case .resultAcknowledged: return .resultAcknowledged(try source.content(of: code))
    case .coordinatorHeartbeat: return .coordinatorHeartbeat(try source.content(of: code))
    case .cancel: return .cancel(try source.content(of: code))
    case .drain: return .drain(try source.content(of: code))
    case .reregister:
      _ = try source.content(of: code) as NoContent
      return .reregister
    case .dataChunk: return .dataChunk(try source.content(of: code))
    case .dataRefusal: return .dataRefusal(try source.content(of: code))
    case .contentRequest: return .contentRequest(try source.content(of: code))
    case .contentAnnouncement: return .contentAnnouncement(try source.content(of: code))
    case .contentPiece: return .contentPiece(try source.content(of: code))
    case .contentRefusal: return .contentRefusal(try source.content(of: code))
    case .contentAcknowledged: return .contentAcknowledged(try source.content(of: code))
    case .bench: return .bench(try source.content(of: code))
    case .demand: return .demand(try source.content(of: code))
    }
  }

  /// Checks every field of the content. Throws `ProtocolError.field` for the first one out of its range.
  public func validate() throws(ProtocolError) { try visitContent(ContentCheck()) }
}

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

/// Tells the worker to take no more jobs and to leave.
public struct Drain: JSONContent, Codable, Hashable, Sendable {
  public enum Reason: String, Codable, CaseIterable, Sendable {
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

/// Tells a worker that it rests: jobs failed there that other workers finished, so it receives none for a while.
public struct Bench: JSONContent, Codable, Hashable, Sendable {
  /// One line for the worker's user.
  public var reason: String
  public var seconds: Double

  public init(reason: String, seconds: Double) {
    self.reason = reason
    self.seconds = seconds
  }

  /// A duration for messages to the user: `0.5 s`, `64 s`.
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

extension CoordinatorMessage {
  /// The codes of some messages, for code that deliberately sends invalid messages.
  package enum Codes {
    package static let job = Code.job.rawValue
    package static let drain = Code.drain.rawValue
    package static let cancel = Code.cancel.rawValue
    package static let coordinatorHeartbeat = Code.coordinatorHeartbeat.rawValue
  }
}
