import Files
import Foundation
import StudyStore

/// How far the trainings under way are: what the record does not hold, because nothing depends on it. `status` reads it
/// beside the record; where it is missing or old, only that is missing there.
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
    /// When its worker began with it, in seconds since 1970; nil where the coordinator does not know.
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

  /// At most `mostTrainings`, those with the lowest numbers.
  package var trainings: [Training] = []
  /// Worker → name of its key in the list of authorized keys.
  package var keyNames: [String: String] = [:]

  package init(trainings: [Training] = [], keyNames: [String: String] = [:]) {
    self.trainings = trainings
    self.keyNames = keyNames
  }

  package static let mostTrainings = 1000
  /// Twice what the most trainings and the longest names come to.
  private static let mostBytes = 2 << 20

  package static func path(studyFolder: String) -> String { "\(studyFolder)/\(StudyFileName.running)" }

  /// Nil where there is none, or it cannot be read.
  package static func read(studyFolder: String) -> RunningState? {
    guard let bytes = try? RegularFile.read(path(studyFolder: studyFolder), mostBytes: mostBytes) else { return nil }
    return try? JSONDecoder().decode(RunningState.self, from: Data(bytes))
  }
}
