import ReadableText

/// The transport's name for a connection; a worker that reconnects has a new one.
public struct PeerID: Hashable, Sendable {
  public var bytes: [UInt8]

  public init(bytes: [UInt8]) { self.bytes = bytes }
}

extension PeerID: CustomStringConvertible {
  public var description: String { Hexadecimal.text(bytes) }
}

/// The severity of a log line.
public enum LogLevel: Int, Comparable, Sendable {
  case debug, info, notice, warning, error

  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
