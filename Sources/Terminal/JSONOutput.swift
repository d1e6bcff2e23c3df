import Foundation

/// The one JSON object that a command with `--json` prints.
package enum JSONOutput {
  package static func print(_ value: some Encodable) throws {
    StandardOutput.write(try text(of: value) + "\n")
  }

  /// Returns the object with sorted keys in snake case.
  package static func text(of value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
