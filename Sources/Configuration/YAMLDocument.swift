import ReadableText
import Yams

/// Parses text to Yams' nodes, and reports every failure with file, line and reason.
enum YAMLDocument {
  /// Returns the keys and values of the top level.
  /// - Parameters:
  ///   - subject: What the file is, for messages.
  ///   - least: What an empty file lacks.
  static func mapping(
    _ text: String, file: String, subject: String = "the configuration",
    least: String = "at least the keys 'model' and 'data.set'"
  ) throws(ConfigurationError) -> Node.Mapping {
    let root: Node?
    do {
      if let line = try anchorLine(text) {
        throw ConfigurationError(file: file, line: line, "YAML anchors (&name) are not allowed; write the value out")
      }
      root = try Yams.compose(yaml: text)
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw problem(error, in: text, file: file)
    }
    guard let root, root.null == nil || root.scalar?.style != .plain else {
      throw ConfigurationError(
        file: file, "\(subject) is empty; it needs \(least)")
    }
    if let tagged = firstTagged(root) {
      throw ConfigurationError(
        file: file, line: tagged.node.mark?.line,
        "YAML tags (\(tagged.name)) are not allowed; write the value without the tag, or in quotes if it is a text")
    }
    guard case .mapping(let mapping) = root else {
      throw ConfigurationError(
        file: file, line: root.mark?.line, "\(subject) is \(kind(root)), but must have lines of 'key: value'")
    }
    return mapping
  }

  /// A description of the node for messages.
  static func kind(_ node: Node) -> String {
    switch node {
    case .mapping: return "a group of keys"
    case .sequence: return "a list"
    case .alias(let alias): return "the alias *\(alias.anchor.rawValue)"
    case .scalar(let scalar):
      if scalar.style == .plain, node.null != nil { return "an empty value" }
      // Long texts and texts of many lines would hide the rest of the message.
      return "'\(scalar.string.inOneLine.cut(toCharacters: 61))'"
    }
  }

  private static func problem(_ error: any Error, in text: String, file: String) -> ConfigurationError {
    guard let error = error as? YamlError else {
      return ConfigurationError(file: file, "not readable as YAML: \(error)")
    }
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let isAlias = problem.contains("alias") || context?.text.contains("alias") ?? false
      let hint = isAlias ? "; write patterns that begin with * in quotes, such as \"*.conv1\"" : ""
      let whole = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
      return ConfigurationError(file: file, line: mark.line, "not readable as YAML: \(problem)\(whole)\(hint)")
    case .reader(let problem, let offset, _, _):
      let line = offset.map { text.prefix($0).count(where: \.isNewline) + 1 }
      return ConfigurationError(file: file, line: line, "not readable as YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.map { "'\($0)'" }.joined(separator: ", ")
      let are = duplicates.count == 1 ? "key \(keys) appears" : "keys \(keys) appear"
      let line = duplicates.lazy.compactMap { secondLine(of: "\($0)", in: text, group: context.mark) }.min()
      return ConfigurationError(
        file: file, line: line ?? context.mark.line, "\(are) more than once in its group; keep one")
    default:
      return ConfigurationError(file: file, "not readable as YAML: \(error)")
    }
  }

  /// Returns the line where a key occurs for the second time; `nil` if its group is on one line.
  /// - Parameter group: The first line of the group, and the column of its keys.
  private static func secondLine(of key: String, in text: String, group: Mark) -> Int? {
    let beginning = String(repeating: " ", count: max(0, group.column - 1)) + key
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let places = lines.indices.dropFirst(group.line - 1).filter {
      lines[$0].hasPrefix(beginning)
        && lines[$0].dropFirst(beginning.count).drop(while: \.isWhitespace).hasPrefix(":")
    }
    return places.count > 1 ? places[1] + 1 : nil
  }

  /// Returns the first line with an anchor.
  ///
  /// A few lines of anchors and aliases can expand to more nodes than fit in memory. The search therefore uses a copy
  /// of the text in which aliases are replaced by plain words. It uses the parser, because only the parser can tell
  /// comments and quoted texts apart from anchors.
  private static func anchorLine(_ text: String) throws -> Int? {
    guard text.contains("&") else { return nil }
    let parser = try Parser(yaml: text.replacing("*", with: "+"))
    // Nodes know their anchors only while their parser exists.
    return try withExtendedLifetime(parser) { try parser.singleRoot().flatMap(firstAnchor)?.mark?.line }
  }

  /// Returns the first node with a tag. It must run before any value is used: Yams stores the type it resolves for a
  /// value as the node's tag, and has already done so for the keys.
  private static func firstTagged(_ node: Node, isKey: Bool = false) -> (node: Node, name: String)? {
    let tag: Tag
    switch node {
    case .scalar(let scalar): tag = scalar.tag
    case .mapping(let mapping): tag = mapping.tag
    case .sequence(let sequence): tag = sequence.tag
    case .alias: return nil
    }
    let name = tag.rawValue
    // A quoted scalar has the tag of a string although none was written.
    let isQuoted = node.scalar.map { $0.style != .plain } ?? false
    let isOwn = isQuoted && ["!", standardTag + "str"].contains(name) || isKey && name.hasPrefix(standardTag)
    if !name.isEmpty, !isOwn {
      return (node, name.hasPrefix(standardTag) ? "!!\(name.dropFirst(standardTag.count))" : name)
    }
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        if let found = firstTagged(key, isKey: true) ?? firstTagged(value, isKey: isKey) { return found }
      }
      return nil
    case .sequence(let sequence): return sequence.lazy.compactMap { firstTagged($0, isKey: isKey) }.first
    case .scalar, .alias: return nil
    }
  }

  private static let standardTag = "tag:yaml.org,2002:"

  private static func firstAnchor(_ node: Node) -> Node? {
    if node.anchor != nil { return node }
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        if let found = firstAnchor(key) ?? firstAnchor(value) { return found }
      }
      return nil
    case .sequence(let sequence): return sequence.lazy.compactMap(firstAnchor).first
    case .scalar, .alias: return nil
    }
  }
}
