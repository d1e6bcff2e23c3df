import Files
import Foundation
import StudyStore

/// The progress of the trainings under way, which is not in the record because nothing depends on it. `status` reads
/// this file beside the record; if it is missing or old, only the progress is missing from the status.
package struct RunningState: Codable, Sendable {
  package struct Training: Codable, Sendable {
    package var job: Int64
    package var attempt: Int
    package var epoch: Int
    package var step: Int
    package var steps: Int
    package var loss: Double?
    /// Seconds since 1970.
    package var reported: Double
    /// When the worker began the training, in seconds since 1970; `nil` if the coordinator does not know.
    package var began: Double?

    package init(
      job: Int64, attempt: Int, epoch: Int, step: Int, steps: Int, loss: Double? = nil, reported: Double,
      began: Double? = nil
    ) {
      self.job = job
      self.attempt = attempt
      self.epoch = epoch
      self.step = step
      self.steps = steps
      self.loss = loss
      self.reported = reported
      self.began = began
    }
  }

  /// At most `mostTrainings` trainings, those with the lowest job numbers.
  package var trainings: [Training] = []
  /// The names of the workers' keys in the list of authorized keys, by worker.
  package var keyNames: [String: String] = [:]

  package init(trainings: [Training] = [], keyNames: [String: String] = [:]) {
    self.trainings = trainings
    self.keyNames = keyNames
  }

  package static let mostTrainings = 1000
  /// Twice the size of the maximum number of trainings with the longest names.
  private static let mostBytes = 2 << 20

  package static func path(studyFolder: String) -> String { "\(studyFolder)/\(StudyFileName.running)" }

  /// Returns `nil` if the file does not exist or cannot be read.
  package static func read(studyFolder: String) -> RunningState? {
    guard let bytes = try? RegularFile.read(path(studyFolder: studyFolder), mostBytes: mostBytes) else { return nil }
    return try? JSONDecoder().decode(RunningState.self, from: Data(bytes))
  }
}
