import SearchCore

/// A study that ended without any usable result. `description` is one line.
package enum UselessStudy: Error, Hashable, Sendable, CustomStringConvertible {
  /// The network that trainings would start from was set aside, or its training diverged.
  case noStart(what: String, diverged: Bool)
  case noResult(setAside: Int)
  case noDenseResult
  case allDiverged(trainings: Int)
  case denseDiverged

  /// Returns `nil` if the study has a usable result.
  package init?(_ jobs: [JobRecord]) {
    let start = jobs.first { job in
      switch job.work.kind {
      case .startTraining, .layerAnalysis: job.state == .setAside || job.result?.diverged == true
      default: false
      }
    }
    // Start trainings, layer analyses and final trainings say nothing about a search.
    let jobs = jobs.filter(\.work.kind.isProxy)
    if let start, jobs.isEmpty {
      self = .noStart(what: start.work.kind.title, diverged: start.result?.diverged == true)
      return
    }
    let results = jobs.compactMap(\.result)
    let dense = jobs.filter(\.work.candidate.isDense)
    let references = dense.compactMap(\.result)
    if results.isEmpty {
      self = .noResult(setAside: jobs.count { $0.state == .setAside })
    } else if !dense.isEmpty, references.isEmpty {
      self = .noDenseResult
    } else if results.allSatisfy(\.diverged) {
      // A diverged training has a result, but one without information.
      self = .allDiverged(trainings: results.count)
    } else if !references.isEmpty, references.allSatisfy(\.diverged) {
      self = .denseDiverged
    } else {
      return nil
    }
  }

  /// Whether jobs failed and can be tried again.
  package var isFailure: Bool {
    switch self {
    case .noStart(_, let diverged): !diverged
    case .noResult, .noDenseResult: true
    case .allDiverged, .denseDiverged: false
    }
  }

  package var description: String {
    let dense = "the dense network, to which all others are compared,"
    func advice(_ key: String = "proxy.learning_rate") -> String { "a study with a lower \(key) may do better" }
    return switch self {
    case .noStart(let what, false): "\(what) was set aside, and nothing can be trained without it"
    case .noStart(let what, true): "\(what) diverged, and nothing can start from it; \(advice("start.learning_rate"))"
    case .noResult(let count): "no candidate has a result: \(count) jobs were set aside"
    case .noDenseResult: "\(dense) has no result"
    case .allDiverged(let count): "no candidate has a sound result: all \(count) trainings diverged; \(advice())"
    case .denseDiverged: "\(dense) has no sound result: its training diverged; \(advice())"
    }
  }
}
