/// What a data set contains, in a word: machines with equal identities train on equal bytes.
public struct DataContent: Sendable, Hashable, Codable, CustomStringConvertible {
  /// `cifar10`'s is the SHA-256 of its files; a drawn set's is its name and version.
  public let identity: String

  public init(identity: String) {
    self.identity = identity
  }

  public var description: String { identity }

  /// As lines for people name it.
  public var short: String { identity.count > 16 ? identity.prefix(12) + "…" : identity }

  /// Changes whenever a pixel of the drawn set changes.
  public static let shapes10 = DataContent(identity: Shapes10.identity)

  /// SHA-256 over the six files' bytes in order, lower-case hexadecimal. Reads 184 MB.
  public static func cifar10(directory: String) throws(ImageDataError) -> DataContent {
    DataContent(identity: try CIFAR10.contentHash(directory: directory))
  }
}
