import Randomness
import Testing

@testable import SearchCore

extension EffectRungTests {
  @Test func temporary() throws {
    let space = try EffectModelTests.space()
    for kind in ["misleading", "good", "silent"] {
      var (w, a, o) = (0.0, 0.0, 0.0)
      for seed in 0..<10 as Range<UInt64> {
        var random = StableRandom(seed: seed, purpose: "worth")
        let truth = Self.truth(space, &random)
        let other = Self.truth(space, &random)
        let rung = kind == "misleading" ? Rung(scale: 0, own: other, noise: 0.5) : kind == "good" ? Rung(scale: 0.7, noise: 0.5) : Rung(scale: 0, noise: 0.5)
        let trainings = Self.trainings(80, promoted: 24, of: truth, in: space, noise: 1, rung, &random)
        let top = EffectModel(space: space, trainings: trainings.filter { $0.rung == 0 })
        let all = EffectModel(space: space, trainings: trainings)
        var priors = top.priors
        priors.rungs = [RungPriors.default.onGrid(of: .scale)[kind == "good" ? 5 : 0]]
        let oracle = EffectModel(space: space, trainings: trainings, priors: priors)
        var (without, with, best) = (0.0, 0.0, 0.0)
        for _ in 0..<100 {
          let options = EffectModelTests.randomOptions(space, &random)
          let expected = truth.base - truth.damage(options, in: space)
          func e(_ m: EffectModel) -> Double { let e = m.estimate(options).mean - expected; return e * e / 100 }
          without += e(top); with += e(all); best += e(oracle)
        }
        w += without; a += with; o += best
        func t(_ p: EffectPriors) -> String { EffectPriors.Parameter.allCases.map { "\(p[$0])" }.joined(separator: " ") }
        print(kind, seed, without, with, best, t(top.priors), "|", t(all.priors), "|", RungPriors.Parameter.allCases.map { "\($0) \(all.priors.rungs[0][$0])" })
      }
      print(kind, w, a, o)
    }
  }
}
