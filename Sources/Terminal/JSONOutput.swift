import Foundation

/// The one JSON object that a command with `--json` prints.
package enum JSONOutput {
  package static func print(_ value: some Encodable) throws {
    StandardOutput.write(try text(of: value) + "\n")
  }

  /// Returns the object with sorted keys in snake case. Numbers that JSON does not have become the texts `inf`, `-inf`
  /// and `nan`, which Python's and C's conversions read.
  package static func text(of value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
