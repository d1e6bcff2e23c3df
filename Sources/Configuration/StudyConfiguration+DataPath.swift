import Yams

extension StudyConfiguration {
  /// Returns a copy with another `data.path`, also in the text, which keeps everything else, such as comments and
  /// order. Returns `nil` if the file has no path, or has it in a form that cannot be replaced in place.
  package func replacingDataPath(with path: String) -> StudyConfiguration? {
    guard let written = dataPath, let node = try? Yams.compose(yaml: text)?.mapping?["data"]?.mapping?["path"],
      let scalar = node.scalar, let mark = node.mark, let start = index(of: mark),
      let end = end(of: scalar, written, from: start),
      !path.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { return nil }
    let quoted = "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    let replaced = text.replacingCharacters(in: start..<end, with: quoted)
    let configuration = try? StudyConfiguration.parse(
      text: replaced, fileName: "\(study).yaml", hashOfFile: { _ in self.startWeights ?? "" },
      tableOfFile: Self.recordedTable(in: entries), shapeOfArrays: { _ in self.recipe.data.shape })
    return configuration?.dataPath == path && configuration?.fingerprint == fingerprint ? configuration : nil
  }

  private func index(of mark: Mark) -> String.Index? {
    let scalars = text.unicodeScalars
    var (line, column) = (1, 1)
    var index = scalars.startIndex
    while index < scalars.endIndex {
      if line == mark.line, column == mark.column { return index }
      let scalar = scalars[index]
      index = scalars.index(after: index)
      let isPair = scalar == "\r" && index < scalars.endIndex && scalars[index] == "\n"
      if ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar), !isPair {
        (line, column) = (line + 1, 1)
      } else {
        column += 1
      }
    }
    return nil
  }

  private func end(of scalar: Node.Scalar, _ value: String, from start: String.Index) -> String.Index? {
    let rest = text[start...]
    switch scalar.style {
    case .plain: return rest.hasPrefix(value) ? rest.index(start, offsetBy: value.count) : nil
    // Only texts without escapes.
    case .singleQuoted, .doubleQuoted:
      let quote = scalar.style == .singleQuoted ? "'" : "\""
      guard rest.hasPrefix(quote + value + quote) else { return nil }
      return rest.index(start, offsetBy: value.count + 2)
    default: return nil
    }
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
    String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }
}
