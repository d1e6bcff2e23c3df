import SearchCore
import Yams

/// Collects the problems that readers find, so that the user sees all of them at once.
final class ProblemList {
  let file: String
  private(set) var problems: [ConfigurationError.Problem] = []
  /// The full names of the keys whose values have problems.
  private(set) var keys: Set<String> = []

  init(file: String) { self.file = file }

  func add(_ line: Int?, _ text: String) { problems.append(.init(file: file, line: line, text: text)) }

  func add(_ line: Int?, key: String, _ text: String) {
    keys.insert(key)
    add(line, "key '\(key)' \(text)")
  }
}

/// The typed values of one group of keys. Each function returns its default if the key is absent or has no value, and
/// also if it reports a problem, so that reading continues.
struct SectionReader {
  let name: String
  /// The line where the section begins; `nil` if it is absent.
  let line: Int?
  let problems: ProblemList
  private var values: [String: (node: Node, line: Int?)] = [:]

  init(root mapping: Node.Mapping, problems: ProblemList) {
    self.init(name: "", line: 1, mapping: mapping, problems: problems)
  }

  private init(name: String, line: Int?, mapping: Node.Mapping?, problems: ProblemList) {
    self.name = name
    self.line = line
    self.problems = problems
    let allowed = ConfigurationKeys.allowed(in: name)
    for element in mapping.map(Array.init) ?? [] {
      let (keyNode, value) = (element.key, element.value)
      let keyLine = keyNode.mark?.line ?? value.mark?.line
      guard let key = keyNode.scalar?.string else {
        problems.add(
          keyLine, "\(YAMLDocument.kind(keyNode)) cannot be a key; allowed here: \(allowed.joined(separator: ", "))")
        continue
      }
      guard allowed.contains(key) else {
        let meant = ConfigurationKeys.meant(by: key, in: name)
        let hint = meant.map { "did you mean '\($0)'? Allowed here" } ?? "allowed here"
        problems.add(keyLine, "key '\(full(key))' is not known; \(hint): \(allowed.joined(separator: ", "))")
        continue
      }
      if value.scalar?.style == .plain, value.null != nil { continue }
      values[key] = (value, keyLine)
    }
  }

  func section(_ key: String) -> SectionReader {
    let name = full(key)
    guard let (node, line) = values[key] else {
      return SectionReader(name: name, line: nil, mapping: nil, problems: problems)
    }
    if node.mapping == nil {
      let allowed = ConfigurationKeys.allowed(in: name).joined(separator: ", ")
      problems.add(line, key: name, "is \(YAMLDocument.kind(node)), but must be a group of keys: \(allowed)")
    }
    return SectionReader(name: name, line: line, mapping: node.mapping, problems: problems)
  }

  func isSet(_ key: String) -> Bool { values[key] != nil }

  func isList(_ key: String) -> Bool { values[key]?.node.sequence != nil }

  /// The line of a key, or of its section if the key is absent.
  func line(of key: String) -> Int? { values[key]?.line ?? line }

  func full(_ key: String) -> String { ConfigurationKeys.full(name, key) }

  func report(_ key: String, _ text: String, line: Int? = nil) {
    problems.add(line ?? self.line(of: key), key: full(key), text)
  }

  func hasReported(_ key: String) -> Bool { problems.keys.contains(full(key)) }

  func reportMissing(_ key: String, allowed: String) {
    problems.add(line ?? 1, key: full(key), "is missing; allowed: \(allowed)")
  }
}

// Single values.
extension SectionReader {
  func text(_ key: String) -> String? {
    guard let (node, _) = values[key] else { return nil }
    guard let text = node.scalar?.string else {
      report(key, "is \(YAMLDocument.kind(node)), but must be a text")
      return nil
    }
    return text
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, of type: Choice.Type = Choice.self
  ) -> Choice? where Choice.RawValue == String {
    values[key].flatMap { choice(key, $0.node) }
  }

  func boolean(_ key: String, default value: Bool) -> Bool {
    guard let (node, _) = values[key] else { return value }
    switch node.scalar.flatMap({ $0.style == .plain ? $0.string : nil }) {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default:
      report(key, "is \(YAMLDocument.kind(node)), but must be true or false")
      return value
    }
  }

  /// Reads a whole number within `range`.
  /// - Parameter remark: What makes other numbers possible.
  func integer<Number: FixedWidthInteger>(
    _ key: String, default value: Number, in range: ClosedRange<Number>, remark: String? = nil
  ) -> Number {
    values[key].flatMap { integer(key, $0.node, in: range, remark: remark) } ?? value
  }

  func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    values[key].flatMap { integer(key, $0.node, in: range) }
  }

  func number(_ key: String, default value: Double, in limit: NumberLimit) -> Double {
    number(key, in: limit) ?? value
  }

  func number(_ key: String, in limit: NumberLimit) -> Double? {
    values[key].flatMap { number(key, $0.node, allowed: limit.description, where: limit.contains) }
  }

  /// Reads a number that is checked by its own type.
  func number<Value>(_ key: String, _ read: (Double) throws(SearchError) -> Value) -> Value? {
    guard let number = values[key].flatMap({ number(key, $0.node, allowed: "such as 0.5") { _ in true } }) else {
      return nil
    }
    do { return try read(number) } catch {
      report(key, "cannot be used: \(error)")
      return nil
    }
  }
}

