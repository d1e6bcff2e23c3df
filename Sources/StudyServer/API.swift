import Foundation
import SearchCore
import Studies
import StudyPages
import StudyViews

/// The server's answers for programs, as JSON objects: keys in snake case, times in seconds since 1970, accuracies and
/// shares from 0 to 1. Unknown values are left out.
enum API {
  /// The version of all objects. Fields may be added within a version; none changes its meaning or is removed.
  static let version = 1

  static func text(of value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The name of a state in the API.
  static func name(of state: JobState) -> String { state == .setAside ? "set_aside" : state.rawValue }

  static func state(named name: String) -> JobState? { JobState.allCases.first { Self.name(of: $0) == name } }

  struct Event: Encodable {
    var number: Int
    var time: Double
    var kind: String
    var text: String

    init(_ event: LiveStudy.Event) {
      number = event.number
      time = event.time
      kind = event.kind.rawValue
      text = event.text
    }
  }

  struct Failure: Encodable {
    var version = API.version
    var error: String
  }

  // MARK: /api/study

  struct Study: Encodable {
    struct Jobs: Encodable {
      var waiting: Int
      var running: Int
      var finished: Int
      var setAside: Int
      var total: Int
      var expected: Int
    }

    struct Accuracy: Encodable {
      var candidate: String
      var label: String
      var accuracy: Double
      var seeds: Int
      var parameterRatio: Double

      init(_ leader: CandidateAccuracy, in study: LiveStudy) {
        candidate = leader.candidate.description
        label = study.label(leader.candidate)
        accuracy = leader.accuracy
        seeds = leader.seeds
        parameterRatio = leader.parameterRatio
      }
    }

    var version = API.version
    var study: String
    var studyId: String
    var model: String
    var dataSet: String
    var state: String
    var created: Double
    /// When this coordinator began.
    var began: Double
    var jobs: Jobs
    var workers: Int
    var restingWorkers: Int
    var slots: Int
    var jobsPerHour: Double?
    var secondsLeft: Double?
    var secondsLeftLow: Double?
    var secondsLeftHigh: Double?
    var dense: Accuracy?
    var highest: Accuracy?
    /// The latest round that was decided, counted from 0.
    var round: Int?
    /// The expected loss when that round was decided, in points.
    var expectedLoss: Double?
    /// The number of attempts that ended since this coordinator began, by ending.
    var attempts: [String: Int]
    var lateResults: Int
    var results: Int
    /// The version of the latest figures; `nil` before the first.
    var figuresVersion: Int?
    var frontierCandidates: Int?
    var openHypervolumeShare: Double?

    init(_ live: LiveStudy, figures: FigureMaker.Figures?) {
      study = live.name
      studyId = live.studyID
      model = live.setting.model
      dataSet = live.setting.dataSet
      state = live.state
      created = live.created
      began = live.began
      let counts = live.summary?.jobs ?? JobCounts()
      jobs = Jobs(
        waiting: counts.waiting, running: counts.running, finished: counts.finished, setAside: counts.setAside,
        total: counts.total, expected: live.summary?.expectedJobs ?? counts.total)
      workers = live.workers.count
      restingWorkers = live.counts.restingWorkers
      slots = live.counts.slots
      jobsPerHour = live.summary?.jobsPerSecond.map { $0 * 3600 }
      let forecast = live.forecast
      secondsLeft = forecast?.seconds
      secondsLeftLow = forecast?.low
      secondsLeftHigh = forecast?.high
      dense = live.summary?.dense.map { Accuracy($0, in: live) }
      highest = live.summary?.highest.map { Accuracy($0, in: live) }
      round = live.round?.round
      expectedLoss = live.round?.expectedLoss
      attempts = Dictionary(
        uniqueKeysWithValues: AttemptEnding.allCases.map { ($0.rawValue, live.counts.attempts[$0] ?? 0) })
      lateResults = live.counts.lateResults
      results = live.results
      figuresVersion = figures?.version
      frontierCandidates = figures?.parts.numbers.frontierCandidates
      openHypervolumeShare = figures?.parts.numbers.openShare
    }
  }
}
