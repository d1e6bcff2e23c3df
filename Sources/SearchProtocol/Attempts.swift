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

/// A work to be done.
public struct JobAssignment: JSONContent, Codable, Hashable, Sendable {
  public var reference: AttemptReference
  /// Canonical text of the work. Read where it is done: on the way nobody needs to know what it says.
  public var work: String
  /// The trained network that the work starts from; nil where it starts from scratch.
  public var weights: ContentDescription?
  /// To or from a peer that speaks a version before `ProtocolVersion.withWorks`: on the wire it is a
  /// `TrainingAssignment`.
  var isTraining = false

  private enum CodingKeys: CodingKey { case reference, work, weights }

  public init(reference: AttemptReference, work: String, weights: ContentDescription? = nil) {
    self.reference = reference
    self.work = work
    self.weights = weights
  }

  /// - Parameter version: of the protocol that the worker speaks.
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

/// A proxy training, as it is said to and by peers that know no other work.
struct TrainingAssignment: JSONContent, Codable, Hashable, Sendable {
  var reference: AttemptReference
  /// Canonical text of the candidate.
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
  /// Throws `ProtocolError.field` for a text that is no work's.
  init(_ job: JobAssignment) throws(ProtocolError) {
    do {
      let work = try Work(canonical: job.work)
      guard case .proxyTraining(let recipe) = work.kind,
        ProtocolVersion.needed(for: work) == ProtocolVersion.oldest
      else {
        throw SearchError.work(problem: "it knows whole trainings from scratch only")
      }
      self.init(
        reference: job.reference, candidate: work.candidate.description, recipe: recipe, seed: work.seed,
        measuresTime: work.measuresTime)
    } catch { throw .field("work", problem: "is none of an older worker's: \(error)") }
  }

  /// Which repetition it is, is not said; only the first one is timed. Throws `ProtocolError.field` for what is no
  /// work's.
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

/// How an attempt ended, as its worker tells it.
public struct AttemptReport: JSONContent, Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    case finished(Observation)
    /// The engine process failed (crash, memory, time limit): one line, and the account of it; nil from workers that
    /// cannot tell.
    case failed(reason: String, AttemptFailure? = nil)
    /// The worker gives the job back unfinished because it is leaving; no fault of the job.
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
    // The account stands beside the outcome, where workers look for it that know no other place.
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
  /// Not the account.
  private enum FailedCodingKeys: String, CodingKey {
    case reason
  }

  /// Only of failures: what comes beside another outcome is nothing.
  public fileprivate(set) var failure: AttemptFailure? {
    get { if case .failed(_, let failure) = self { failure } else { nil } }
    set { if case .failed(let reason, _) = self { self = .failed(reason: reason, newValue) } }
  }
}
