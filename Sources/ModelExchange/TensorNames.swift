import ReadableText
import SearchCore

/// How a file's tensors are called where it does not use this program's (torchvision's) names: a part of the network,
/// or one tensor, and its name in the file.
///
///     conv1: stem.conv
///     layer1.*.conv1: stages.0.*.a
///     fc: head
///
/// A key is the beginning of a name, whole parts between dots; `*` is any one part, and the same in the value. Of
/// several keys that fit the longest counts, of equally long ones the one with fewer stars.
package struct TensorNames: Sendable {
  private struct Rule {
    var key: [Substring]
    var value: [Substring]
    var text: String

    /// The file's name for one of ours; nil where the rule is not about it.
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

  /// - Throws: `ExchangeError.names` for a line that can mean nothing.
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
          reason: "'\(key.inOneLine)' has \(stars.0) stars and '\(value.inOneLine)' \(stars.1); give both as many")
      }
      rules.append(rule)
    }
    self.rules = rules.sorted { a, b in
      let (starsA, starsB) = (a.key.count(where: { $0 == "*" }), b.key.count(where: { $0 == "*" }))
      return (b.key.count, starsA, a.text) < (a.key.count, starsB, b.text)
    }
  }

  /// The file's name of a tensor; nil where no line is about it.
  package func name(of tensor: String) -> String? {
    let parts = tensor.split(separator: ".")
    for rule in rules { if let name = rule.applied(to: parts) { return name } }
    return nil
  }

  /// - Throws: the first line that is about no tensor of the network.
  package func require(useFor tensors: [String], path: String) throws(ExchangeError) {
    let parts = tensors.map { $0.split(separator: ".") }
    for rule in rules where !parts.contains(where: { rule.applied(to: $0) != nil }) {
      var modules: Set<String> = []
      for part in parts { for count in 1...part.count { modules.insert(part.prefix(count).joined(separator: ".")) } }
      let hint = nearest(to: rule.text, in: modules.sorted()).map { "; did you mean '\($0)'?" } ?? ""
      throw .names(path: path, reason: "the network has nothing named '\(rule.text.inOneLine)'\(hint)")
    }
  }

  /// Names of a tensor in files that many have, best first: torchvision's, which is ours, and those of the usual CIFAR
  /// repositories.
  package static func usual(for tensor: String) -> [String] {
    var names = [tensor]
    if tensor.hasPrefix("fc.") {
      names += ["linear.", "classifier."].map { $0 + tensor.dropFirst("fc.".count) }
    }
    if tensor.contains(".downsample.") { names.append(tensor.replacing(".downsample.", with: ".shortcut.")) }
    return names
  }

  /// What wrappers put before all names: `DataParallel`, Lightning, compiled modules.
  package static let wrappers: Set<String> = ["module", "model", "net", "network", "backbone", "_orig_mod"]

  /// How many parts before all names are a wrapper's.
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
