import TextInput
import Yams

/// A file of lines `name: other name`, as `import --names` reads it.
package enum NameMap {
  /// The maximum size of a file. A network has a few hundred tensors; a longer file is not a map of names.
  static let mostBytes = 1 << 20

  /// Returns the entries of the file, in order.
  package static func entries(path: String) throws(ConfigurationError) -> [(key: String, value: String)] {
    let input: TextInput
    do { input = try TextInput(path: path, mostBytes: mostBytes) } catch {
      throw ConfigurationError(file: path, line: error.line, "the map of names cannot be read: \(error.reason)")
    }
    let mapping = try YAMLDocument.mapping(
      input.text, file: path, subject: "the map of names", least: "a line such as 'fc: head'")
    var entries: [(key: String, value: String)] = []
    for (key, value) in mapping {
      guard case .scalar(let name) = key, case .scalar(let other) = value, !name.string.isEmpty, !other.string.isEmpty
      else {
        throw ConfigurationError(
          file: path, line: key.mark?.line, "expected lines of 'name: other name', found \(YAMLDocument.kind(value))")
      }
      entries.append((name.string, other.string))
    }
    return entries
  }
}
