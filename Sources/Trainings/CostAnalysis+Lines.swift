import ReadableText
import Reporting
import SearchCore

/// Output for human readers.
extension CostAnalysis {
  /// Tables at most `width` columns wide, as far as possible; `nil` for as wide as needed.
  package func lines(width: Int? = nil) -> [String] {
    let setting = "a training step, \(NumberText.plural(batch, "image")): multiply-adds and bytes of all its passes"
    let kernels = kernelVariant.map { "; milliseconds measured on one core of this machine, kernels \($0)" } ?? ""
    var lines = Wrapping.lines("\(model.rawValue), \(setting)\(kernels)", width: width, indent: 2)
    lines += [""] + Self.table(formColumns, width: width)
    lines += [""] + Self.table(layerColumns, width: width)
    lines += [""] + Self.table(gainColumns, width: width)
    let note = "(rank: a layer gains at every rank below this one; multiply-adds are those of the step's three passes)"
    return lines + Wrapping.lines(note, width: width, indent: 1)
  }

  /// A column of a table. If the table is too wide, the columns with the highest `order` are omitted first; those of
  /// order 0 always stay.
  private struct Column {
    var heading: String
    var order = 0
    var cells: [String]
  }

  private static func table(_ columns: [Column], width: Int?) -> [String] {
    var columns = columns
    var omitted: [String] = []
    func lines() -> [String] {
      AlignedColumns.lines(
        [columns.map(\.heading)] + (columns.first?.cells ?? []).indices.map { row in columns.map { $0.cells[row] } })
    }
    while let width, lines().contains(where: { $0.count > width }) {
      guard let last = columns.indices.max(by: { columns[$0].order < columns[$1].order }), columns[last].order > 0
      else { break }
      omitted.append(columns.remove(at: last).heading)
    }
    guard !omitted.isEmpty else { return lines() }
    return lines()
      + Wrapping.lines(
        "(left out for lack of room: \(omitted.joined(separator: ", ")); --format csv has them)", width: width,
        indent: 1)
  }

  private static func columns(of costs: [StepCost], dense: [StepCost], seconds: [Double?]) -> [Column] {
    func counts(_ heading: String, order: Int, _ count: (StepCost) -> Int) -> Column {
      Column(heading: heading, order: order, cells: costs.map { NumberText.count(count($0)) })
    }
    let columns = [
      counts("parameters", order: 2) { $0.parameters }, counts("forward", order: 4) { $0.forward.multiplyAdds },
      counts("input gradient", order: 5) { $0.inputGradient.multiplyAdds },
      counts("weight gradient", order: 6) { $0.weightGradient.multiplyAdds },
      counts("added", order: 7) { $0.addedMultiplyAdds },
      Column(
        heading: "of dense",
        cells: zip(costs, dense).map { NumberText.percent(Double($0.multiplyAdds) / Double($1.multiplyAdds)) }),
      Column(heading: "bytes", order: 3, cells: costs.map { Readable.bytes($0.bytes) }),
    ]
    guard seconds.contains(where: { $0 != nil }) else { return columns }
    return columns + [Column(heading: "ms", order: 1, cells: seconds.map { $0.map(milliseconds) ?? "" })]
  }

  private static func milliseconds(_ seconds: Double) -> String { NumberText.fixed(1e3 * seconds, 2) }

  private var formColumns: [Column] {
    [
      Column(heading: "form", cells: forms.map(\.label)),
      Column(heading: "variant", order: 1, cells: forms.map { $0.variant?.rawValue ?? "" }),
    ]
      + Self.columns(
        of: forms.map(\.cost), dense: forms.map { _ in forms[0].cost }, seconds: forms.map(\.stepSeconds))
      + (kernelVariant == nil
        ? []
        : [
          Column(
            heading: "ms of no layer", order: 2, cells: forms.map { $0.otherSeconds.map(Self.milliseconds) ?? "" })
        ])
  }

  /// Each layer, first dense, then in the forms that decompose it.
  private var layerColumns: [Column] {
    let dense = forms[0].layers
    let rows = dense.indices.flatMap { index in
      forms.map { (form: $0, layer: $0.layers[index], dense: dense[index]) }
        .filter { $0.layer.rank != nil || $0.form.candidate.isDense }
    }
    let kernels: [(String, (LayerSeconds) -> Double)] = [
      ("forward ms", { $0.forward }), ("input gradient ms", { $0.inputGradient }),
      ("weight gradient ms", { $0.weightGradient }),
    ]
    let times =
      kernelVariant == nil
      ? []
      : kernels.map { heading, seconds in
        Column(
          heading: heading, order: 8,
          cells: rows.map { $0.layer.seconds.map { Self.milliseconds(seconds($0)) } ?? "" })
      }
    return [
      Column(heading: "layer", cells: rows.map(\.layer.layer)),
      Column(heading: "rank", cells: rows.map { $0.layer.rank.map { "\($0)" } ?? "dense" }),
      Column(heading: "variant", order: 1, cells: rows.map { $0.layer.variant?.rawValue ?? "" }),
    ]
      + Self.columns(
        of: rows.map(\.layer.cost), dense: rows.map(\.dense.cost), seconds: rows.map { $0.layer.seconds?.total })
      + times
  }

  private var gainColumns: [Column] {
    let columns = [
      Column(heading: "gains below rank", cells: gains.map(\.layer)),
      Column(heading: "variant", cells: gains.map(\.variant.rawValue)),
      Column(heading: "parameters", cells: gains.map { "\($0.below.parameters)" }),
      Column(heading: "multiply-adds", cells: gains.map { "\($0.below.multiplyAdds)" }),
    ]
    guard kernelVariant != nil else { return columns }
    return columns + [Column(heading: "time", cells: gains.map { $0.time.map(\.text) ?? "not measured" })]
  }
}

extension MeasuredGain {
  /// The text for human readers.
  fileprivate var text: String {
    switch self {
    case .below(let rank): NumberText.fixed(rank, 1)
    case .upTo(let rank): "gains at \(rank)"
    case .noneFrom(let rank): "none at \(rank)"
    }
  }
}
