import Files

/// Why a training cannot begin, cannot be resumed, or is of no use. `description` is one line.
///
/// Settings have the names of the command line's options, without the leading dashes.
package enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Setting: String, Sendable { case model, epochs, data }

  package struct Difference: Hashable, Sendable {
    package var setting: String
    package var there: String
    package var here: String

    package init(setting: String, there: String, here: String) {
      (self.setting, self.there, self.here) = (setting, there, here)
    }
  }

  /// A setting for which no value is given.
  case missing(Setting)
  /// No candidate is given to choose a network of the study.
  case missingCandidate(kinds: String)
  /// A row of a frontier, or its knee, is given without the study.
  case noStudy(candidate: String)
  /// A row of a frontier, or its knee, is given for a model other than the study's.
  case otherModel(candidate: String, study: String, model: String, wanted: String)
  /// A value that the setting cannot have, and what is wrong with it.
  case unfit(setting: String, String)
  /// A data set without test images.
  case noTestImages(file: String)
  /// Several networks for an output that is not a regular file.
  case oneOutput(String)
  /// An output that cannot be written again and again, which `checkpoint-every` requires.
  case writtenOnce(String)
  case output(setting: String, FileError)

  case otherSettings(path: String, [Difference])
  case otherImages(path: String, there: String, here: String)
  case otherKernels(path: String, there: String, here: String)
  /// A checkpoint whose training cannot be resumed.
  case unusable(path: String, String)

  case stoppedBeforeFirstStep
  case kept(step: Int, steps: Int, place: String)
  case notKept(step: Int, steps: Int, reason: String)
  /// The training is finished, but its network is in another place, or not stored at all.
  case notWritten(reason: String, place: String?)
  case diverged(trainings: Int)
  /// The losses in training were sound, but those on the images that score the networks are not.
  case unsettled(trainings: Int)
  /// A network with values that are infinite or not a number.
  case divergedNetwork(path: String)

  package var description: String {
    switch self {
    case .missing(let setting): "the \(setting.rawValue) of the training is missing"
    case .missingCandidate(let kinds): "no network of the study is chosen; give a candidate: \(kinds)"
    case .noStudy(let candidate): "candidate \(candidate): no study is given whose frontier this refers to"
    case .otherModel(let candidate, let study, let model, let wanted):
      "candidate \(candidate): the frontier of study \(study) is for \(model); leave out the model, or give layers "
        + "and ranks of \(wanted)"
    case .unfit(let setting, let problem): "\(setting) \(problem)"
    case .noTestImages(let file):
      "\(file): it has no test images, on which a trained network is scored; add test_images and test_labels to it"
    case .oneOutput(let path):
      "checkpoint \(path): each of several networks needs a file of its own; give a file, or train one seed"
    case .writtenOnce(let path): "checkpoint-every requires a regular file, which \(path) is not"
    case .output(_, let error): "\(error)"
    case .otherSettings(let path, let differences):
      "\(path): the interrupted training has other settings ("
        + differences.map { "\($0.setting) is \($0.there) there, \($0.here) here" }.joined(separator: "; ") + ")"
    case .otherImages(let path, let there, let here):
      "\(path): the interrupted training used other images (content \(there.prefix(12))…, here \(here.prefix(12))…)"
    case .otherKernels(let path, let there, let here):
      "\(path): the interrupted training used the kernels \(there), but here they are \(here), which give other bits; "
        + "continue on a machine with the same kernels"
    case .unusable(let path, let problem): "\(path): \(problem)"
    case .stoppedBeforeFirstStep: "stopped before the first step; there is nothing to save"
    case .kept(let step, let steps, let place): "stopped after step \(step) of \(steps), which is saved in \(place)"
    case .notKept(let step, let steps, let reason):
      "stopped after step \(step) of \(steps), and its state could not be saved: \(reason)"
    case .diverged(let count):
      "\(count == 1 ? "the training" : "all \(count) trainings") diverged: the loss became too large or not a number"
    case .notWritten(let reason, let place):
      "the checkpoint cannot be written: \(reason); "
        + (place.map { "the network is saved in \($0)" } ?? "the network could not be saved anywhere else")
    case .unsettled(let count):
      "\(count == 1 ? "the network scores" : "all \(count) networks score") out of bounds, although the "
        + "training loss was sound: after so few steps, the running statistics of batch norm have not settled"
    case .divergedNetwork(let path):
      "\(path): this network has values that are infinite or not a number: its training diverged; train it again"
    }
  }

  /// Whether nothing was begun, and other settings would help.
  package var isUsage: Bool {
    switch self {
    case .missing, .missingCandidate, .noStudy, .otherModel, .unfit, .noTestImages, .oneOutput, .writtenOnce: true
    case .otherSettings, .otherImages: true
    case .output(_, let error): error.number == nil
    case .otherKernels, .unusable, .stoppedBeforeFirstStep, .kept, .notKept, .notWritten, .diverged, .unsettled,
      .divergedNetwork:
      false
    }
  }
}

extension OutputFile {
  /// Opens an output that a setting names.
  /// - Parameter input: The path of a file that is read and must not be overwritten.
  package convenience init(_ path: String, setting: String, reading input: String? = nil) throws(TrainingError) {
    do { try self.init(path) } catch { throw .output(setting: setting, error) }
    if let loss = loss(reading: [input]) { throw .unfit(setting: setting, loss) }
  }
}
