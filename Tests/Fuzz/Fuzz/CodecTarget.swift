import SearchProtocol

/// Decodes messages of a peer, lines of an engine process and reports of a spool. Each input is decoded or refused, and
/// what is decoded can be encoded again and comes back equal.
enum CodecTarget {
  static func body(_ data: UnsafeRawBufferPointer) -> Int32 {
    guard let kind = data.first else { return 0 }
    let rest = Array(data.dropFirst())
    switch kind {
    case 0: decodeFrames(cut(rest))
    case 1:
      if let event = try? EngineLine.decodeEvent(rest) { _ = try? EngineLine.encode(event) }
    case 2:
      if let request = try? EngineLine.decodeRequest(rest) {
        let line = try? EngineLine.encode(request)
        require(line.flatMap { try? EngineLine.decodeRequest($0) } == request, "another request")
      }
    case 3:
      if let report = try? SpooledReport.decode(rest) {
        let bytes = try? SpooledReport.encode(report)
        require(bytes.flatMap { try? SpooledReport.decode($0) } == report, "another report")
      }
    default:
      decodeFrames([Array("LYSR".utf8) + [ProtocolVersion.framing], [kind], Array(repeating: 0, count: 8), rest])
    }
    return 0
  }

  private static func decodeFrames(_ frames: [[UInt8]]) {
    guard let (message, id) = try? AnyMessage.decode(frames) else { return }
    guard let again = try? message.frames(id: id), let decoded = try? AnyMessage.decode(again) else {
      return require(false, "decoded, but cannot be encoded: \(message)")
    }
    require(decoded.message == message && decoded.id == id, "another message")
  }

  /// Splits bytes into frames, each preceded by its length.
  private static func cut(_ bytes: [UInt8]) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    var rest = bytes[...]
    while let length = rest.popFirst() {
      frames.append(Array(rest.prefix(Int(length))))
      rest = rest.dropFirst(Int(length))
    }
    return frames
  }
}
