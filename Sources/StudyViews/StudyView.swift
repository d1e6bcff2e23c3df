import Processes
import Reporting
import SearchCore
import Studies
import StudyStore

/// All that is shown of a study: by reports, pages and figures. Values alone, made once from the record; nothing here
/// knows of terminals, files or markup.
package struct StudyView: Sendable {
  package var identity: Identity
  /// Jobs by state, rate, time left, what runs where.
  package var status: StudyStatus
  /// Scores, the measured frontier, references, what went wrong.
  package var measured: StudyReport
  /// The same with what all trainings together say; nil without a sound one.
  package var estimated: StudyReport?
  /// What that says of layers; nil without.
  package var effects: Effects?
  /// Trainings, where they are too many to be estimated from while a reader waits; else nil.
  package var unread: Int?
  package var courses: Courses
  package var rungs: Rungs?
  package var noise: Noise
  package var workers: [Worker]
  package var failures: Failures
  /// Nil where nothing was trained in full.
  package var final: FinalResults?

  /// The report whose rows a table lists: with estimates, where there are any.
  package var report: StudyReport { estimated ?? measured }

  /// With more trainings the model takes minutes.
  package static let mostEstimated = 3_000

  /// - Parameter now: seconds since 1970.
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
  /// Which study it is, and what it was told.
  package struct Identity: Hashable, Sendable {
    package var name: String
    /// Unique, given when the study was made.
    package var studyID: String
    /// As it was named to this process.
    package var folder: String
    /// Equal where everything is equal that results depend on.
    package var fingerprint: String
    /// The file as it was given.
    package var configuration: String
    /// Full key → canonical value, in alphabetical order.
    package var entries: [Entry]
    /// Most jobs; nil for no bound.
    package var budget: Int?
    /// The words that search once more, with the configuration in a file of this name.
    package var command: [String]
    package var configurationFile: String
    /// Of the program that made this view.
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

  /// What the model of all trainings says of layers, and how well it foretells.
  package struct Effects: Hashable, Sendable {
    /// In canonical order.
    package var layers: [String]
    /// Points of accuracy that a layer costs at a rank, with 90 % intervals.
    package var byRank: [StudyEstimates.LayerEffect]
    /// The strongest, in points.
    package var pairs: [StudyEstimates.PairEffect]
    /// Along the frontier: how often each layer is decomposed, 0…1.
    package var inclusion: [StudyEstimates.Inclusion]
    /// 0…1.
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