// Networks.
extension SectionReader {
  /// Reads a name or a description, on one line or as a group of keys.
  func model(_ key: String) -> Model? {
    guard let (node, line) = values[key] else { return nil }
    var lines: [String: Int] = [:]
    do {
      if let text = node.scalar?.string { return try Model(text: text) }
      guard let mapping = node.mapping else {
        report(key, "is \(YAMLDocument.kind(node)), but must be a name or a group of keys")
        return nil
      }
      return try ModelFields.model(of: fields(of: mapping, &lines))
    } catch .model(let field, let problem) {
      let (name, line) = field.map { (ConfigurationKeys.full(full(key), $0), lines[$0] ?? line) } ?? (full(key), line)
      problems.add(line, "key '\(name)' \(problem)")
    } catch {
      report(key, "cannot be used: \(error)")
    }
    return nil
  }

  private func fields(
    of mapping: Node.Mapping, _ lines: inout [String: Int]
  ) throws(SearchError) -> [ModelFields.Field] {
    var fields: [ModelFields.Field] = []
    for (keyNode, value) in mapping {
      guard let name = keyNode.scalar?.string else {
        throw .model(key: nil, problem: "has \(YAMLDocument.kind(keyNode)) as a key")
      }
      lines[name] = keyNode.mark?.line
      if value.scalar?.style == .plain, value.null != nil { continue }
      let nodes = value.sequence.map(Array.init) ?? [value]
      var values: [String] = []
      for node in nodes {
        guard let text = node.scalar?.string else {
          throw .model(
            key: name, problem: "has \(YAMLDocument.kind(node)) in it, but must be a value or a list of values")
        }
        values.append(text)
      }
      fields.append(ModelFields.Field(key: name, values: values, isList: value.sequence != nil))
    }
    return fields
  }
}

// Lists. Each element is returned with its line.
extension SectionReader {
  typealias Element<Value> = (value: Value, line: Int?)

  func texts(_ key: String, of what: String) -> [Element<String>]? {
    list(key, of: what) { node in
      guard let text = node.scalar?.string else {
        report(key, "has \(YAMLDocument.kind(node)) in it, but must be a list of \(what)", line: node.mark?.line)
        return nil
      }
      return text
    }
  }

  func choices<Choice: RawRepresentable & CaseIterable & Equatable>(
    _ key: String, of type: Choice.Type
  ) -> [Element<Choice>]? where Choice.RawValue == String {
    list(key, of: "names (\(Self.names(type)))") { choice(key, $0) }
  }

  func integers(_ key: String, in range: ClosedRange<Int>) -> [Element<Int>]? {
    list(key, of: "whole numbers") { integer(key, $0, in: range) }
  }

  func numbers(_ key: String, allowed: String, where isAllowed: (Double) -> Bool) -> [Element<Double>]? {
    list(key, of: "numbers") { number(key, $0, allowed: allowed, where: isAllowed) }
  }

  /// Returns `nil` if the key is absent or is not a list.
  private func list<Value>(_ key: String, of what: String, _ read: (Node) -> Value?) -> [Element<Value>]? {
    guard let (node, line) = values[key] else { return nil }
    guard let sequence = node.sequence else {
      report(key, "is \(YAMLDocument.kind(node)), but must be a list of \(what) in [ ]")
      return nil
    }
    return sequence.compactMap { element in read(element).map { ($0, element.mark?.line ?? line) } }
  }
}

// Scalars, as values of keys or elements of lists.
extension SectionReader {
  private static func names<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> String
  where Choice.RawValue == String {
    Choice.allCases.map(\.rawValue).joined(separator: ", ")
  }

  private func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ node: Node) -> Choice?
  where Choice.RawValue == String {
    if let text = node.scalar?.string, let choice = Choice(rawValue: text) { return choice }
    let meant = node.scalar.flatMap { nearest(to: $0.string, in: Choice.allCases.map(\.rawValue)) }
    let hint = meant.map { "did you mean '\($0)'? Allowed" } ?? "allowed"
    report(key, "cannot be \(YAMLDocument.kind(node)); \(hint): \(Self.names(Choice.self))", line: node.mark?.line)
    return nil
  }

  private func integer<Number: FixedWidthInteger>(
    _ key: String, _ node: Node, in range: ClosedRange<Number>, remark: String? = nil
  ) -> Number? {
    let allowed = "from \(range.lowerBound) to \(range.upperBound)"
    guard let text = plainNumber(node) else {
      report(key, "is \(YAMLDocument.kind(node)), but must be a whole number \(allowed)", line: node.mark?.line)
      return nil
    }
    guard let number = Number(text), range.contains(number) else {
      let isWhole = text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || [43, 45].contains($0) }
      let must = isWhole ? "must be" : "must be a whole number"
      let note = remark.map { " (\($0))" } ?? ""
      report(key, "is \(text), but \(must) \(allowed)\(note)", line: node.mark?.line)
      return nil
    }
    return number
  }

  private func number(
    _ key: String, _ node: Node, allowed: String, where isAllowed: (Double) -> Bool
  ) -> Double? {
    guard let text = plainNumber(node), let number = Double(text), number.isFinite else {
      report(key, "is \(YAMLDocument.kind(node)), but must be a number: \(allowed)", line: node.mark?.line)
      return nil
    }
    guard isAllowed(number) else {
      report(key, "is \(text), but must be \(allowed)", line: node.mark?.line)
      return nil
    }
    return number
  }

  /// The text of a decimal number without quotes. Other numbers of YAML 1.1 are not accepted: 0x10, 1_000, 1:30, .inf.
  private func plainNumber(_ node: Node) -> String? {
    guard let scalar = node.scalar, scalar.style == .plain, Double(scalar.string) != nil,
      scalar.string.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) })
    else { return nil }
    return scalar.string
  }
}
