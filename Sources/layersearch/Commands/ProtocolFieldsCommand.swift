import ArgumentParser
import SearchProtocol
import Terminal

/// Prints docs/protocol-fields.md.
struct ProtocolFieldsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "protocol-fields",
    abstract: "Prints the tables of all messages and their fields, which are docs/protocol-fields.md.",
    discussion: Examples.folded(
      """
      Its output goes to that file whole; a test compares the two.

      Example:
        layersearch protocol-fields
      """),
    shouldDisplay: false)

  func run() throws { StandardOutput.write(ProtocolPage.text) }
}
