import SearchCore

/// One attempt at one job.
public struct AttemptReference: JSONContent, Codable, Hashable, Sendable {
  public var job: Int64
  /// 1, 2, …
  public var attempt: Int

  public init(job: Int64, attempt: Int) {
    self.job = job
    self.attempt = attempt
  }
}

extension AttemptReference {
  static let blank = AttemptReference(job: 0, attempt: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("attempt", &attempt, Whole(FieldLimits.attempts))
    try visitor.field("job", &job, Whole(1...Int64.max))
  }
}

public struct JobAssignment: JSONContent, Codable, Hashable, Sendable {
  public var reference: AttemptReference
  /// Canonical text of the candidate.
  public var candidate: String
  public var recipe: TrainingRecipe
  public var seed: UInt64
  public var measuresTime: Bool

  public init(
    reference: AttemptReference, candidate: String, recipe: TrainingRecipe, seed: UInt64, measuresTime: Bool
  ) {
    self.reference = reference
    self.candidate = candidate
    self.recipe = recipe
    self.seed = seed
    self.measuresTime = measuresTime
  }
}

extension JobAssignment {
  static let blank = JobAssignment(reference: .blank, candidate: "", recipe: .blank, seed: 0, measuresTime: false)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("candidate", &candidate, Text(limit: FieldLimits.candidateBytes))
    try visitor.field("measuresTime", &measuresTime, Flag())
    try visitor.field("recipe", &recipe, Nested())
    try visitor.field("reference", &reference, Nested())
    try visitor.field("seed", &seed, Whole())
  }
}

/// How an attempt ended.
public struct AttemptReport: JSONContent, Codable, Hashable, Sendable {
  public enum Outcome: Codable, Hashable, Sendable {
    case finished(TrialResult)
    /// The engine process failed (crash, memory, time limit): one line.
    case failed(reason: String)
    /// The worker gives the job back unfinished because it is leaving; no fault of the job.
    case returned(reason: String)
  }

  public var reference: AttemptReference
  public var study: String
  public var outcome: Outcome
  /// More about a failure; nil from workers that cannot tell, and for everything else.
  public var failure: AttemptFailure?

  public init(reference: AttemptReference, study: String, outcome: Outcome, failure: AttemptFailure? = nil) {
    self.reference = reference
    self.study = study
    self.outcome = outcome
    self.failure = failure
  }
}

extension AttemptReport {
  static let blank = AttemptReport(reference: .blank, study: "", outcome: .returned(reason: ""))

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.optional("failure", &failure, Nested())
    try visitor.field("outcome", &outcome, OutcomeField())
    try visitor.field("reference", &reference, Nested())
    try visitor.field("study", &study, Text.name)
  }
}
