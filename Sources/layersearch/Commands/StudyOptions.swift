import ArgumentParser
import Engines
import Files
import Services
import ShellCommands
import Studies
import Terminal

/// The study that a command works on; options of `run` and `coordinator`.
struct StudyOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The study's configuration, a YAML file.", valueName: "config"))
  var configuration: String

  @Option(
    help: ArgumentHelp(
      "The study's folder (default: studies/NAME, or the folder of a study's own configuration.yaml).",
      valueName: "dir"),
    transform: FilePath.expandingTilde)
  var study: String?

  @Flag(
    help: """
      Continue an existing study, whose configuration must be the same (except study, data.path and budget); if there \
      is none, begin a new one and report that.
      """)
  var resume = false

  @Flag(help: "With --resume: end with an error if there is no study to continue.")
  var mustExist = false

  @Option(
    help: ArgumentHelp(
      """
      Another study to take results from: jobs for which it has a result with the same recipe, images, seed and \
      kernels are finished at once.
      """,
      valueName: "dir"),
    transform: FilePath.expandingTilde)
  var fromStudy: String?

  func validate() throws {
    if mustExist, !resume { throw ValidationError("--must-exist requires --resume") }
  }

  /// The failure to report if a coordinator ended before its study was done; `nil` if the study is done.
  func failure(of outcome: CoordinatorService.Outcome) -> Failure? {
    switch outcome {
    case .studyFinished: nil
    case .stopped: .failed("stopped before the study was done; continue with: \(resumption())")
    case .gaveUp(let reason, let isSetAside):
      .failed("\(reason); the command: \(resumption(isSetAside ? ["--retry-set-aside"] : []))")
    }
  }

  /// The command that resumes the study, with all options of this process and further ones.
  private func resumption(_ options: [String] = []) -> String {
    ShellCommand.resumption(
      of: Array(CommandLine.arguments.dropFirst()), subject: configuration, adding: options)
  }

  /// Reads the configuration, then opens the study or makes a new one. `beforeMaking` is called before a new study is
  /// made.
  /// - Parameter trainsHere: Whether the study's trainings run on this machine; otherwise the workers determine the
  ///   kernels.
  func open(trainsHere: Bool = false, beforeMaking: () throws -> Void) throws -> OpenStudy {
    let definition = try StudyDefinition(file: configuration, study: study)
    let folder = study ?? StudyFolders.study(ofConfiguration: configuration) ?? definition.usualFolder
    // If the data cannot be read, opening the study reports that, or does not need them.
    let data = fromStudy == nil ? nil : try? definition.dataRequirement()
    if trainsHere { try definition.recipe.kernels?.requireNative(otherwise: "start a coordinator and such workers") }
    let variant = trainsHere ? OpenBLASEnvironment.kernelVariantOfEngines(for: definition.recipe.kernels?.native) : nil
    let earlier = try fromStudy.map {
      try EarlierStudy.read($0, for: definition, studyFolder: folder, data: data, variant: variant)
    }
    for warning in earlier?.warnings ?? [] { StandardError.shared.writeLine("warning: \(warning)") }
    var study = try OpenStudy(
      definition: definition, folder: folder, resume: resume, mustExist: mustExist, data: data
    ) { missing in
      if let caveat = try StartCaveat(definition, configuration: configuration) {
        StandardError.shared.writeLine("\(caveat.kind): \(caveat.text)")
      }
      try beforeMaking()
      if resume, let notice = missing.notice { StandardError.shared.writeLine(notice) }
    }
    study.earlier = earlier?.results
    return study
  }
}
