/// Lines that a worker and its engine processes exchange through pipes: one JSON object per line, terminated by a line
/// feed.
///
/// Decoding accepts a line with or without its line feed. The engine is part of this program, but its output is checked
/// like that of a stranger, so that a training that goes wrong does not bring down the worker.
public enum EngineLine {
  public static let maximumBytes = MessageCodec.maximumPayloadBytes

  public static func encode(_ request: EngineRequest) throws(ProtocolError) -> [UInt8] {
    try request.validate()
    return try line(request, as: "engine request")
  }

  public static func encode(_ event: EngineEvent) throws(ProtocolError) -> [UInt8] {
    let event = event.sendable
    try event.validate()
    return try line(event, as: "engine event")
  }

  public static func decodeRequest(_ line: [UInt8]) throws(ProtocolError) -> EngineRequest {
    let request: EngineRequest = try value(line, as: "engine request")
    try request.validate()
    return request
  }

  public static func decodeEvent(_ line: [UInt8]) throws(ProtocolError) -> EngineEvent {
    let event: EngineEvent = try value(line, as: "engine event")
    try event.validate()
    return event
  }

  private static func line(_ value: some Encodable, as name: String) throws(ProtocolError) -> [UInt8] {
    let bytes = try JSON.encode(value, as: name)
    guard bytes.count < maximumBytes else {
      throw .frameSize(frame: name, bytes: bytes.count, allowed: "at most \(maximumBytes)")
    }
    return bytes + [UInt8(ascii: "\n")]
  }

  private static func value<Value: Decodable>(_ line: [UInt8], as name: String) throws(ProtocolError) -> Value {
    guard line.count <= maximumBytes else {
      throw .frameSize(frame: name, bytes: line.count, allowed: "at most \(maximumBytes)")
    }
    return try JSON.decode(Value.self, from: line, as: name)
  }
}

extension EngineEvent {
  /// The event with its reason on one line, and without a loss that is not finite: both occur in trainings that go
  /// wrong.
  fileprivate var sendable: EngineEvent {
    switch self {
    case .progress(var progress):
      if let loss = progress.loss, !loss.isFinite { progress.loss = nil }
      return .progress(progress)
    case .failed(let reference, let reason): return .failed(reference, reason: reason.oneLine())
    case .finished: return self
    }
  }
}

/// A report in the form in which a worker keeps it on disk until it is acknowledged.
public enum SpooledReport {
  public static func encode(_ report: AttemptReport) throws(ProtocolError) -> [UInt8] {
    try report.checkFields()
    return try JSON.encode(report, as: "report")
  }

  public static func decode(_ bytes: [UInt8]) throws(ProtocolError) -> AttemptReport {
    guard bytes.count <= MessageCodec.maximumPayloadBytes else {
      throw .frameSize(
        frame: "report", bytes: bytes.count, allowed: "at most \(MessageCodec.maximumPayloadBytes)")
    }
    let report = try JSON.decode(AttemptReport.self, from: bytes, as: "report")
    try report.checkFields()
    return report
  }
}
