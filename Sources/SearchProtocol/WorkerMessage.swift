/// What a worker says to its coordinator. See `MessageCodec` for the form on the wire.
///
/// A worker says hello, is welcomed or refused, and gives credits as slots become free. Progress and heartbeats renew
/// leases. A worker keeps a result until it is acknowledged, which happens only after the result is committed.
///
/// Each message is a case of this enumeration, with its code and its content type; the content's fields are declared
/// beside that type.
public enum WorkerMessage: Hashable, Sendable {
  case hello(Hello)
  case ready(Ready)
  case accept(AttemptReference)
  case progress(AttemptProgress)
  case result(AttemptReport)
  case workerHeartbeat(WorkerHeartbeat)
  case bye(Bye)
  /// In version 2 only the data set can be requested.
  case contentRequest(ContentRequest)
  /// Asks what the content with this hash is. The answer is an announcement or a refusal.
  case contentQuery(ContentReference)
  /// The worker has this content and can send it.
  case contentAnnouncement(ContentDescription)
  case contentPiece(ContentPiece)
  /// A content that the worker announced is no longer available there.
  case contentRefusal(ContentRefusal)
  /// Asks how many workers the study could use. Sent by programs that start workers; they say no hello and are not
  /// workers.
  case demandQuery
}

extension WorkerMessage: WireMessage {
  /// The codes on the wire. They are below 65, and a code is never reused for something else.
  enum Code: UInt8, MessageCode {
    case hello = 1
    case ready = 2
    case accept = 3
    case progress = 4
    case result = 5
    case workerHeartbeat = 6
    case bye = 7
    case contentRequest = 8
    case contentQuery = 9
    case contentAnnouncement = 10
    case contentPiece = 11
    case contentRefusal = 12
    case demandQuery = 13

    var maximumPayloadBytes: Int {
      switch self {
      case .hello, .result, .workerHeartbeat: MessageCodec.maximumPayloadBytes
      case .contentPiece: ContentPiece.headerBytes + ContentPiece.maximumBytes
      case .ready, .accept, .progress, .bye, .contentRequest, .contentQuery, .contentAnnouncement, .contentRefusal,
        .demandQuery:
        1 << 16
      }
    }

    var since: Int {
      switch self {
      case .demandQuery: 7
      case .contentQuery, .contentAnnouncement, .contentPiece, .contentRefusal: 3
      case .contentRequest: 2
      case .hello, .ready, .accept, .progress, .result, .workerHeartbeat, .bye: 1
      }
    }
  }

  func visitContent<Visitor: ContentVisitor>(_ visitor: Visitor) throws(ProtocolError) -> Visitor.Output {
    switch self {
    case .hello(let content): try visitor.visit(content, of: Code.hello)
    case .ready(let content): try visitor.visit(content, of: Code.ready)
    case .accept(let content): try visitor.visit(content, of: Code.accept)
    case .progress(let content): try visitor.visit(content, of: Code.progress)
    case .result(let content): try visitor.visit(content, of: Code.result)
    case .workerHeartbeat(let content): try visitor.visit(content, of: Code.workerHeartbeat)
    case .bye(let content): try visitor.visit(content, of: Code.bye)
    case .contentRequest(let content): try visitor.visit(content, of: Code.contentRequest)
    case .contentQuery(let content): try visitor.visit(content, of: Code.contentQuery)
    case .contentAnnouncement(let content): try visitor.visit(content, of: Code.contentAnnouncement)
    case .contentPiece(let content): try visitor.visit(content, of: Code.contentPiece)
    case .contentRefusal(let content): try visitor.visit(content, of: Code.contentRefusal)
    case .demandQuery: try visitor.visit(NoContent(), of: Code.demandQuery)
    }
  }

  static func read<Source: ContentSource>(_ code: Code, from source: Source) throws(ProtocolError) -> Self {
    switch code {
    case .hello: return .hello(try source.content(of: code))
    case .ready: return .ready(try source.content(of: code))
    case .accept: return .accept(try source.content(of: code))
    case .progress: return .progress(try source.content(of: code))
    case .result: return .result(try source.content(of: code))
    case .workerHeartbeat: return .workerHeartbeat(try source.content(of: code))
    case .bye: return .bye(try source.content(of: code))
    case .contentRequest: return .contentRequest(try source.content(of: code))
    case .contentQuery: return .contentQuery(try source.content(of: code))
    case .contentAnnouncement: return .contentAnnouncement(try source.content(of: code))
    case .contentPiece: return .contentPiece(try source.content(of: code))
    case .contentRefusal: return .contentRefusal(try source.content(of: code))
    case .demandQuery:
      _ = try source.content(of: code) as NoContent
      return .demandQuery
    }
  }

  /// Checks every field of the content. Throws `ProtocolError.field` for the first one out of its range.
  public func validate() throws(ProtocolError) { try visitContent(ContentCheck()) }
}

/// The worker's credits: the coordinator may send at most `freeSlots` more jobs. Replaces earlier credits.
public struct Ready: JSONContent, Codable, Hashable, Sendable {
  public var freeSlots: Int

  public init(freeSlots: Int) { self.freeSlots = freeSlots }
}

extension Ready {
  static let blank = Ready(freeSlots: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("freeSlots", &freeSlots, Whole(0...FieldLimits.slots.upperBound))
  }
}

public struct AttemptProgress: JSONContent, Codable, Hashable, Sendable {
  public var reference: AttemptReference
  public var epoch: Int
  public var step: Int
  public var steps: Int
  public var loss: Double?
  public var memoryBytes: Int

  public init(
    reference: AttemptReference, epoch: Int, step: Int, steps: Int, loss: Double?, memoryBytes: Int
  ) {
    self.reference = reference
    self.epoch = epoch
    self.step = step
    self.steps = steps
    self.loss = loss
    self.memoryBytes = memoryBytes
  }
}

extension AttemptProgress {
  static let blank = AttemptProgress(reference: .blank, epoch: 0, step: 0, steps: 0, loss: nil, memoryBytes: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("epoch", &epoch, Whole(0...FieldLimits.epochs))
    try visitor.optional("loss", &loss, FiniteNumber())
    try visitor.field("memoryBytes", &memoryBytes, Whole(0...Int.max))
    try visitor.field("reference", &reference, Nested())
    try visitor.field("step", &step, Whole(0...Int.max))
    try visitor.field("steps", &steps, Whole(0...Int.max))
  }
}

/// Renews the leases of all attempts that it lists.
public struct WorkerHeartbeat: JSONContent, Codable, Hashable, Sendable {
  public var running: [AttemptReference]
  public var freeSlots: Int

  public init(running: [AttemptReference], freeSlots: Int) {
    self.running = running
    self.freeSlots = freeSlots
  }
}

extension WorkerHeartbeat {
  static let blank = WorkerHeartbeat(running: [], freeSlots: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("freeSlots", &freeSlots, Whole(0...FieldLimits.slots.upperBound))
    try visitor.field(
      "running", &running,
      List(Nested(), limit: FieldLimits.slots.upperBound + FieldLimits.unacknowledgedReports))
  }
}

public struct Bye: JSONContent, Codable, Hashable, Sendable {
  public var reason: String

  public init(reason: String) { self.reason = reason }
}

extension Bye {
  static let blank = Bye(reason: "")

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("reason", &reason, Text.reason)
  }
}
