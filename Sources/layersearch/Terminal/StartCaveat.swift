import BasisEngine
import ReadableText
import Services
import ShellCommands
import Studies

/// A remark that the network that a study starts from may have been trained on the study's validation images.
struct StartCaveat {
  /// `warning` or `note`.
  let kind: String
  /// On one line.
  let text: String

  /// - Parameter configuration: The path of the study's configuration, as the user named it.
  /// - Returns: `nil` if there is nothing to remark.
  /// - Throws: `ServiceError.start` if no training of the study can start from the network.
  init?(_ definition: StudyDefinition, configuration: String) throws {
    guard let seen = try StartWeights.check(definition), let path = definition.startCheckpoint else { return nil }
    let advice = "train it with " + ShellCommand.line(["--without-validation-of", configuration])
    switch seen {
    case .none: return nil
    case .some(let count, let all):
      kind = "warning"
      text =
        "start.checkpoint \(path): it was trained on \(NumberText.grouped(count)) of the study's "
        + "\(NumberText.grouped(all)) validation images, which makes its accuracy on them too high; \(advice)"
    case .unknown:
      kind = "note"
      text =
        "start.checkpoint \(path): it does not record which images it was trained on; if they include the study's "
        + "validation images, its accuracy on them is too high; \(advice)"
    }
  }
}
