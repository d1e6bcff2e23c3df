/// What a person asks of a study in its course: the verbs of `control`, and of whatever else offers them.
///
/// Candidates and workers are what people write; which ones they are, is decided where the study is known. Decision 13
/// says what each does to the sequence of trainings.
public enum Intervention: Hashable, Sendable {
  /// No job is handed out any more; what runs goes on to its end.
  case pause
  case resume
  /// Most jobs that the search may have.
  case budget(Int)
  /// Trains a candidate under so many seeds that it was not trained under yet.
  case add(candidate: String, repetitions: Int)
  /// An open job is set aside.
  case cancel(job: Int64)
  /// A job that was set aside waits again.
  case retry(job: Int64)
  /// A worker gets no more jobs, and finishes what it has.
  case drain(worker: String)
  /// A worker's results are struck out, and trained again by others.
  case distrust(worker: String)

  public enum Verb: String, CaseIterable, Sendable {
    case pause, resume, budget, add, cancel, retry, drain, distrust

    /// What follows the verb; nil where nothing does.
    public var subject: String? {
      switch self {
      case .pause, .resume: nil
      case .budget: "a number of jobs"
      case .add: "a candidate"
      case .cancel, .retry: "a job's number"
      case .drain, .distrust: "a worker's name"
      }
    }
  }

  public var verb: Verb {
    switch self {
    case .pause: .pause
    case .resume: .resume
    case .budget: .budget
    case .add: .add
    case .cancel: .cancel
    case .retry: .retry
    case .drain: .drain
    case .distrust: .distrust
    }
  }

  /// Repetitions that `add` takes at once.
  public static let repetitions = 1...1000
  public static let budgets = 1...1_000_000
  private static let mostBytes = 4096

  /// - Parameters:
  ///   - verb: as it is written.
  ///   - subject: what follows it; nil for nothing.
  ///   - repetitions: for `add`; nil for one.
  public init(verb text: String, subject: String?, repetitions: Int? = nil) throws(InterventionProblem) {
    guard let verb = Verb(rawValue: text) else {
      let verbs = Verb.allCases.map(\.rawValue)
      let hint = nearest(to: text, in: verbs).map { "; did you mean \($0)? There are: " } ?? "; there are: "
      throw InterventionProblem(
        "'\(text.prefix(60))' is nothing that can be asked of a study\(hint)"
          + verbs.joined(separator: ", "))
    }
    if repetitions != nil, verb != .add {
      throw InterventionProblem("\(verb.rawValue) takes no repetitions; they go with add")
    }
    guard let wanted = verb.subject else {
      guard subject == nil else { throw InterventionProblem("\(verb.rawValue) takes nothing more") }
      self = verb == .pause ? .pause : .resume
      return
    }
    guard let subject, !subject.isEmpty else { throw InterventionProblem("\(verb.rawValue) needs \(wanted)") }
    guard subject.utf8.count <= Self.mostBytes else {
      throw InterventionProblem("\(verb.rawValue) takes \(wanted), not \(subject.utf8.count) bytes")
    }
    switch verb {
    case .pause: self = .pause
    case .resume: self = .resume
    case .budget:
      guard let jobs = Int(subject), Self.budgets.contains(jobs) else {
        throw InterventionProblem(
          "budget takes a number of jobs from 1 to \(Self.budgets.upperBound), not '\(subject)'")
      }
      self = .budget(jobs)
    case .add:
      let repetitions = repetitions ?? 1
      guard Self.repetitions.contains(repetitions) else {
        throw InterventionProblem(
          "add takes from 1 to \(Self.repetitions.upperBound) repetitions, not \(repetitions)")
      }
      self = .add(candidate: subject, repetitions: repetitions)
    case .cancel, .retry:
      guard let job = Int64(subject), job > 0 else {
        throw InterventionProblem("\(verb.rawValue) takes a job's number, not '\(subject)'")
      }
      self = verb == .cancel ? .cancel(job: job) : .retry(job: job)
    case .drain: self = .drain(worker: subject)
    case .distrust: self = .distrust(worker: subject)
    }
  }

  /// What follows the verb, as it is read back; nil where nothing does.
  public var subject: String? {
    switch self {
    case .pause, .resume: nil
    case .budget(let jobs): "\(jobs)"
    case .add(let candidate, _): candidate
    case .cancel(let job), .retry(let job): "\(job)"
    case .drain(let worker), .distrust(let worker): worker
    }
  }

  public var repetitions: Int? { if case .add(_, let repetitions) = self { repetitions } else { nil } }
}

extension Intervention: CustomStringConvertible {
  /// `add layer1.0.conv1=8, 2 repetitions`
  public var description: String {
    let repetitions = repetitions.map { $0 == 1 ? "" : ", \($0) repetitions" } ?? ""
    return verb.rawValue + (subject.map { " \($0)" } ?? "") + repetitions
  }
}

/// Why something cannot be asked of any study, on one line.
public struct InterventionProblem: Error, Hashable, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }
}

/// What became of an intervention.
public enum InterventionAnswer: Hashable, Sendable {
  /// It is on record: what it did, on one line.
  case done(String)
  /// Nothing changed: why, and what to do, on one line.
  case refused(String)
}

/// Jobs that a person asked for: they have numbers of their own, so that no decision of a search depends on them.
public enum HandAsked {
  /// Numbers of jobs from here on are theirs: behind those of final trainings.
  public static let firstJob: Int64 = 1_500_001
  /// Where they end.
  public static let end: Int64 = 2_000_000
  /// No search asks for more repetitions of a candidate; those beyond are confirmations.
  package static let repetitions = 0..<1000

  public static func includes(_ job: Int64) -> Bool { job >= firstJob }
}
