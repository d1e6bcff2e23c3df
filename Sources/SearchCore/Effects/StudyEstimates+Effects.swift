// The model's estimates of layers and pairs, and how well it predicts.
extension StudyEstimates {
  /// The accuracy that decomposing a layer costs, with other layers left as they are.
  package struct LayerEffect: Hashable, Sendable {
    package var layer: String
    package var form: BasisForm
    /// The number of the layer's output channels, of which the form's rank is a part.
    package var outputChannels: Int
    /// Accuracy lost, in points, and the ends of its 90 % interval.
    package var points: Double
    package var low: Double
    package var high: Double
  }

  /// The accuracy that two layers cost together beyond each alone.
  package struct PairEffect: Hashable, Sendable {
    package var firstLayer: String
    package var firstForm: BasisForm
    package var secondLayer: String
    package var secondForm: BasisForm
    /// As in `LayerEffect`; negative if the two do less harm together.
    package var points: Double
    package var low: Double
    package var high: Double
  }

  /// How often the layers are decomposed in the best candidates of one size.
  package struct Inclusion: Hashable, Sendable {
    /// The largest number of parameters, as a share of the dense network's.
    package var parameterRatio: Double
    /// The share of draws that decompose each layer of the space, 0…1.
    package var shares: [Double]
  }

  /// A candidate's mean accuracy as predicted from all other candidates' trainings, and as measured, 0…1.
  package struct Prediction: Hashable, Sendable {
    package var candidate: Candidate
    package var predicted: Double
    /// The ends of the 90 % prediction interval of the measured mean.
    package var low: Double
    package var high: Double
    package var measured: Double
  }

  /// The layers of the space, in canonical order.
  package var layers: [String] { model.space.layers.map(\.name) }

  /// The effects of all forms, layer by layer.
  package var layerEffects: [LayerEffect] {
    model.space.layers.enumerated().flatMap { index, layer in
      layer.forms.enumerated().map { position, form in
        let effect = model.combination(model.weights.row(ofLayer: index, option: position + 1))
        let reach = EffectModel.Estimate.reach * effect.deviation
        return LayerEffect(
          layer: layer.name, form: form, outputChannels: layer.outputChannels, points: effect.mean,
          low: effect.mean - reach, high: effect.mean + reach)
      }
    }
  }

  /// Returns at most `count` of the strongest effects of pairs, the most certain first (by mean over deviation).
  package func pairEffects(atMost count: Int) -> [PairEffect] {
    let (space, effects) = (model.space, model.effects)
    let known = space.pairs.enumerated().flatMap { index, pair in
      (1..<space.optionCounts[pair.first]).flatMap { first in
        (1..<space.optionCounts[pair.second]).map { second in
          (index, first, second, effects.pairs[index][first * space.optionCounts[pair.second] + second])
        }
      }
    }
    // Each interval takes a solution of the trainings' equations, so only the largest effects get one.
    let strongest = known.filter { $0.3 != 0 }.sorted { abs($0.3) > abs($1.3) }.prefix(4 * count)
    let judged = strongest.map { index, first, second, _ in
      (index, first, second, model.combination(model.weights.row(ofPair: index, first, second)))
    }.sorted { abs($0.3.mean) * $1.3.deviation > abs($1.3.mean) * $0.3.deviation }
    return judged.prefix(count).map { index, first, second, effect in
      let pair = space.pairs[index]
      let (left, right) = (space.layers[pair.first], space.layers[pair.second])
      let reach = EffectModel.Estimate.reach * effect.deviation
      return PairEffect(
        firstLayer: left.name, firstForm: left.forms[first - 1], secondLayer: right.name,
        secondForm: right.forms[second - 1], points: effect.mean, low: effect.mean - reach, high: effect.mean + reach)
    }
  }

  /// Returns the inclusion along the frontier, from the smallest candidates to the dense network's size.
  package func inclusion(sizes: Int) -> [Inclusion] {
    let levels = CostLevels(model.space, count: sizes).ofParameters
    return zip(levels, draws.inclusion(levels)).map { level, shares in
      Inclusion(
        parameterRatio: Double(level.parameters ?? 0) / Double(model.space.denseCost.parameters), shares: shares)
    }
  }

  /// Returns the predictions of at most `count` trained candidates, taken evenly.
  package func predictions(atMost count: Int) -> [Prediction] {
    let candidates = model.trained.filter(model.isTrainedAtTop)
    let step = max(1, (candidates.count + count - 1) / max(1, count))
    return stride(from: 0, to: candidates.count, by: step).compactMap { index in
      let options = candidates[index]
      guard let held = model.heldOut(options) else { return nil }
      let reach = EffectModel.Estimate.reach * held.deviation
      return Prediction(
        candidate: model.space.candidate(options: options), predicted: held.mean / 100, low: (held.mean - reach) / 100,
        high: (held.mean + reach) / 100, measured: held.measured / 100)
    }
  }

  /// The deviations of one training around its candidate and of a seed's effect, in points. `seed` is `nil` if no
  /// trainings of different candidates share a seed.
  package var noise: (training: Double, seed: Double?) {
    (model.varianceOfTraining.squareRoot(), model.sharesSeeds ? priors[.seed] : nil)
  }
}

extension EffectModel {
  /// Returns the mean of a candidate's trainings at the top as predicted from the trainings of all others, its
  /// deviation, and the measured mean, all in points (Rasmussen and Williams 2006, section 5.4.2, for several trainings
  /// at once); `nil` if the candidate has no training at the top.
  func heldOut(_ options: [Int]) -> (mean: Double, deviation: Double, measured: Double)? {
    let own = trainings(of: options)
    let top = own.indices.filter { trainings[own[$0]].rung == 0 }
    guard !top.isEmpty else { return nil }
    let block = factor.inverseBlock(own, of: trainings.count)
    guard let inverse = CholeskyFactor(block, count: own.count) else { return nil }
    let errors = inverse.solve(own.map { residuals[$0] })
    let measured = Statistics.mean(top.map { trainings[own[$0]].score })
    let mean = Statistics.mean(top.map { trainings[own[$0]].score - errors[$0] })
    // The variance of the mean over the trainings at the top.
    let share = own.indices.map { top.contains($0) ? 1 / Double(top.count) : 0 }
    let variance = zip(share, inverse.solve(share)).reduce(0) { $0 + $1.0 * $1.1 }
    return (mean, max(0, variance).squareRoot(), measured)
  }
}
