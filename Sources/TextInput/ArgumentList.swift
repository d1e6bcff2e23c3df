/// Corrections to arguments before they are parsed.
package enum ArgumentList {
  package struct EmptyValue: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }

  /// Throws for empty values, such as those from an unset shell variable. As the name of a folder, an empty text would
  /// mean the working folder or the root, and ArgumentParser would treat `--seed=` as an option without a value.
  /// - Parameter exceptions: Options that report empty values in more detail themselves.
  package static func requireValues(_ arguments: [String], except exceptions: [String]) throws(EmptyValue) {
    for (index, word) in arguments.enumerated() {
      if isLongOption(String(word.dropLast())), word.hasSuffix("=") {
        throw EmptyValue(description: "\(word.dropLast()): its value is empty; write one, or leave the option out")
      }
      guard word.isEmpty else { continue }
      let before = index > 0 ? arguments[index - 1] : ""
      if exceptions.contains(before) { continue }
      guard isLongOption(before) else {
        throw EmptyValue(description: "the argument after '\(before)' is empty; give a value")
      }
      throw EmptyValue(description: "\(before) '': its value is empty; write one, or leave the option out")
    }
  }

  /// Turns `--seed -1` into `--seed=-1`. ArgumentParser takes words that begin with `-` for options, and would report
  /// an unknown option `-1` instead of what is wrong with the number.
  package static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    var isOver = false
    for argument in arguments {
      if argument == "--" { isOver = true }
      if !isOver, isNegativeNumber(argument), let option = joined.last, isLongOption(option) {
        joined[joined.count - 1] = "\(option)=\(argument)"
      } else {
        joined.append(argument)
      }
    }
    return joined
  }

  private static func isLongOption(_ text: String) -> Bool {
    text.hasPrefix("--") && text.count > 2 && !text.contains("=")
  }

  private static func isNegativeNumber(_ text: String) -> Bool {
    guard text.hasPrefix("-"), let second = text.dropFirst().first else { return false }
    if second.isNumber || second == "." { return true }
    return ["inf", "infinity", "nan"].contains(text.dropFirst().lowercased())
  }
}
