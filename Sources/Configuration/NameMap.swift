import TextInput
import Yams

/// A file of lines `name: other name`, as `import --names` takes it.
package enum NameMap {
  /// A network has some hundreds of tensors; what is longer is another file.
  static let mostBytes = 1 << 20

  /// Its lines, in their order.
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
          file: path, line: key.mark?.line, "lines of 'name: other name' are wanted, not \(YAMLDocument.kind(value))")
      }
      entries.append((name.string, other.string))
    }
    return entries
  }
}
