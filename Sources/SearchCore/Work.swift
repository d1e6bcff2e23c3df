import Digests

/// One computation that a study asks for: what, for which candidate, with which seed.
///
/// A value that contains everything its result depends on, apart from images and kernels. `description` is its
/// canonical text, which messages carry and `init(canonical:)` reads.
public struct Work: Hashable, Sendable, CustomStringConvertible {
  public let candidate: Candidate
  /// The number of the repetition: 0, 1, … Repetitions differ in their seed only.
  public let repetition: Int
  public let seed: UInt64
  private let shared: SharedKind

  public init(candidate: Candidate, kind: WorkKind, repetition: Int, seed: UInt64) {
    self.init(candidate: candidate, kind: SharedKind(kind), repetition: repetition, seed: seed)
  }

  init(candidate: Candidate, kind: SharedKind, repetition: Int, seed: UInt64) {
    self.candidate = candidate
    self.shared = kind
    self.repetition = repetition
    self.seed = seed
  }

  public var kind: WorkKind { shared.kind }
  /// The kind's part of the canonical text.
  package var kindText: String { shared.text }

  /// Whether step and inference time are measured beside the dense network: once per candidate, with its first
  /// repetition.
  public var measuresTime: Bool {
    switch kind {
    case .proxyTraining(let recipe): repetition == 0 && recipe.until == nil && recipe.epochs > .none
    case .startTraining, .layerAnalysis, .finalTraining: false
    }
  }

  public var description: String {
    WorkText.text(kind: shared.text, candidate: candidate.description, repetition: repetition, seed: seed)
  }

  /// The same training to the end of its schedule. If this is equal for two works, one of them resumes from the other's
  /// state.
  package var whole: Work {
    guard kind.recipe.until != nil else { return self }
    return Work(candidate: candidate, kind: kind.whole, repetition: repetition, seed: seed)
  }

  func `is`(_ kind: SharedKind) -> Bool { shared == kind }

  /// SHA-256 of the canonical text: 32 bytes, equal for equal works in every study.
  package var digest: [UInt8] { SHA256.hash(description.utf8) }

  public static func == (left: Work, right: Work) -> Bool {
    left.repetition == right.repetition && left.seed == right.seed
      && left.candidate.description == right.candidate.description && left.shared == right.shared
  }

  /// Kinds are few in a study, and the seed follows from the rest, so neither is hashed.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(candidate)
    hasher.combine(repetition)
  }
}

/// A kind of work with its text, created once for all works of this kind: a study has up to a million works.
final class SharedKind: Sendable, Equatable {
  let kind: WorkKind
  let text: String

  init(_ kind: WorkKind) {
    self.kind = kind
    text = kind.text
  }

  static func == (left: SharedKind, right: SharedKind) -> Bool { left === right || left.text == right.text }
}

/// What the works of a study have in common, and how they get their seeds.
///
/// The same candidate, repetition and seed may be trained at several rungs, each of its own kind. The cheapest rung
/// comes first; the frontier is made of the results of the top one.
public struct WorkTemplate: Sendable {
  public let studySeed: UInt64
  public let seeding: Seeding
  /// What the model of effects reads from the results of works.
  public let scores: TrainingScores
  /// Whether the model of effects weighs what the analysis of the trained network found (`TruncationErrors`).
  public let weighsTruncation: Bool
  private let shared: [SharedKind]
  private var askedRung: Int

  /// - Parameter lower: The kinds of the rungs below the top, the cheapest first.
  public init(
    kind: WorkKind, lower: [WorkKind] = [], studySeed: UInt64, seeding: Seeding = .perCandidate,
    scores: TrainingScores = .accuracies, weighsTruncation: Bool = false
  ) {
    shared = (lower + [kind]).map(SharedKind.init)
    askedRung = shared.count - 1
    self.studySeed = studySeed
    self.seeding = seeding
    self.scores = scores
    self.weighsTruncation = weighsTruncation
  }

  /// The kind of the top rung.
  public var kind: WorkKind { top.kind }
  private var top: SharedKind { shared[shared.count - 1] }

  /// The kinds of all rungs, the cheapest first.
  public var rungs: [WorkKind] { shared.map(\.kind) }
  public var topRung: Int { shared.count - 1 }

  /// Returns the index in `rungs`; `nil` for a work of another kind.
  public func rung(of work: Work) -> Int? { shared.firstIndex { work.is($0) } }

  /// Returns a template for searches that begin at a lower rung: works for which no rung is named are of this rung.
  func asking(at rung: Int) -> WorkTemplate {
    var template = self
    template.askedRung = rung
    return template
  }

  /// - Parameter rung: An index in `rungs`; `nil` for the top rung, or the one given to `asking(at:)`.
  public func work(_ candidate: Candidate, repetition: Int, rung: Int? = nil) -> Work {
    Work(
      candidate: candidate, kind: shared[rung ?? askedRung], repetition: repetition,
      seed: seeding.seed(of: candidate, repetition: repetition, studySeed: studySeed))
  }

  /// Returns a work of the top rung with a seed that was recorded.
  package func work(_ candidate: Candidate, repetition: Int, seed: UInt64) -> Work {
    Work(candidate: candidate, kind: top, repetition: repetition, seed: seed)
  }

  /// Returns the same training at another rung.
  public func work(_ work: Work, at rung: Int) -> Work {
    Work(candidate: work.candidate, kind: shared[rung], repetition: work.repetition, seed: work.seed)
  }
}

extension WorkTemplate {
  /// The analysis of the trained network that trainings start from; `nil` if they start from scratch.
  var layerAnalysis: Work? {
    guard kind.start != nil else { return nil }
    var recipe = kind.recipe
    (recipe.epochs, recipe.until, recipe.curve, recipe.skip) = (.none, nil, false, nil)
    return Work(candidate: .dense, kind: .layerAnalysis(recipe), repetition: 0, seed: studySeed)
  }

  /// Returns the space as the model of effects sees it once these results are known.
  func effectSpace(_ space: SearchSpace, knowing results: [Work: Observation]) -> EffectSpace {
    guard weighsTruncation, let analysis = layerAnalysis, let found = results[analysis]?[.truncationErrors] else {
      return EffectSpace(space)
    }
    return EffectSpace(space, truncation: TruncationErrors(found, of: space.architecture))
  }
}
