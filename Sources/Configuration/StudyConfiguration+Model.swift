import SearchCore

extension StudyConfiguration {
  /// Returns the network for a description in YAML's braces, in the form that a configuration accepts under `model`.
  package static func model(inBraces text: String) throws(ConfigurationError) -> Model {
    let problems = ProblemList(file: "--model")
    let root = SectionReader(
      root: try YAMLDocument.mapping("model: \(text)", file: problems.file), problems: problems)
    guard let model = root.model("model") else { throw ConfigurationError(problems.problems) }
    return model
  }
}
