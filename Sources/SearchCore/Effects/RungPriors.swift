/// How a lower rung is expected to differ from the top one, before trainings say it: deviations in points of accuracy
/// on grids of their own, as `EffectPriors` has them.
package struct RungPriors: Hashable, Sendable {
  package enum Parameter: Int, CaseIterable, Sendable {
    /// σ_k: of one training around its candidate and seed.
    case noise
    /// ρ_k: a point that decomposing costs at the top costs so many here; 0 where the rung says nothing of it.
    case scale
    /// τ_{d,k}: of damage that layers do at this rung alone.
    case deviation
    /// τ_{v,k}: of what is particular to one candidate at this rung alone.
    case candidate
    /// σ_{b,k}: of the seed.
    case seed
    /// Of a training's luck here with the same training's luck at the top.
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

  /// One step or more down or up its grid; nil beyond the end of it.
  func moved(_ parameter: Parameter, by step: Int) -> RungPriors? {
    var moved = self
    moved.positions[parameter.rawValue] += step
    return Self.grids[parameter.rawValue].indices.contains(moved.positions[parameter.rawValue]) ? moved : nil
  }

  /// With every value of the parameter's grid, in its order.
  func onGrid(of parameter: Parameter) -> [RungPriors] {
    Self.grids[parameter.rawValue].indices.map { position in
      var moved = self
      moved.positions[parameter.rawValue] = position
      return moved
    }
  }

  /// Sum of squared steps from the default, where two weigh as much as a standard deviation. The noise is free; of the
  /// scale, which may be anything between nothing and several times, eight weigh as much.
  var squaredSteps: Double {
    var squares = 0.0
    for parameter in Parameter.allCases where parameter != .noise {
      let steps = Double(positions[parameter.rawValue] - Self.defaults[parameter.rawValue])
      squares += parameter == .scale ? steps * steps / 16 : steps * steps
    }
    return squares
  }
}
