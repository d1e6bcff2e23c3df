import Reporting
import SearchCore

/// Output for scripts.
extension CostAnalysis {
  private static let header = [
    "layer", "label", "variant", "rank", "parameters", "forward_multiply_adds", "input_gradient_multiply_adds",
    "weight_gradient_multiply_adds", "added_multiply_adds", "forward_bytes", "input_gradient_bytes",
    "weight_gradient_bytes", "seconds", "forward_seconds", "input_gradient_seconds", "weight_gradient_seconds",
    "weights_seconds", "passes_seconds", "gains_below_rank_by_parameters", "gains_below_rank_by_multiply_adds",
    "gains_below_rank_by_time",
  ]

  /// One row per form for the whole network, `all`, and for each of its layers; if times were measured, also one for
  /// what belongs to no layer, `other`. Unknown values are empty fields.
  package var csv: String {
    let gains = Dictionary(uniqueKeysWithValues: gains.map { ("\($0.layer) \($0.variant.rawValue)", $0) })
    let rows = forms.flatMap { form in
      let start = { (layer: String, variant: BasisVariant?, rank: Int?) in
        [layer, form.label, variant?.rawValue ?? "", rank.map { "\($0)" } ?? ""]
      }
      let whole =
        start("all", form.variant, nil) + Self.fields(form.cost) + [form.stepSeconds.map { "\($0)" } ?? ""]
        + Array(repeating: "", count: 8)
      let layers = form.layers.map { layer in
        let variant = layer.variant ?? form.variant
        let gain = variant.flatMap { gains["\(layer.layer) \($0.rawValue)"] }
        return start(layer.layer, variant, layer.rank) + Self.fields(layer.cost) + Self.fields(layer.seconds)
          + Self.fields(gain)
      }
      let other = form.otherSeconds.map { seconds in
        start("other", form.variant, nil) + Array(repeating: "", count: 8) + ["\(seconds)"]
          + Array(repeating: "", count: 8)
      }
      return [whole] + layers + [other].compactMap(\.self)
    }
    return StudyReport.csv([Self.header] + rows)
  }

  private static func fields(_ cost: StepCost) -> [String] {
    [
      cost.parameters, cost.forward.multiplyAdds, cost.inputGradient.multiplyAdds, cost.weightGradient.multiplyAdds,
      cost.addedMultiplyAdds, cost.forward.bytes, cost.inputGradient.bytes, cost.weightGradient.bytes,
    ].map { "\($0)" }
  }

  private static func fields(_ seconds: LayerSeconds?) -> [String] {
    guard let seconds else { return Array(repeating: "", count: 6) }
    return [
      seconds.total, seconds.forward, seconds.inputGradient, seconds.weightGradient, seconds.weights, seconds.passes,
    ].map { "\($0)" }
  }

  /// The fields of a gain. The time is only written if it is a rank between measured ones.
  private static func fields(_ gain: Gain?) -> [String] {
    guard let gain else { return ["", "", ""] }
    var time = ""
    if case .below(let rank) = gain.time { time = "\(rank)" }
    return ["\(gain.below.parameters)", "\(gain.below.multiplyAdds)", time]
  }
}
