/// Which value each message carries, as JSON but for the chunks of data sets.
enum Payload {
  static let longestGeneral = 1 << 16

  static func encode(_ message: Message) throws(ProtocolError) -> [UInt8] {
    if let plain = PlainPayload.encode(message) { return plain }
    return try encodeGenerally(message)
  }

  static func decode(_ type: MessageType, from bytes: [UInt8]) throws(ProtocolError) -> Message {
    if let plain = PlainPayload.decode(type, from: bytes) { return plain }
    // The general parser takes a hundred times the memory of what it reads, and its time. What is long is plain, as this program
    // writes it.
    guard bytes.count <= longestGeneral || type == .dataChunk else {
      try JSON.checkDepth(bytes)
      throw .payload(
        of: "\(type)", problem: "it has more than \(longestGeneral) bytes, and not the form that this program writes")
    }
    return try decodeGenerally(type, from: bytes)
  }

  static func encodeGenerally(_ message: Message) throws(ProtocolError) -> [UInt8] {
    let name = message.name
    return switch message {
    case .hello(let value): try JSON.encode(value, as: name)
    case .ready(let value): try JSON.encode(value, as: name)
    case .accept(let value): try JSON.encode(value, as: name)
    case .progress(let value): try JSON.encode(value, as: name)
    case .result(let value): try JSON.encode(value, as: name)
    case .workerHeartbeat(let value): try JSON.encode(value, as: name)
    case .bye(let value): try JSON.encode(value, as: name)
    case .welcome(let value): try JSON.encode(value, as: name)
    case .refusal(let value): try JSON.encode(value, as: name)
    case .job(let value): try JSON.encode(value, as: name)
    case .resultAcknowledged(let value): try JSON.encode(value, as: name)
    case .coordinatorHeartbeat(let value): try JSON.encode(value, as: name)
    case .cancel(let value): try JSON.encode(value, as: name)
    case .drain(let value): try JSON.encode(value, as: name)
    case .bench(let value): try JSON.encode(value, as: name)
    case .reregister: []
    case .dataRequest(let value): try JSON.encode(value, as: name)
    case .dataChunk(let chunk): chunk.payload
    case .dataRefusal(let value): try JSON.encode(value, as: name)
    }
  }

  static func decodeGenerally(_ type: MessageType, from bytes: [UInt8]) throws(ProtocolError) -> Message {
    func value<Value: Decodable>(_: Value.Type = Value.self) throws(ProtocolError) -> Value {
      try JSON.decode(Value.self, from: bytes, as: "\(type)")
    }
    switch type {
    case .hello: return .hello(try value())
    case .ready: return .ready(try value())
    case .accept: return .accept(try value())
    case .progress: return .progress(try value())
    case .result: return .result(try value())
    case .workerHeartbeat: return .workerHeartbeat(try value())
    case .bye: return .bye(try value())
    case .welcome: return .welcome(try value())
    case .refusal: return .refusal(try value())
    case .job: return .job(try value())
    case .resultAcknowledged: return .resultAcknowledged(try value())
    case .coordinatorHeartbeat: return .coordinatorHeartbeat(try value())
    case .cancel: return .cancel(try value())
    case .drain: return .drain(try value())
    case .bench: return .bench(try value())
    case .reregister:
      guard bytes.isEmpty else { throw .frameSize(frame: "payload of reregister", bytes: bytes.count, allowed: "0") }
      return .reregister
    case .dataRequest: return .dataRequest(try value())
    case .dataChunk: return .dataChunk(try DataChunk(payload: bytes))
    case .dataRefusal: return .dataRefusal(try value())
    }
  }
}
