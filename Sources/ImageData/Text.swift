import Foundation

/// `path` with a leading `~` or `~user` replaced by that home folder; one's own is where `HOME` says, as in a shell.
public func expandingTilde(_ path: String) -> String {
  guard path.hasPrefix("~") else { return path }
  if path == "~" || path.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"], !home.isEmpty {
    return home + path.dropFirst()
  }
  return NSString(string: path).expandingTildeInPath
}

/// What the system says about a failed operation, without line ends.
func reason(of error: any Error) -> String {
  let error = error as NSError
  let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError
  let text = (underlying ?? error).localizedDescription
  return text.split(whereSeparator: \.isNewline).joined(separator: " ")
}

/// As a shell takes it for one word.
func shellQuoted(_ text: String) -> String {
  let plain = text.unicodeScalars.allSatisfy {
    ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
      || "/._-+,:@%~=".unicodeScalars.contains($0)
  }
  return plain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
}

/// Two lower-case digits a byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef")
  return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
