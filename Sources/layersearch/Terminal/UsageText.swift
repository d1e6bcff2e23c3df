import ContentExchange
import Files
import Replay
import Services
import ShellCommands
import Simulation
import Studies
import StudyServer
import StudyStore
import Trainings

/// An error of a library for which the command line has its own text, with the options that help.
protocol UsageText: Error {
  var usage: String { get }
}

extension StudyError: UsageText {
  var usage: String {
    switch self {
    case .missing(let folder, let similar):
      "study \(folder): there is no study to continue (--must-exist)" + Self.advice(similar)
    case .exists(let folder):
      "study \(folder): there is a study already; continue it with --resume, or choose another folder with --study"
    case .noBend(let study, let isEstimated):
      "--candidate \(isEstimated ? "'estimated knee'" : "knee"): \(self); choose a row; list the rows with: "
        + ShellCommand.line(
          ["layersearch", "export", study, "--format", "csv"] + (isEstimated ? ["--estimates"] : []))
    case .noRow(let row, _, _): "--candidate \(row): \(self); give \(CandidateNames.kinds)"
    case .outsideSpace: "--candidate: \(self)"
    case .unknownSubject(let subject, _, let folder, _):
      "--explain \(subject.debugDescription): \(self); list the workers with: "
        + ShellCommand.line(["layersearch", "status", folder])
    case .nothingToEstimate, .nothingFits, .unmeasured, .noFinalResults, .noTestImages: description
    case .tooManyImages, .tooFewImages, .tooFewSteps: "--train-images: \(self)"
    case .earlierIsSelf, .earlierIsEmpty, .earlierIsUnusable: "--from-study: \(self)"
    }
  }

  /// The notice if a study was to be resumed and does not exist.
  var notice: String? {
    guard case .missing(let folder, let similar) = self else { return nil }
    return "study \(folder): there is no study to continue; a new one is started" + Self.advice(similar)
  }

  private static func advice(_ similar: String?) -> String { similar.map { "; did you mean --study \($0)?" } ?? "" }
}

extension StoreError: UsageText {
  var usage: String {
    guard [.missingFolder, .noStudy].contains(code), let similar = StudyFolders.similar(to: directory) else {
      return description
    }
    return "\(self); did you mean \(similar)?"
  }
}

extension SpoolError: UsageText {
  var usage: String { "\(self); \(CacheFolder.remedy("--spool"))" }
}

extension HandshakeProblem: UsageText {
  var usage: String {
    switch self {
    case .coordinatorWithoutKeys: "\(problem): start the coordinator with --keys, or this worker without"
    case .keysWanted, .noCoordinator: "\(problem): give --keys DIR"
    default: description
    }
  }
}

extension StudyServerError: UsageText {
  var usage: String {
    switch self {
    case .address, .inUse, .unbound: "--http \(self)"
    case .token: "--http-token-file \(self)"
    }
  }
}

extension SimulationError: UsageText {
  var usage: String { if case .exists = self { "--study \(self)" } else { description } }
}

extension ReplayError: UsageText {
  var usage: String {
    switch self {
    case .exhausted:
      "\(self); request fewer with --jobs or --seeds, judge by fewer with --judging, or add trainings to the table"
    case .unreadable, .line, .table, .failed: description
    }
  }
}

extension ContentError: UsageText {
  var usage: String {
    switch self {
    case .noFolder: "\(self); \(CacheFolder.remedy("--data-cache"))"
    case .unwritable: "\(self); free space, or \(CacheFolder.remedy("--data-cache"))"
    case .diskFull: "\(self); free space, or name another folder with --data-cache"
    case .exceedsLimit, .limitReached: "\(self); raise --data-cache-gigabytes"
    case .noHash, .otherSize, .otherVersion, .damagedInUse, .unremovable, .unreadable, .changed, .noSuchBytes:
      description
    }
  }
}

extension TrainingError: UsageText {
  var usage: String {
    switch self {
    case .missing(.model): "give --model, such as --model resnet20, or --from-study"
    case .missing(.epochs): "give --epochs, such as --epochs 3"
    case .missing(.data): "give --data, the folder of CIFAR's binary files, a file of arrays, or shapes10"
    case .missingCandidate(let kinds):
      "give --candidate to choose a network of the study: \(kinds); or give --rank-fraction or --rank"
    case .noStudy: "--\(self); give --from-study as well"
    case .otherModel(let candidate, let study, let model, let wanted):
      "--candidate \(candidate): the frontier of study \(study) is for \(model); leave out --model, or give layers "
        + "and ranks of \(wanted)"
    case .unfit, .writtenOnce: "--\(self)"
    case .oneOutput(let path):
      "--checkpoint \(path): each of several networks needs a file of its own; give a file, or leave out --seeds"
    case .output(let setting, _): isUsage ? "--\(setting) \(self)" : description
    case .otherSettings(let path, let differences):
      "--resume-from \(path): the interrupted training has other settings ("
        + differences.map { "--\($0.setting) is \($0.there) there, \($0.here) here" }.joined(separator: "; ")
        + "); leave these options out, or start a new training without --resume-from"
    case .otherImages: "--resume-from \(self); give its data set with --data"
    case .otherKernels: "\(self), or here with --other-kernels"
    case .kept(_, _, let place):
      "\(self); continue with: " + ShellCommand.line(["layersearch", "train", "--resume-from", place])
    case .diverged: "\(self); a lower --learning-rate may help"
    case .unsettled: "\(self); give more --epochs or --train-images, or a lower --learning-rate"
    case .divergedNetwork: "\(self), with a lower --learning-rate"
    case .noTestImages, .unusable, .stoppedBeforeFirstStep, .notKept, .notWritten: description
    }
  }
}

extension CacheFolder {
  /// The advice if nothing can be written to the folder. `option` names another one.
  static func remedy(_ option: String) -> String {
    "name a folder of this user with \(option), or set XDG_CACHE_HOME or HOME to such a folder"
  }
}
