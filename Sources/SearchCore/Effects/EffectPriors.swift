import Randomness

/// The expected sizes of effects before any training: prior standard deviations, in points of accuracy.
///
/// Each parameter lies on its own grid, so that the fit has the same outcome on every machine. Parameters that are not
/// fitted (below `EffectModel.fewestForFit` trainings) have the default.
package struct EffectPriors: Hashable, Sendable {
  /// The parameters of the priors.
  package enum Parameter: Int, CaseIterable, Sendable {
    /// σ: the noise of one training around its candidate and seed.
    case noise
    /// τ_γ: of the weights of the layers' features.
    case features
    /// τ_α: of a layer's own damage around the prediction of its features.
    case layer
    /// p: the exponent of ψ(r) = (1 − r/N)^p.
    case exponent
    /// τ_u: of the effect particular to one candidate.
    case candidate
    /// σ_b: of a seed's effect, which trainings under a common seed share.
    case seed
    /// τ_κ: of the damage that grows with the square of the share saved.
    case curvature
    /// τ_δ: of a rank's own damage.
    case rank
    /// τ_w: of the interaction of two neighboring layers' ranks.
    case pair
  }

  /// Positions on the grids.
  private var positions: [Int]
  /// The priors of the rungs below the top, the nearest to the top first; empty if all trainings are at the top.
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

  /// Returns ρ of a rung; 1 at the top.
  package func scale(ofRung rung: Int) -> Double { rung == 0 ? 1 : rungs[rung - 1][.scale] }

  /// Returns σ of a rung's trainings.
  package func noise(ofRung rung: Int) -> Double { rung == 0 ? self[.noise] : rungs[rung - 1][.noise] }

  /// Returns the correlation of a training's noise at a rung with its noise at the top.
  package func correlation(ofRung rung: Int) -> Double { rung == 0 ? 1 : rungs[rung - 1][.correlation] }

  /// Returns the priors with the parameter `step` steps up its grid (down if negative); `nil` beyond the ends of the
  /// grid.
  func moved(_ parameter: Parameter, by step: Int) -> EffectPriors? {
    var moved = self
    moved.positions[parameter.rawValue] += step
    return Self.grids[parameter.rawValue].indices.contains(moved.positions[parameter.rawValue]) ? moved : nil
  }

  /// The log prior of these priors, up to a constant. It penalizes the distance from the default, so that few trainings
  /// do not choose extremes. Two steps count as one standard deviation; the noise, which any study determines well, is
  /// free.
  var logPrior: Double {
    var squares = 0
    for parameter in Parameter.allCases where parameter != .noise {
      let steps = positions[parameter.rawValue] - Self.defaults[parameter.rawValue]
      squares += steps * steps
    }
    return -rungs.reduce(Double(squares)) { $0 + $1.squaredSteps } / 8
  }

  /// The prior mean of γ's first component times the number of layers: about the number of points that all layers at
  /// ranks near 0 cost.
  package static let damageOfAll = 4.0
  /// The prior variance of μ around the trainings' mean.
  package static let baseVariance = 400.0
}
