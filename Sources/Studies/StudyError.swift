import Reporting
import SearchCore

/// A request that does not fit the study. Descriptions are one line and name no options of a command.
package enum StudyError: Error, Hashable, CustomStringConvertible {
  /// `similar` is another study with nearly the same name.
  case missing(folder: String, similar: String?)
  case exists(folder: String)
  /// The knee was asked for, but the study's frontier has no bend.
  case noBend(study: String, isEstimated: Bool)
  /// A row was asked for that the frontier, with `rows` rows, does not have.
  case noRow(Int, study: String, rows: Int)
  /// The study's network can take this form, but it is not in the study's space.
  case outsideSpace(String, study: String, problem: String)
  /// A text that names neither a job nor a candidate nor a worker.
  case unknownSubject(String, study: String, folder: String, jobs: JobNumbers)
  /// There is no sound training to estimate accuracies from; all `results` results diverged.
  case nothingToEstimate(study: String, results: Int)
  /// No candidate is small enough or accurate enough; `problem` names the nearest one.
  case nothingFits(study: String, problem: String)
  /// A comparison needs costs that the study does not have.
  case unmeasured(Objective, study: String)

  /// No final training has a result; `open` of them are still to be trained.
  case noFinalResults(study: String, open: Int, setAside: Int)
  /// Final trainings are judged by test images, and the study's data set has none.
  case noTestImages(study: String)
  case tooManyImages(Int, available: Int)
  /// There are fewer training images than the conversion of the start network calibrates with.
  case tooFewImages(Int, calibrating: Int)
  /// An epoch has fewer steps than lie between two updates of the parts that skip updates.
  case tooFewSteps(Int, updatesEvery: Int)

  /// The folder given as a source of results is the study's own.
  case earlierIsSelf(folder: String)
  case earlierIsEmpty(folder: String)
  /// This study would ask for none of the results, because of the differing keys or kernel variants in `because`.
  case earlierIsUnusable(folder: String, results: Int, because: [String])

  /// Whether the request itself was wrong; false if the study merely lacks what was asked for.
  package var isUsage: Bool {
    switch self {
    case .nothingToEstimate, .nothingFits, .earlierIsEmpty, .noFinalResults, .unmeasured: false
    case .noTestImages, .tooManyImages, .tooFewImages, .tooFewSteps, .missing, .exists, .noBend, .noRow, .outsideSpace,
      .unknownSubject, .earlierIsSelf, .earlierIsUnusable:
      true
    }
  }

  package var description: String {
    switch self {
    case .missing(let folder, let similar):
      "study \(folder): there is no such study" + (similar.map { "; did you mean \($0)?" } ?? "")
    case .exists(let folder): "study \(folder): there is a study already"
    case .noBend(let study, let isEstimated):
      "the \(isEstimated ? "estimated " : "")frontier of study \(study) has no bend"
    case .noRow(_, let study, let rows):
      "the frontier of study \(study) has \(rows == 0 ? "no rows yet" : "rows 1 to \(rows)")"
    case .outsideSpace(let candidate, let study, let problem):
      "\(candidate) is outside the space of study \(study): \(problem)"
    case .unknownSubject(_, let study, _, let jobs):
      "study \(study) has no such job, candidate or worker; its jobs are \(jobs.isEmpty ? "none yet" : "\(jobs)")"
    case .nothingToEstimate(let study, let results):
      results == 0
        ? "study \(study) has no results yet to base estimates on"
        : "study \(study) has nothing to base estimates on: all its \(results) results diverged"
    case .nothingFits(let study, let problem): "study \(study): \(problem)"
    case .unmeasured(let objective, let study):
      objective == .deviceTime
        ? "study \(study) has no table of device times; name one in the configuration (device_times)"
        : "study \(study) has no \(objective.title) yet; a successful training measures it"
    case .noFinalResults(let study, let open, let setAside):
      if open > 0 {
        "study \(study) has no results of final trainings yet; \(open) are still to be done"
      } else if setAside > 0 {
        "study \(study): all of its \(setAside) final trainings were set aside; status shows why"
      } else {
        "study \(study) has no final trainings; the command final adds them"
      }
    case .noTestImages(let study):
      "the data set of study \(study) has no test images, on which full trainings are scored; start a study with a "
        + "file that has test_images and test_labels"
    case .tooManyImages(let images, let available):
      "\(images) training images are more than the \(available) of the data set"
    case .tooFewImages(let images, let calibration):
      "\(images) training images are fewer than the \(calibration) that the study calibrates with"
    case .tooFewSteps(let steps, let every):
      "with so few images, an epoch has \(steps) steps, but the study's proxy.skip requires at least \(every)"
    case .earlierIsSelf(let folder): "\(folder) is this study itself; name another one, or leave it out"
    case .earlierIsEmpty(let folder): "study \(folder) has no results yet"
    case .earlierIsUnusable(let folder, let results, let reasons):
      "none of the \(results) results of study \(folder) can be used: "
        + (reasons.isEmpty ? "its candidates are different" : reasons.joined(separator: "; "))
    }
  }
}
