import Randomness

/// How the seed of a work follows from the study's seed: a function of candidate, repetition and study's seed alone, so
/// that it does not depend on the order or the place in which works are done.
public enum Seeding: Hashable, Sendable {
  /// Every repetition of every candidate has its own seed.
  case perCandidate
  /// A repetition has the same seed for all candidates, so that their comparison is paired.
  case common

  /// Returns 53 bits, so that the number survives every JSON reader.
  func seed(of candidate: Candidate, repetition: Int, studySeed: UInt64) -> UInt64 {
    switch self {
    case .perCandidate: StableHash.fnv1a64("\(studySeed)/\(candidate)/\(repetition)") >> 11
    case .common: StableHash.fnv1a64("\(studySeed)/every candidate/\(repetition)") >> 11
    }
  }
}
