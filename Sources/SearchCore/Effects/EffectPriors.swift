import Randomness

/// How large effects are expected to be, before trainings say it of each: standard deviations in points of accuracy.
///
/// Each lies on a grid of its own, so that the choice among them has the same outcome on every machine. What is not
/// fitted (below `EffectModel.fewestForFit` trainings) is the default.
package struct EffectPriors: Hashable, Sendable {
  package enum Parameter: Int, CaseIterable, Sendable {
    /// σ: of one training around its candidate and seed.
    case noise
    /// τ_γ: of the weights of what is known of layers.
    case features
    /// τ_α: of a layer's own damage around what its features say.
    case layer
    /// p: of ψ(r) = (1 − r/N)^p.
    case exponent
    /// τ_u: of what is particular to one candidate.
    case candidate
    /// σ_b: of the seed, which trainings under a common seed share.
    case seed
    /// τ_κ: of damage that grows with the square of what is saved.
    case curvature
    /// τ_δ: of a rank's own damage.
    case rank
    /// τ_w: of two near layers' ranks together.
    case pair
  }

  /// Positions on the grids.
  private var positions: [Int]
  /// Of the rungs below the top, the next lower one first; empty where all trainings are the top's.
  package var rungs: [RungPriors]

  package static let `default` = EffectPriors(positions: defaults, rungs: [])

  private static let grids: [[Double]] = Parameter.allCases.map { parameter in
    switch parameter {
    case .noise: [0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.56, 0.8, 1.1, 1.6, 2.2, 3.2, 4.5, 6.4]
    case .features: [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6]
    case .layer: [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6]
    case .exponent: [0.25, 0.5, 1, 1.5, 2, 3, 4]
    case .candidate: [0.05, 0.1, 0.2, 0.4, 0.8, 1.6]
    case .seed: [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2]
    case .curvature: [0, 0.5, 1, 2, 4, 8]
    case .rank: [0, 0.05, 0.1, 0.2, 0.4, 0.8]
    case .pair: [0, 0.025, 0.05, 0.1, 0.2, 0.4]
    }
  }
  private static let defaults = [9, 3, 3, 2, 2, 3, 2, 1, 1]

  package subscript(_ parameter: Parameter) -> Double { Self.grids[parameter.rawValue][positions[parameter.rawValue]] }

  package func variance(_ parameter: Parameter) -> Double { self[parameter] * self[parameter] }

  /// ρ: 1 at the top.
  package func scale(ofRung rung: Int) -> Double { rung == 0 ? 1 : rungs[rung - 1][.scale] }

  /// σ of a rung's trainings.
  package func noise(ofRung rung: Int) -> Double { rung == 0 ? self[.noise] : rungs[rung - 1][.noise] }

  /// Of a training's luck at a rung with its luck at the top.
  package func correlation(ofRung rung: Int) -> Double { rung == 0 ? 1 : rungs[rung - 1][.correlation] }

  /// So many steps up its grid, or down; nil beyond its ends.
  func moved(_ parameter: Parameter, by step: Int) -> EffectPriors? {
    var moved = self
    moved.positions[parameter.rawValue] += step
    return Self.grids[parameter.rawValue].indices.contains(moved.positions[parameter.rawValue]) ? moved : nil
  }

  /// How far it is from the default: what keeps few trainings from choosing extremes. Two steps weigh as much as a
  /// standard deviation; the noise, of which any study knows much, is free.
  var logPrior: Double {
    var squares = 0
    for parameter in Parameter.allCases where parameter != .noise {
      let steps = positions[parameter.rawValue] - Self.defaults[parameter.rawValue]
      squares += steps * steps
    }
    return -rungs.reduce(Double(squares)) { $0 + $1.squaredSteps } / 8
  }

  /// Mean of γ's first component times the number of layers: all layers at ranks near 0 cost about so many points.
  package static let damageOfAll = 4.0
  /// Of μ around the trainings' mean.
  package static let baseVariance = 400.0
}
