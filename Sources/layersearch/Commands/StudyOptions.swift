import ArgumentParser

/// Which study a command works on, for `run` and `coordinator`.
struct StudyOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The study's configuration, a YAML file.", valueName: "config"))
  var configuration: String

  @Option(help: ArgumentHelp("The study's folder (default: studies/ and the study's name).", valueName: "dir"))
  var study: String?

  @Flag(help: "Go on with an existing study; its configuration must be the same.")
  var resume = false

  /// How to go on with the study after an interruption.
  func resumption(command: String) -> String {
    "layersearch \(command) \(configuration)\(study.map { " --study \($0)" } ?? "") --resume"
  }

  /// Reads the configuration, then opens or makes the study. `beforeMaking` is called where a new one is about to be made.
  func open(beforeMaking: () throws -> Void) throws -> OpenStudy {
    let definition = try StudyDefinition(file: configuration)
    return try OpenStudy(
      definition: definition, folder: study ?? "studies/\(definition.name)", resume: resume, beforeMaking: beforeMaking)
  }
}
