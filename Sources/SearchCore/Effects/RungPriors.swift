/// The expected differences of a lower rung from the top before any training: deviations in points of accuracy, each on
/// its own grid, as in `EffectPriors`.
package struct RungPriors: Hashable, Sendable {
  /// The parameters of the priors of a rung.
  package enum Parameter: Int, CaseIterable, Sendable {
    /// σ_k: the noise of one training around its candidate and seed.
    case noise
    /// ρ_k: the number of points lost here for each point that decomposing costs at the top; 0 if the rung is
    /// uninformative.
    case scale
    /// τ_{d,k}: of the layers' damage particular to this rung.
    case deviation
    /// τ_{v,k}: of the effect particular to one candidate at this rung.
    case candidate
    /// σ_{b,k}: of a seed's effect.
    case seed
    /// The correlation of a training's noise here with its noise at the top.
    case correlation
  }

  private var positions: [Int]

  package static let `default` = RungPriors(positions: defaults)

  private static let grids: [[Double]] = Parameter.allCases.map { parameter in
    switch parameter {
    case .noise: [0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.56, 0.8, 1.1, 1.6, 2.2, 3.2, 4.5, 6.4]
    case .scale: [0, 0.1, 0.2, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8]
    case .deviation: [0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2]
    case .candidate: [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
    case .seed: [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2]
    case .correlation: [0, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95]
    }
  }
  private static let defaults = [9, 6, 3, 2, 3, 3]

  package subscript(_ parameter: Parameter) -> Double { Self.grids[parameter.rawValue][positions[parameter.rawValue]] }

  package func variance(_ parameter: Parameter) -> Double { self[parameter] * self[parameter] }

  /// Returns the priors with the parameter `step` steps up its grid (down if negative); `nil` beyond the ends of the
  /// grid.
  func moved(_ parameter: Parameter, by step: Int) -> RungPriors? {
    var moved = self
    moved.positions[parameter.rawValue] += step
    return Self.grids[parameter.rawValue].indices.contains(moved.positions[parameter.rawValue]) ? moved : nil
  }

  /// Returns the priors with every value of the parameter's grid, in its order.
  func onGrid(of parameter: Parameter) -> [RungPriors] {
    Self.grids[parameter.rawValue].indices.map { position in
      var moved = self
      moved.positions[parameter.rawValue] = position
      return moved
    }
  }

  /// The sum of squared steps from the default, where two steps count as one standard deviation. The noise is free; of
  /// the scale, which ranges from zero to several times the top's, eight steps count as one.
  var squaredSteps: Double {
    var squares = 0.0
    for parameter in Parameter.allCases where parameter != .noise {
      let steps = Double(positions[parameter.rawValue] - Self.defaults[parameter.rawValue])
      squares += parameter == .scale ? steps * steps / 16 : steps * steps
    }
    return squares
  }
}
