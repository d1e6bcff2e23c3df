/// Elementary functions that give the same bits on every machine and with every C library, accurate to about 1e-15.
/// Whatever a training's result depends on is computed with these.
public enum StableMath {
  /// Returns eˣ for x ≤ 0, by the Taylor series after Cody and Waite's reduction; 0 for x ≤ −708, NaN for NaN.
  public static func exponential(ofNonPositive x: Double) -> Double {
    guard x > -708 else { return x.isNaN ? x : 0 }
    let n = (x * 1.442_695_040_888_963_4).rounded()
    let r = (x - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33
    var sum = 1.0
    for k in stride(from: 14, through: 1, by: -1) { sum = 1 + sum * r / Double(k) }
    return sum * Double(sign: .plus, exponent: Int(n), significand: 1)
  }

  /// Returns ln x of a positive normal number, by the series of the inverse hyperbolic tangent.
  public static func logarithm(_ x: Double) -> Double {
    guard x.isFinite, x > 0 else { return .nan }
    var exponent = Double(x.exponent)
    var significand = x.significand
    if significand > 1.414_213_562_373_095_1 {
      significand /= 2
      exponent += 1
    }
    let s = (significand - 1) / (significand + 1)
    let square = s * s
    var sum = 0.0
    for k in stride(from: 23, through: 1, by: -2) { sum = sum * square + 1 / Double(k) }
    return 2 * s * sum + exponent * 0.693_147_180_559_945_3
  }

  /// Returns cos(π · x) for 0 ≤ x ≤ 1.
  public static func cosineOfHalfTurns(_ x: Double) -> Double {
    precondition(x >= 0 && x <= 1)
    if x > 0.5 { return -cosineOfHalfTurns(1 - x) }
    let angle = x * Double.pi
    let square = angle * angle
    var sum = 1.0
    for k in stride(from: 22, through: 2, by: -2) { sum = 1 - sum * square / Double(k * (k - 1)) }
    return sum
  }
}
