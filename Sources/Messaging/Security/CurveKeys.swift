import CZeroMQ
import ReadableText

/// The public half of a CURVE key pair: 32 bytes of Curve25519, as text 64 hexadecimal digits.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
  public let bytes: [UInt8]

  /// `nil` unless there are 32 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == CurveKey.byteCount else { return nil }
    self.bytes = bytes
  }

  /// `nil` unless the text consists of 64 hexadecimal digits.
  public init?(hexadecimal text: some StringProtocol) {
    guard let bytes = CurveKey.bytes(ofHexadecimal: text) else { return nil }
    self.bytes = bytes
  }

  public var hexadecimal: String { Hexadecimal.text(bytes) }
  public var description: String { hexadecimal }
}

/// The secret half of a CURVE key pair, which proves a peer's identity. Printing or dumping a value that contains it
/// shows no part of it.
public struct SecretKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let bytes: [UInt8]

  /// `nil` unless the text consists of 64 hexadecimal digits.
  public init?(hexadecimal text: some StringProtocol) {
    guard let bytes = CurveKey.bytes(ofHexadecimal: text) else { return nil }
    self.bytes = bytes
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The text for the key's own file; must not be used for anything else.
  public var hexadecimalForItsFile: String { Hexadecimal.text(bytes) }

  public var description: String { "a secret key" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Both halves of a CURVE key pair.
public struct KeyPair: Sendable {
  public let publicKey: PublicKey
  public let secretKey: SecretKey

  /// Creates the pair of a secret key, from which the public half is computed.
  public init(secretKey: SecretKey) throws(MessagingError) {
    guard let text = CurveKey.z85(secretKey.bytes) else { throw Self.impossible }
    var publicText = [CChar](repeating: 0, count: 41)
    guard zmq_curve_public(&publicText, text) == 0 else { throw MessagingError("use", on: "a secret key") }
    guard let publicKey = CurveKey.bytes(ofZ85: publicText).flatMap(PublicKey.init(bytes:)) else {
      throw Self.impossible
    }
    self.publicKey = publicKey
    self.secretKey = secretKey
  }

  private init(publicKey: PublicKey, secretKey: SecretKey) {
    self.publicKey = publicKey
    self.secretKey = secretKey
  }

  /// Returns a new pair from the system's random numbers.
  public static func random() throws(MessagingError) -> KeyPair {
    var publicText = [CChar](repeating: 0, count: 41)
    var secretText = [CChar](repeating: 0, count: 41)
    guard zmq_curve_keypair(&publicText, &secretText) == 0 else { throw MessagingError("make", on: "a key pair") }
    guard let publicKey = CurveKey.bytes(ofZ85: publicText).flatMap(PublicKey.init(bytes:)),
      let secret = CurveKey.bytes(ofZ85: secretText)
    else { throw impossible }
    return KeyPair(publicKey: publicKey, secretKey: SecretKey(bytes: secret))
  }

  private static var impossible: MessagingError { MessagingError("convert", on: "a key", code: EINVAL) }
}

/// The text forms of a key's 32 bytes. Files have hexadecimal digits, because Z85, ZeroMQ's own form, has `#`, `$`, `<`
/// and brackets among its digits, which are special in comments and shells.
enum CurveKey {
  static let byteCount = 32

  static func bytes(ofHexadecimal text: some StringProtocol) -> [UInt8]? {
    Hexadecimal.isNumber(text, digits: 2 * byteCount) ? Hexadecimal.bytes(text) : nil
  }

  static func z85(_ bytes: [UInt8]) -> [CChar]? {
    var text = [CChar](repeating: 0, count: 41)
    guard bytes.count == byteCount, zmq_z85_encode(&text, bytes, byteCount) != nil else { return nil }
    return text
  }

  static func bytes(ofZ85 text: [CChar]) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    guard zmq_z85_decode(&bytes, text) != nil else { return nil }
    return bytes
  }
}
