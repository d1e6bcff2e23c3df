/// The identity of a data set's content: machines with equal identities train on equal bytes.
public struct DataContent: Sendable, Hashable, Codable, CustomStringConvertible {
  /// For files their SHA-256 in lower-case hexadecimal digits; for a drawn set its name and version.
  public let identity: String

  public init(identity: String) {
    self.identity = identity
  }

  public var description: String { identity }

  /// The identity, shortened for messages.
  public var short: String { identity.count > 16 ? identity.prefix(12) + "…" : identity }

  /// The content of the drawn set; it changes whenever a pixel of the set changes.
  public static let shapes10 = DataContent(identity: Shapes10.identity)
}
