/// What a person asks of a study while it runs: the verbs of `control`, and of all other interfaces that offer them.
///
/// Candidates and workers are given as users write them, and are resolved where the study is known. Decision 13 says
/// what each verb does to the sequence of trainings.
public enum Intervention: Hashable, Sendable {
  /// Hands out no more jobs; running jobs go on to their end.
  case pause
  case resume
  /// Changes the maximum number of jobs of the search.
  case budget(Int)
  /// Trains a candidate under `repetitions` seeds under which it was not trained before.
  case add(candidate: String, repetitions: Int)
  /// Sets an open job aside.
  case cancel(job: Int64)
  /// Lets a job that was set aside wait again.
  case retry(job: Int64)
  /// Gives a worker no more jobs; the worker finishes those it has.
  case drain(worker: String)
  /// Strikes out a worker's results; other workers train these jobs again.
  case distrust(worker: String)

  public enum Verb: String, CaseIterable, Sendable {
    case pause, resume, budget, add, cancel, retry, drain, distrust

    /// What follows the verb; `nil` if nothing does.
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

  /// The numbers of repetitions that one `add` accepts.
  public static let repetitions = 1...1000
  public static let budgets = 1...1_000_000
  private static let mostBytes = 4096

  /// - Parameters:
  ///   - verb: The verb, as written.
  ///   - subject: What follows the verb; `nil` for nothing.
  ///   - repetitions: The number of repetitions, for `add` only; `nil` for one.
  public init(verb text: String, subject: String?, repetitions: Int? = nil) throws(InterventionProblem) {
    guard let verb = Verb(rawValue: text) else {
      let verbs = Verb.allCases.map(\.rawValue)
      let hint = nearest(to: text, in: verbs).map { "; did you mean \($0)? Known: " } ?? "; known: "
      throw InterventionProblem(
        "'\(text.prefix(60))' is not a known verb\(hint)"
          + verbs.joined(separator: ", "))
    }
    if repetitions != nil, verb != .add {
      throw InterventionProblem("\(verb.rawValue) takes no repetitions; only add does")
    }
    guard let wanted = verb.subject else {
      guard subject == nil else { throw InterventionProblem("\(verb.rawValue) takes no argument") }
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

  /// What follows the verb, in a form that reads back; `nil` if nothing does.
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

/// Why an intervention cannot be asked of any study, on one line.
public struct InterventionProblem: Error, Hashable, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }
}

/// The outcome of an intervention.
public enum InterventionAnswer: Hashable, Sendable {
  /// The intervention is on record; the text says on one line what it did.
  case done(String)
  /// Nothing changed; the text says on one line why, and what to do.
  case refused(String)
}

/// Jobs that a person asked for. They have their own range of numbers, so that no decision of a search depends on them.
public enum HandAsked {
  /// The first number of such jobs, after those of final trainings.
  public static let firstJob: Int64 = 1_500_001
  /// The upper bound of these numbers, exclusive.
  public static let end: Int64 = 2_000_000
  /// The repetitions that a search may ask for; those from 1000 on are confirmations.
  package static let repetitions = 0..<1000

  public static func includes(_ job: Int64) -> Bool { job >= firstJob }
}
