import Digests
import Foundation
import ReadableText

/// The expected checksum of an archive, with its algorithm.
public enum ArchiveChecksum: Hashable, Sendable {
  /// 64 hexadecimal digits.
  case sha256(String)
  /// 32 hexadecimal digits.
  case md5(String)

  /// The checksum of `cifar-10-binary.tar.gz`, 170,052,171 bytes, at its author's address.
  public static let cifar10 = ArchiveChecksum.sha256("c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")
  /// The checksum of the same archive as its author publishes it.
  public static let cifar10MD5 = ArchiveChecksum.md5("c32a1d4ab5d03f1284b67883e8d87530")

  /// The checksum of `cifar-100-binary.tar.gz`, at the same site.
  public static let cifar100 = ArchiveChecksum.sha256(
    "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec")

  public var algorithm: String {
    switch self {
    case .sha256: "SHA-256"
    case .md5: "MD5"
    }
  }

  /// The digits as they were given.
  public var digits: String {
    switch self {
    case .sha256(let digits), .md5(let digits): digits
    }
  }

  private var kind: any Digest.Type {
    switch self {
    case .sha256: SHA256.self
    case .md5: MD5.self
    }
  }

  var digitCount: Int { 2 * kind.byteCount }
  var isLegal: Bool { Hexadecimal.isNumber(digits, digits: digitCount) }

  /// Compares digits; upper and lower case are equal.
  func matches(_ digits: String) -> Bool { self.digits.lowercased() == digits.lowercased() }

  /// Returns the checksum of the file by the same algorithm, in lower-case digits.
  func sum(ofFile path: String) throws(ImageDataError) -> String {
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? file.close() }
      var digest = kind.init()
      while let chunk = try file.read(upToCount: 1 << 20), !chunk.isEmpty { digest.update(chunk) }
      return digest.hexadecimal()
    } catch {
      throw .unreadable(path: path, reason: reason(of: error))
    }
  }
}
