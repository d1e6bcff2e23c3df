import Randomness

/// How the seed of a work follows from the study's: a function of these values alone, so that it does not depend on the
/// order or the place in which works are done.
public enum Seeding: Hashable, Sendable {
  /// Every candidate's every repetition has a seed of its own.
  case perCandidate
  /// A repetition has the same seed for all candidates: their comparison is then paired.
  case common

  /// 53 bits, so that the number survives every JSON reader.
  func seed(of candidate: Candidate, repetition: Int, studySeed: UInt64) -> UInt64 {
    switch self {
    case .perCandidate: StableHash.fnv1a64("\(studySeed)/\(candidate)/\(repetition)") >> 11
    case .common: StableHash.fnv1a64("\(studySeed)/every candidate/\(repetition)") >> 11
    }
  }
}
