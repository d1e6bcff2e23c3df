/// What a data set contains, in a word: machines with equal identities train on equal bytes.
public struct DataContent: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Of files it is their SHA-256, in lower-case hexadecimal digits; a drawn set's is its name and version.
  public let identity: String

  public init(identity: String) {
    self.identity = identity
  }

  public var description: String { identity }

  /// As lines for people name it.
  public var short: String { identity.count > 16 ? identity.prefix(12) + "…" : identity }

  /// Changes whenever a pixel of the drawn set changes.
  public static let shapes10 = DataContent(identity: Shapes10.identity)
}
