import ReadableText
import SearchCore

/// The names of a file's tensors if they are not this program's (torchvision's) names. An entry maps a part of the
/// network, or one tensor, to its name in the file.
///
///     conv1: stem.conv
///     layer1.*.conv1: stages.0.*.a
///     fc: head
///
/// A key is the beginning of a name, in whole parts between dots; `*` stands for any one part, and for the same part in
/// the value. If several keys match, the longest one applies, and among keys of equal length the one with the fewest
/// stars.
package struct TensorNames: Sendable {
  private struct Rule {
    var key: [Substring]
    var value: [Substring]
    var text: String

    /// Returns the file's name for a name of this program; `nil` if the rule does not apply to it.
    func applied(to name: [Substring]) -> String? {
      guard key.count <= name.count else { return nil }
      var found: [Substring] = []
      for (own, part) in zip(key, name) where own != part {
        guard own == "*" else { return nil }
        found.append(part)
      }
      var rest = found[...]
      let parts = value.map { $0 == "*" ? rest.popFirst() ?? $0 : $0 } + name.dropFirst(key.count)
      return parts.joined(separator: ".")
    }
  }

  private let rules: [Rule]

  package static let none = TensorNames(rules: [])

  private init(rules: [Rule]) { self.rules = rules }

  /// - Throws: `ExchangeError.names` for an entry without a possible meaning.
  package init(_ entries: [(key: String, value: String)], path: String) throws(ExchangeError) {
    var rules: [Rule] = []
    for (key, value) in entries {
      let rule = Rule(
        key: key.split(separator: ".", omittingEmptySubsequences: false),
        value: value.split(separator: ".", omittingEmptySubsequences: false), text: key)
      guard !(rule.key + rule.value).contains("") else {
        throw .names(path: path, reason: "'\(key.inOneLine): \(value.inOneLine)' has an empty part between dots")
      }
      let stars = (rule.key.count(where: { $0 == "*" }), rule.value.count(where: { $0 == "*" }))
      guard stars.0 == stars.1 else {
        throw .names(
          path: path,
          reason: "'\(key.inOneLine)' has \(stars.0) stars, but '\(value.inOneLine)' has \(stars.1); give both the "
            + "same number")
      }
      rules.append(rule)
    }
    self.rules = rules.sorted { a, b in
      let (starsA, starsB) = (a.key.count(where: { $0 == "*" }), b.key.count(where: { $0 == "*" }))
      return (b.key.count, starsA, a.text) < (a.key.count, starsB, b.text)
    }
  }

  /// Returns the file's name of a tensor; `nil` if no entry applies to it.
  package func name(of tensor: String) -> String? {
    let parts = tensor.split(separator: ".")
    for rule in rules { if let name = rule.applied(to: parts) { return name } }
    return nil
  }

  /// - Throws: An error for the first entry that applies to no tensor of the network.
  package func require(useFor tensors: [String], path: String) throws(ExchangeError) {
    let parts = tensors.map { $0.split(separator: ".") }
    for rule in rules where !parts.contains(where: { rule.applied(to: $0) != nil }) {
      var modules: Set<String> = []
      for part in parts { for count in 1...part.count { modules.insert(part.prefix(count).joined(separator: ".")) } }
      let hint = nearest(to: rule.text, in: modules.sorted()).map { "; did you mean '\($0)'?" } ?? ""
      throw .names(path: path, reason: "the network has nothing named '\(rule.text.inOneLine)'\(hint)")
    }
  }

  /// Returns common names of a tensor in files, best first: torchvision's, which this program uses, and those of
  /// popular CIFAR repositories.
  package static func usual(for tensor: String) -> [String] {
    var names = [tensor]
    if tensor.hasPrefix("fc.") {
      names += ["linear.", "classifier."].map { $0 + tensor.dropFirst("fc.".count) }
    }
    if tensor.contains(".downsample.") { names.append(tensor.replacing(".downsample.", with: ".shortcut.")) }
    return names
  }

  /// The prefixes that wrappers add to all names: `DataParallel`, Lightning, compiled modules.
  package static let wrappers: Set<String> = ["module", "model", "net", "network", "backbone", "_orig_mod"]

  /// Returns the number of leading parts of all names that belong to wrappers.
  package static func wrapperParts(_ names: [String]) -> Int {
    guard let first = names.first?.split(separator: ".") else { return 0 }
    var count = 0
    while count + 1 < first.count, wrappers.contains(String(first[count])) {
      let start = first.prefix(count + 1).joined(separator: ".") + "."
      guard names.allSatisfy({ $0.hasPrefix(start) }) else { break }
      count += 1
    }
    return count
  }
}
