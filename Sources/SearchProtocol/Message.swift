/// What coordinator and workers say to each other. On the wire: see `MessageCodec`.
///
/// A worker says hello, is welcomed (or refused), and gives credits as slots become free; the coordinator spends a
/// credit on each job. Progress and heartbeats renew leases. A result stands until it is acknowledged, which happens
/// only after it is committed.
public enum Message: Hashable, Sendable {
  // worker → coordinator
  case hello(Hello)
  case ready(Ready)
  case accept(AttemptReference)
  case progress(Progress)
  case result(AttemptReport)
  case workerHeartbeat(WorkerHeartbeat)
  case bye(Bye)
  case dataRequest(DataRequest)
  // coordinator → worker
  case welcome(Welcome)
  case refusal(Refusal)
  case job(JobAssignment)
  case resultAcknowledged(AttemptReference)
  case coordinatorHeartbeat(CoordinatorHeartbeat)
  case cancel(AttemptReference)
  case drain(Drain)
  /// "I do not know you": the coordinator was restarted; say hello again.
  case reregister
  case dataChunk(DataChunk)
  /// What was asked for cannot be had here, now or later.
  case dataRefusal(Refusal)
  /// No jobs for a while, and why.
  case bench(Bench)
}

extension Message: WireMessage {
  /// On the wire. Codes are never used again for something else.
  enum Code: UInt8, MessageCode {
    case hello = 1
    case ready = 2
    case accept = 3
    case progress = 4
    case result = 5
    case workerHeartbeat = 6
    case bye = 7
    case dataRequest = 8
    case welcome = 65
    case refusal = 66
    case job = 67
    case resultAcknowledged = 68
    case coordinatorHeartbeat = 69
    case cancel = 70
    case drain = 71
    case reregister = 72
    case dataChunk = 73
    case dataRefusal = 74
    case bench = 80

    var maximumPayloadBytes: Int {
      switch self {
      case .hello, .result, .workerHeartbeat: MessageCodec.maximumPayloadBytes
      case .job: 1 << 18
      case .dataChunk: DataChunk.headerBytes + DataChunk.maximumBytes
      default: 1 << 16
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
    case .dataRequest(let content): try visitor.visit(content, of: Code.dataRequest)
    case .welcome(let content): try visitor.visit(content, of: Code.welcome)
    case .refusal(let content): try visitor.visit(content, of: Code.refusal)
    case .job(let content): try visitor.visit(content, of: Code.job)
    case .resultAcknowledged(let content): try visitor.visit(content, of: Code.resultAcknowledged)
    case .coordinatorHeartbeat(let content): try visitor.visit(content, of: Code.coordinatorHeartbeat)
    case .cancel(let content): try visitor.visit(content, of: Code.cancel)
    case .drain(let content): try visitor.visit(content, of: Code.drain)
    case .reregister: try visitor.visit(NoContent(), of: Code.reregister)
    case .dataChunk(let content): try visitor.visit(content, of: Code.dataChunk)
    case .dataRefusal(let content): try visitor.visit(content, of: Code.dataRefusal)
    case .bench(let content): try visitor.visit(content, of: Code.bench)
    }
  }

  static func read<Source: ContentSource>(_ code: Code, from source: Source) throws(ProtocolError) -> Message {
    switch code {
    case .hello: return .hello(try source.content(of: code))
    case .ready: return .ready(try source.content(of: code))
    case .accept: return .accept(try source.content(of: code))
    case .progress: return .progress(try source.content(of: code))
    case .result: return .result(try source.content(of: code))
    case .workerHeartbeat: return .workerHeartbeat(try source.content(of: code))
    case .bye: return .bye(try source.content(of: code))
    case .dataRequest: return .dataRequest(try source.content(of: code))
    case .welcome: return .welcome(try source.content(of: code))
    case .refusal: return .refusal(try source.content(of: code))
    case .job: return .job(try source.content(of: code))
    case .resultAcknowledged: return .resultAcknowledged(try source.content(of: code))
    case .coordinatorHeartbeat: return .coordinatorHeartbeat(try source.content(of: code))
    case .cancel: return .cancel(try source.content(of: code))
    case .drain: return .drain(try source.content(of: code))
    case .reregister:
      _ = try source.content(of: code) as NoContent
      return .reregister
    case .dataChunk: return .dataChunk(try source.content(of: code))
    case .dataRefusal: return .dataRefusal(try source.content(of: code))
    case .bench: return .bench(try source.content(of: code))
    }
  }

  /// Throws `ProtocolError.field` for the first field out of its range.
  public func validate() throws(ProtocolError) { try visitContent(ContentCheck()) }
}
