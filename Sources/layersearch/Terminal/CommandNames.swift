import ArgumentParser
import SearchCore

/// Names of commands, checked before the parser sees them: it would take a wrong one for a superfluous argument.
enum CommandNames {
  /// - Parameter arguments: of the process, without its own name.
  static func check(_ arguments: [String]) throws(Failure) {
    // `layersearch help data fetch`.
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    var path = "layersearch"
    // Those in groups are among them.
    var known = LayerSearch.configuration.subcommands.map { $0.configuration }
    for word in words {
      guard !known.isEmpty, !word.hasPrefix("-") else { return }
      guard let command = known.first(where: { $0.commandName == word }) else { throw unknown(word, path, known) }
      path += " \(word)"
      known = command.subcommands.map { $0.configuration }
    }
  }

  private static func unknown(_ word: String, _ path: String, _ known: [CommandConfiguration]) -> Failure {
    let names = known.filter { $0.shouldDisplay }.compactMap { $0.commandName }
    let hint = nearest(to: word, in: names).map { "did you mean '\($0)'? There are" } ?? "there are"
    return .usage("\(path) has no command '\(word)'; \(hint): \(names.joined(separator: ", ")) (see \(path) --help)")
  }
}

/// Arguments as the parser understands them.
enum CommandArguments {
  /// These say more of an empty name than that it is one.
  private static let optionsForOutputs = ["--output", "--checkpoint"]

  /// Refuses empty values, as a variable without one makes them: as the name of a folder an empty text would mean the
  /// working one, or the root, and the parser would call `--seed=` an option without a value.
  static func requireValues(_ arguments: [String]) throws(Failure) {
    let words = arguments.prefix { $0 != "--" }
    let help = "see \(helpCommand(arguments))"
    for (index, word) in words.enumerated() {
      if isLongOption(String(word.dropLast())), word.hasSuffix("=") {
        throw .usage("\(word.dropLast()): its value is empty; write one, or leave the option out (\(help))")
      }
      guard word.isEmpty else { continue }
      let before = index > 0 ? words[index - 1] : ""
      if optionsForOutputs.contains(before) { continue }
      guard isLongOption(before) else {
        throw .usage("an argument is empty, behind '\(before)'; write what it is to be (\(help))")
      }
      throw .usage("\(before) '': its value is empty; write one, or leave the option out (\(help))")
    }
  }

  /// What tells how the command is used that was given.
  static func helpCommand(_ arguments: [String]) -> String {
    let words = arguments.prefix { !$0.hasPrefix("-") }
    let known = words.first.map { LayerSearch.commandNames.contains($0) } ?? false
    return known ? "layersearch \(words.first ?? "") --help" : "layersearch --help"
  }

  /// `--seed -1` becomes `--seed=-1`: the parser takes what begins with `-` for an option, and would say that there is
  /// no option `-1` instead of what is wrong with the number.
  static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
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
