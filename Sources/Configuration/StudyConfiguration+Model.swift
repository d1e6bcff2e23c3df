import SearchCore

extension StudyConfiguration {
  /// The network that a description in YAML's braces is about, as a configuration may have it under `model`.
  package static func model(inBraces text: String) throws(ConfigurationError) -> Model {
    let problems = ProblemList(file: "--model")
    let root = SectionReader(
      root: try YAMLDocument.mapping("model: \(text)", file: problems.file), problems: problems)
    guard let model = root.model("model") else { throw ConfigurationError(problems.problems) }
    return model
  }
}
