import Processes
import Reporting
import SearchCore
import Studies
import StudyStore

/// The data of a study for reports, pages and figures: values that are computed once from the record. Nothing here
/// depends on terminals, files or markup.
package struct StudyView: Sendable {
  package var identity: Identity
  /// Jobs by state, rate, time left, trainings under way.
  package var status: StudyStatus
  /// Scores, the measured frontier, references, failures.
  package var measured: StudyReport
  /// The report with the estimates from all trainings; `nil` without a sound training.
  package var estimated: StudyReport?
  /// What the estimates tell about layers; `nil` without estimates.
  package var effects: Effects?
  /// The number of results, if there are too many to compute estimates while a reader waits; otherwise `nil`.
  package var unread: Int?
  package var courses: Courses
  package var rungs: Rungs?
  package var noise: Noise
  package var workers: [Worker]
  package var failures: Failures
  /// The results of final trainings; `nil` if there are none.
  package var final: FinalResults?

  /// The report whose rows a table lists: the one with estimates, if there are any.
  package var report: StudyReport { estimated ?? measured }

  /// The largest number of results with estimates; with more, the model takes minutes.
  package static let mostEstimated = 3_000

  /// - Parameter now: Seconds since 1970.
  package init(of store: StudyStore, now: Double) throws {
    let definition = try StudyDefinition(of: store)
    let jobs = try store.jobs()
    let counted = try StudyReading.counted(jobs, in: store, definition: definition)
    let origins = try store.resultOrigins()
    let results = counted.count { $0.result != nil }
    unread = results > Self.mostEstimated ? results : nil
    let estimates =
      unread == nil ? try StudyReading.estimates(of: jobs, in: store, definition: definition) : nil
    let overview = try StudyOverview(of: store, definition: definition, jobs: jobs, now: now)
    status = overview.status
    measured = overview.measured
    identity = try Identity(store, definition, status)
    estimated = try estimates.map {
      try StudyReading.report(of: jobs, in: store, definition: definition, estimates: $0)
    }
    effects = estimates.map { Effects($0) }
    courses = try Courses(counted, origins, estimates, store, definition)
    rungs = try Rungs(jobs, store, definition)
    noise = Noise(StudyReading.trainings(counted, of: definition), measured, estimates)
    workers = Worker.list(try store.workers(), jobs, origins)
    failures = try Failures(store, measured)
    do { final = try FinalResults(store: store) } catch StudyError.noFinalResults { final = nil }
  }
}

extension StudyView {
  /// The identity and the configuration of the study.
  package struct Identity: Hashable, Sendable {
    package var name: String
    /// A unique ID, assigned when the study was created.
    package var studyID: String
    /// The path that was given to this process.
    package var folder: String
    /// Equal for two studies if everything that results depend on is equal.
    package var fingerprint: String
    /// The text of the configuration file as it was given.
    package var configuration: String
    /// The configuration's entries with full keys and canonical values, in alphabetical order.
    package var entries: [Entry]
    /// The maximum number of jobs; `nil` for no limit.
    package var budget: Int?
    /// The command that begins the same search again, with the configuration in a file of the name `configurationFile`.
    package var command: [String]
    package var configurationFile: String
    /// The version of the program that made this view.
    package var version: String

    package struct Entry: Hashable, Sendable {
      package var key: String
      package var value: String
    }

    init(_ store: StudyStore, _ definition: StudyDefinition, _ status: StudyStatus) throws {
      let identity = try store.identity()
      name = definition.name
      studyID = identity.studyID
      folder = store.directory
      fingerprint = identity.fingerprint
      configuration = identity.configurationText
      entries = identity.entries.sorted { $0.key < $1.key }.map { Entry(key: $0.key, value: $0.value) }
      budget = identity.budget
      configurationFile = "configuration.yaml"
      command = ["layersearch", "run", configurationFile]
      version = Version.number
    }
  }

  /// What the model of all trainings tells about layers, and how well it predicts.
  package struct Effects: Hashable, Sendable {
    /// The layers in canonical order.
    package var layers: [String]
    /// The points of accuracy that a layer costs at a rank, with 90 % intervals.
    package var byRank: [StudyEstimates.LayerEffect]
    /// The strongest pair effects, in points.
    package var pairs: [StudyEstimates.PairEffect]
    /// How often each layer is decomposed along the frontier, 0…1.
    package var inclusion: [StudyEstimates.Inclusion]
    /// Predicted and measured accuracies, 0…1.
    package var predictions: [StudyEstimates.Prediction]

    package static let mostPairs = 12
    package static let sizes = 10
    package static let mostPredictions = 400

    init(_ estimates: StudyEstimates) {
      layers = estimates.layers
      byRank = estimates.layerEffects
      pairs = estimates.pairEffects(atMost: Self.mostPairs)
      inclusion = estimates.inclusion(sizes: Self.sizes)
      predictions = estimates.predictions(atMost: Self.mostPredictions)
    }
  }
}
