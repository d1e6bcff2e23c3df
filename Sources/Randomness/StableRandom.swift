/// A pseudo-random generator whose stream is the same on every machine and with every version of Swift:
/// xoshiro256** (Blackman and Vigna, 2018), seeded through SplitMix64.
///
/// The standard library promises nothing about how `shuffled(using:)` or `Float.random(in:using:)` consume a
/// generator, so everything that a result depends on is drawn with the methods below.
public struct StableRandom: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)
  private var spareNormal: Double?

  public init(seed: UInt64) {
    var mixer = SplitMix64(state: seed)
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// Creates the stream for `purpose`, which is independent of the streams of other purposes under the same seed.
  public init(seed: UInt64, purpose: String) {
    self.init(seed: seed ^ StableHash.fnv1a64(purpose))
  }

  public mutating func next() -> UInt64 {
    let result = (state.1 &* 5).rotatedLeft(by: 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = state.3.rotatedLeft(by: 45)
    return result
  }

  /// Returns a uniform number in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Returns a uniform number in `0..<bound` without bias (Lemire 2019). `bound` must be positive.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0)
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// Returns a standard normal number (Marsaglia's polar method, with `StableMath`'s logarithm: the C library's differs
  /// in the last bit between versions).
  public mutating func normal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    while true {
      let u = 2 * uniform() - 1
      let v = 2 * uniform() - 1
      let squared = u * u + v * v
      guard squared > 0, squared < 1 else { continue }
      let factor = (-2 * StableMath.logarithm(squared) / squared).squareRoot()
      spareNormal = v * factor
      return u * factor
    }
  }

  /// Returns a uniformly drawn order of `0..<count` (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    guard count > 1 else { return order }
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, integer(below: last + 1))
    }
    return order
  }
}

/// The generator of Steele, Lea and Flood, which mixes a seed into well distributed words.
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

extension UInt64 {
  fileprivate func rotatedLeft(by count: UInt64) -> UInt64 { (self << count) | (self >> (64 - count)) }
}
