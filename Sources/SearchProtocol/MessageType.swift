/// The code of a message on the wire. Codes are never reused.
enum MessageType: UInt8, CaseIterable {
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
}

extension MessageType {
  /// The parser may need a hundred times the memory of what it reads: only messages that can be long may be long.
  var maximumPayloadBytes: Int {
    switch self {
    case .hello, .result, .workerHeartbeat: MessageCodec.maximumPayloadBytes
    case .job: 1 << 18
    case .dataChunk: DataChunk.headerBytes + DataChunk.maximumBytes
    default: 1 << 16
    }
  }
}

extension Message {
  var type: MessageType {
    switch self {
    case .hello: .hello
    case .ready: .ready
    case .accept: .accept
    case .progress: .progress
    case .result: .result
    case .workerHeartbeat: .workerHeartbeat
    case .bye: .bye
    case .welcome: .welcome
    case .refusal: .refusal
    case .job: .job
    case .resultAcknowledged: .resultAcknowledged
    case .coordinatorHeartbeat: .coordinatorHeartbeat
    case .cancel: .cancel
    case .drain: .drain
    case .reregister: .reregister
    case .dataRequest: .dataRequest
    case .dataChunk: .dataChunk
    case .dataRefusal: .dataRefusal
    case .bench: .bench
    }
  }

  /// For logs.
  public var name: String { "\(type)" }
}
