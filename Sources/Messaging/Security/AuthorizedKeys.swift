/// The public keys that a coordinator admits, each with a readable name.
///
/// The text form has one key per line: 64 hexadecimal digits, white space, its name. Empty lines and lines that begin
/// with `#` are ignored. A name may have several keys, so that it can be given a new one before the old one is removed.
public struct AuthorizedKeys: Hashable, Sendable {
  public private(set) var names: [PublicKey: String] = [:]

  public static let mostBytes = 16 << 20
  public static let mostKeys = 100_000
  public static let longestName = 64

  public init() {}

  /// - Parameter file: the file's name, for errors.
  public init(text: String, file: String) throws(AuthorizedKeysError) {
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let number = index + 1
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      func problem(_ text: String) -> AuthorizedKeysError { AuthorizedKeysError(file: file, line: number, text: text) }
      guard let key = PublicKey(hexadecimal: first) else {
        throw problem("a line must begin with a public key of 64 hexadecimal digits, as keygen writes it")
      }
      guard words.count == 2 else {
        throw problem(
          words.count == 1 ? "the key's name is missing; write it after the key" : "only one name may follow the key"
        )
      }
      guard Self.isLegalName(words[1]) else {
        throw problem(
          "the name may have letters, digits, '.', '_', '-' and '@', at most \(Self.longestName) characters")
      }
      if let other = names[key] { throw problem("this key is on an earlier line already, with the name \(other)") }
      names[key] = String(words[1])
      guard names.count <= Self.mostKeys else { throw problem("there are more than \(Self.mostKeys) keys") }
    }
  }

  public static func isLegalName(_ name: some StringProtocol) -> Bool {
    !name.isEmpty && name.utf8.count <= longestName && !name.hasPrefix("-") && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
          UInt8(ascii: "@"):
          true
        default: false
        }
      }
  }

  /// Returns the line of one key in the text form, with its line end.
  public static func line(_ key: PublicKey, name: String) -> String { "\(key.hexadecimal) \(name)\n" }
}

/// An error in a text of authorized keys, with its line.
public struct AuthorizedKeysError: Error, Hashable, Sendable, CustomStringConvertible {
  public var file: String
  public var line: Int
  public var text: String

  public var description: String { "\(file):\(line): \(text)" }
}
