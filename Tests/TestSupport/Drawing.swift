import Foundation

/// A drawing that a test expects: a file in the folder `Fixtures` beside the test.
package enum Drawing {
  /// Returns the first difference and the path of a file with the new drawing; `nil` if the drawings are equal.
  package static func difference(
    _ lines: [String], from name: String, file: String = #filePath
  ) throws -> String? {
    let fixture = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
    let expected = (try? String(contentsOf: fixture, encoding: .utf8)) ?? ""
    let made = lines.map { $0 + "\n" }.joined()
    if made == expected { return nil }
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent(name)
    try made.write(to: copy, atomically: true, encoding: .utf8)
    let all = expected.components(separatedBy: "\n")
    let first = zip(made.components(separatedBy: "\n"), all).enumerated().first { $1.0 != $1.1 }?.offset
    return "\(name) differs\(first.map { " in line \($0 + 1)" } ?? " in length"); what was drawn is in \(copy.path)"
  }
}
