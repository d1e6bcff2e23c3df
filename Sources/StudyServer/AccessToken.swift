import Digests
import Foundation
import Keys
import ReadableText
import ShellCommands
import TextInput

/// What readers from other machines must present: a secret text, or the cookie that the server gave them for it.
package struct AccessToken: Sendable {
  private let digest: [UInt8]
  /// Derived from the token, so that readers stay logged in when a coordinator is restarted with the same token.
  let cookie: String
  private let cookieDigest: [UInt8]

  private static let mostBytes = 4096
  /// The minimum length; shorter tokens could be found by trial and error.
  private static let fewestCharacters = 16

  init(_ text: String) {
    digest = SHA256.hash(Array(text.utf8))
    cookie = SHA256.hexadecimal(Array("layersearch cookie of \(text)".utf8))
    cookieDigest = SHA256.hash(Array(cookie.utf8))
  }

  /// Reads the token, which is the file's only line.
  /// - Throws: An error if the file cannot be read, if users other than its owner and root may read it, or if it
  ///   contains no valid token.
  package init(file path: String) throws(StudyServerError) {
    let input: TextInput
    do { input = try TextInput(path: path, mostBytes: Self.mostBytes, from: .regularFile) } catch {
      throw .token(path, problem: "cannot be read: \(error.reason)")
    }
    let status = input.status
    let credentials = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
    guard KeyFile.isPrivate(path, mode: status.st_mode, owner: status.st_uid, credentials: credentials) else {
      throw .token(
        path,
        problem: "others can read this token (its mode is 0\(String(status.st_mode & 0o777, radix: 8))); make it "
          + "private with \(ShellCommand.line(["chmod", "600", path])), and write another token into it")
    }
    let lines = input.text.split(whereSeparator: \.isNewline).filter { !$0.isEmpty }
    let isPrintable = lines.first?.utf8.allSatisfy { (0x21...0x7e).contains($0) } ?? false
    guard lines.count == 1, isPrintable, let line = lines.first, line.utf8.count >= Self.fewestCharacters else {
      throw .token(
        path,
        problem: "a token is one line of at least \(Self.fewestCharacters) letters, digits and signs without spaces; "
          + "make one with: umask 077; openssl rand -hex 32 > \(ShellCommand.line([path]))")
    }
    self.init(String(line))
  }

  func matches(_ text: String) -> Bool { Self.isEqual(SHA256.hash(Array(text.utf8)), digest) }
  func matches(cookie text: String) -> Bool { Self.isEqual(SHA256.hash(Array(text.utf8)), cookieDigest) }

  /// Takes the same time for all texts. Compares only hashes, and an attacker cannot choose the first byte that
  /// differs.
  private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && zip(left, right).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
