/// Why something received, or about to be sent, is not a message of this protocol. The receiver counts and drops it;
/// nothing received can stop a process.
public enum ProtocolError: Error, Hashable, Sendable {
  case frameCount(Int)
  case frameSize(frame: String, bytes: Int, allowed: String)
  case notThisProtocol
  case version(UInt8)
  case unknownType(UInt8)
  /// A message with this name, which only the receiving side may send.
  case direction(String)
  case nesting(depth: Int)
  /// The JSON does not have the content that the message needs.
  case payload(of: String, problem: String)
  /// A field out of its range.
  case field(String, problem: String)
}

extension ProtocolError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .frameCount(let count):
      "a message has \(MessageCodec.frameCount) frames, not \(count): the peer does not speak this protocol"
    case .frameSize(let frame, let bytes, let allowed): "the \(frame) has \(bytes) bytes, expected \(allowed)"
    case .notThisProtocol: "the first frame is not LayerSearch's: the peer speaks another protocol"
    case .version(let version):
      "the peer writes frames of version \(version), this build reads \(ProtocolVersion.framing): install the same "
        + "version on both"
    case .unknownType(let code): "message type \(code) is unknown to this build"
    case .direction(let name): "\(name) is not a message that this peer may send: it is the receiver's own"
    case .nesting(let depth):
      "the payload is nested \(depth) levels deep, at most \(MessageCodec.maximumDepth) are allowed"
    case .payload(let type, let problem): "the payload of \(type) cannot be read: \(problem)"
    case .field(let name, let problem): "\(name) \(problem)"
    }
  }
}
