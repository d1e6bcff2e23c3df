import SearchCore

/// One attempt at one job.
public struct AttemptReference: JSONContent, Codable, Hashable, Sendable {
  public var job: Int64
  /// The number of the attempt at its job, starting at 1.
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

/// A job for a worker: an attempt and the work to compute.
public struct JobAssignment: JSONContent, Codable, Hashable, Sendable {
  public var reference: AttemptReference
  /// The canonical text of the work. The worker that computes the work parses it; its transport does not depend on its
  /// meaning.
  public var work: String
  /// The trained network that the work starts from; `nil` if it starts from scratch.
  public var weights: ContentDescription?
  /// Whether the peer speaks a version before `ProtocolVersion.withWorks`, so that the job has the form of a
  /// `TrainingAssignment` on the wire.
  var isTraining = false

  private enum CodingKeys: CodingKey { case reference, work, weights }

  public init(reference: AttemptReference, work: String, weights: ContentDescription? = nil) {
    self.reference = reference
    self.work = work
    self.weights = weights
  }

  /// - Parameter version: The protocol version that the worker speaks.
  public init(
    reference: AttemptReference, work: Work, weights: ContentDescription? = nil, version: Int = ProtocolVersion.newest
  ) {
    self.init(reference: reference, work: work.description, weights: weights)
    isTraining = version < ProtocolVersion.withWorks
  }
}

extension JobAssignment {
  static let blank = JobAssignment(reference: .blank, work: "")

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("reference", &reference, Nested())
    try visitor.optional("weights", &weights, Nested())
    try visitor.field("work", &work, Text(limit: FieldLimits.workBytes))
  }
}

/// A proxy training in the form used with peers that know no other kind of work (protocol versions 1 and 2).
struct TrainingAssignment: JSONContent, Codable, Hashable, Sendable {
  var reference: AttemptReference
  /// The canonical text of the candidate.
  var candidate: String
  var recipe: TrainingRecipe
  var seed: UInt64
  var measuresTime: Bool

  static let blank = TrainingAssignment(
    reference: .blank, candidate: "", recipe: .blank, seed: 0, measuresTime: false)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("candidate", &candidate, Text(limit: FieldLimits.candidateBytes))
    try visitor.field("measuresTime", &measuresTime, Flag())
    try visitor.field("recipe", &recipe, Nested())
    try visitor.field("reference", &reference, Nested())
    try visitor.field("seed", &seed, Whole())
  }
}

extension TrainingAssignment {
  /// Throws `ProtocolError.field` if the text is not a work, or not one that a worker of the oldest version can
  /// compute.
  init(_ job: JobAssignment) throws(ProtocolError) {
    do {
      let work = try Work(canonical: job.work)
      guard case .proxyTraining(let recipe) = work.kind,
        ProtocolVersion.needed(for: work) == ProtocolVersion.oldest
      else {
        throw SearchError.work(problem: "older workers know only whole trainings from scratch")
      }
      self.init(
        reference: job.reference, candidate: work.candidate.description, recipe: recipe, seed: work.seed,
        measuresTime: work.measuresTime)
    } catch { throw .field("work", problem: "is not a work for an older worker: \(error)") }
  }

  /// The job that this assignment stands for. The message does not carry the repetition: only the first repetition is
  /// timed, so a timed training becomes repetition 0 and any other becomes repetition 1. Throws `ProtocolError.field`
  /// if the fields do not describe a valid work.
  var job: JobAssignment {
    get throws(ProtocolError) {
      var job = JobAssignment(
        reference: reference,
        work: Work.text(
          kind: .proxyTraining(recipe), candidate: candidate, repetition: measuresTime ? 0 : 1, seed: seed))
      job.isTraining = true
      _ = try TrainingAssignment(job)
      return job
    }
  }
}

/// How an attempt ended, as its worker reports it.
public struct AttemptReport: JSONContent, Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    case finished(Observation)
    /// The engine process failed (crash, memory, time limit). `reason` is one line; the account of the failure is `nil`
    /// from workers that cannot provide one.
    case failed(reason: String, AttemptFailure? = nil)
    /// The worker returns the job unfinished because it is leaving; this does not count against the job.
    case returned(reason: String)
  }

  public var reference: AttemptReference
  public var study: String
  public var outcome: Outcome

  public init(reference: AttemptReference, study: String, outcome: Outcome) {
    self.reference = reference
    self.study = study
    self.outcome = outcome
  }
}

extension AttemptReport {
  static let blank = AttemptReport(reference: .blank, study: "", outcome: .returned(reason: ""))

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    // On the wire, the account is a field of the report beside the outcome: builds from before `Outcome.failed`
    // contained it expect it there.
    var failure = outcome.failure
    try visitor.optional("failure", &failure, Nested())
    try visitor.field("outcome", &outcome, OutcomeField())
    outcome.failure = failure
    try visitor.field("reference", &reference, Nested())
    try visitor.field("study", &study, Text.name)
  }
}

extension AttemptReport: Codable {
  private enum CodingKeys: String, CodingKey {
    case failure, outcome, reference, study
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    reference = try fields.decode(AttemptReference.self, forKey: .reference)
    study = try fields.decode(String.self, forKey: .study)
    outcome = try fields.decode(Outcome.self, forKey: .outcome)
    outcome.failure = try fields.decodeIfPresent(AttemptFailure.self, forKey: .failure)
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encodeIfPresent(outcome.failure, forKey: .failure)
    try fields.encode(outcome, forKey: .outcome)
    try fields.encode(reference, forKey: .reference)
    try fields.encode(study, forKey: .study)
  }
}

extension AttemptReport.Outcome: Codable {
  /// The coding keys of `failed`; they omit the account, which is coded beside the outcome.
  private enum FailedCodingKeys: String, CodingKey {
    case reason
  }

  /// The account of a failed attempt; `nil` for other outcomes. Setting it on another outcome has no effect.
  public fileprivate(set) var failure: AttemptFailure? {
    get { if case .failed(_, let failure) = self { failure } else { nil } }
    set { if case .failed(let reason, _) = self { self = .failed(reason: reason, newValue) } }
  }
}
