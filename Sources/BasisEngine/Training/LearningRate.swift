import Randomness
import SearchCore

extension Schedule {
  /// Returns the learning rate of step `step` (from 0) of `steps`.
  ///
  /// With t the step and T the number of steps: `step` is peak, peak/10 from T/2, and peak/100 from 3T/4. `onecycle`
  /// rises over the first W = ⌈T/5⌉ steps as peak·(t+1)/W and then falls as peak·(1 + cos(π(t−W)/(T−W)))/2.
  public func learningRate(peak: Double, step: Int, of steps: Int) -> Double {
    precondition(step >= 0 && step < steps)
    switch self {
    case .constant: return peak
    case .step: return peak * (4 * step >= 3 * steps ? 0.01 : 2 * step >= steps ? 0.1 : 1)
    case .cosine: return peak * (1 + StableMath.cosineOfHalfTurns(Double(step) / Double(steps))) / 2
    case .onecycle:
      let warmup = (steps + 4) / 5
      guard step >= warmup else { return peak * Double(step + 1) / Double(warmup) }
      return peak * (1 + StableMath.cosineOfHalfTurns(Double(step - warmup) / Double(steps - warmup))) / 2
    }
  }
}
