import TextInput

/// A file of hosts, one per line: `[USER@]HOST`, then `port=`, `slots=`, `binary=`, `data=`; see cluster/hosts.example.
package struct HostsFile: Hashable, Sendable {
  package struct Host: Hashable, Sendable {
    /// The host with its user, as ssh takes it.
    package var name: String
    package var port = 22
    package var slots: Int?
    /// A leading `~` is the home folder on the host, also in `data`.
    package var binary: String?
    package var data: String?
  }

  package let hosts: [Host]

  /// Checks the whole text, so that a mistake in a later line is found before anything is done on the first host.
  /// - Parameter name: the file's name, for errors.
  package init(_ text: String, name: String) throws(LaunchError) {
    var hosts: [Host] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let place = "\(name):\(index + 1)"
      let words = try Self.words(of: line, place)
      guard let first = words.first else { continue }
      let host = try Self.host(first, words.dropFirst(), place)
      guard !hosts.contains(where: { $0.name == host.name }) else {
        throw .usage("\(place): \(host.name) is named twice; a host has one worker")
      }
      hosts.append(host)
    }
    guard !hosts.isEmpty else { throw .usage("\(name) lists no host") }
    self.hosts = hosts
  }

  private static func host(_ name: String, _ options: ArraySlice<String>, _ place: String) throws(LaunchError) -> Host {
    guard !name.isEmpty, !name.hasPrefix("-"), !name.contains(where: { $0 == "=" || $0 == "#" || $0.isWhitespace })
    else { throw .usage("\(place): a line must start with [USER@]HOST, not '\(name)'") }
    var host = Host(name: name)
    for option in options {
      let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else { throw unknown(option, place) }
      let value = parts[1]
      if value.isEmpty { throw .usage("\(place): \(option) has no value") }
      switch parts[0] {
      case "port": host.port = try number(value, 65_535, "\(place): \(option): a port")
      case "slots": host.slots = try number(value, 4096, "\(place): \(option): slots")
      case "binary", "data":
        if value.contains("$") {
          throw .usage("\(place): \(option): variables are not expanded; ~ is the host's home folder")
        }
        if parts[0] == "binary" { host.binary = value } else { host.data = value }
      default: throw unknown(option, place)
      }
    }
    return host
  }

  private static func unknown(_ option: String, _ place: String) -> LaunchError {
    .usage(
      "\(place): unknown option '\(option)', expected port=, slots=, binary= or data= (a value with spaces must be in "
        + "quotation marks)")
  }

  private static func number(_ text: String, _ most: Int, _ what: String) throws(LaunchError) -> Int {
    guard text.allSatisfy({ $0.isASCII && $0.isNumber }), !text.hasPrefix("0"), let value = Int(text), value <= most
    else { throw .usage("\(what) must be a number from 1 to \(most)") }
    return value
  }

  /// Splits a line at white space. `'…'` and `"…"` keep white space and # in a word; # begins a comment. No other
  /// character is special.
  private static func words(of line: Substring, _ place: String) throws(LaunchError) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
        continue
      }
      if character == "#" { break }
      if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let quote { throw .usage("\(place): a quotation mark \(quote) is not closed") }
    if let word { words.append(word) }
    return words
  }
}
