import BasisEngine
import ReadableText
import Services
import ShellCommands
import Studies

/// That the network that a study starts from may have seen the images that the study judges by.
struct StartCaveat {
  /// `warning` or `note`.
  let kind: String
  /// In one line.
  let text: String

  /// - Parameter configuration: the study's, as it was named.
  /// - Returns: nil where there is nothing to say.
  /// - Throws: `ServiceError.start` where no training of the study can start from the network.
  init?(_ definition: StudyDefinition, configuration: String) throws {
    guard let seen = try StartWeights.check(definition), let path = definition.startCheckpoint else { return nil }
    let advice = "train it with " + ShellCommand.line(["--without-validation-of", configuration])
    switch seen {
    case .none: return nil
    case .some(let count, let all):
      kind = "warning"
      text =
        "start.checkpoint \(path): it was trained on \(NumberText.grouped(count)) of the study's "
        + "\(NumberText.grouped(all)) validation images, and scores better there than it is; \(advice)"
    case .unknown:
      kind = "note"
      text =
        "start.checkpoint \(path): it does not tell which images it was trained on; on the study's validation images "
        + "it would score better than it is; \(advice)"
    }
  }
}
