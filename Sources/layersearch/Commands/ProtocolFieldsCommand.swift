import ArgumentParser
import SearchProtocol
import Terminal

/// Prints docs/protocol-fields.md.
struct ProtocolFieldsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "protocol-fields",
    abstract: "Prints the tables of all messages and their fields: docs/protocol-fields.md.",
    discussion: Examples.folded(
      """
      The output is that whole file; a test compares the two.

      Example:
        layersearch protocol-fields
      """),
    shouldDisplay: false)

  func run() throws { StandardOutput.write(ProtocolPage.text) }
}
