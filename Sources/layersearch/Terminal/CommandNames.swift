import ArgumentParser
import SearchCore

/// Checks the names of commands before the parser does: it would report a wrong one as a superfluous argument.
enum CommandNames {
  /// - Parameter arguments: The arguments of the process, without its own name.
  static func check(_ arguments: [String]) throws(Failure) {
    // `layersearch help data fetch`.
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    var path = "layersearch"
    // Includes the commands in groups.
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
    let hint = nearest(to: word, in: names).map { "did you mean '\($0)'? The commands are" } ?? "the commands are"
    return .usage("\(path) has no command '\(word)'; \(hint): \(names.joined(separator: ", ")) (see \(path) --help)")
  }

  /// Returns the command that shows the help of the given command.
  static func helpCommand(_ arguments: [String]) -> String {
    var path = "layersearch"
    var known = LayerSearch.configuration.subcommands
    for word in arguments {
      guard let command = known.first(where: { $0.configuration.commandName == word }) else { break }
      path += " \(word)"
      known = command.configuration.subcommands
    }
    return "\(path) --help"
  }
}
