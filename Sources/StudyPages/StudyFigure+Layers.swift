import ReadableText
import Reporting
import SearchCore
import StudyViews

// Figures of the effects of layers by the model of all trainings.
extension StudyFigure {
  /// `1.23 (0.80 to 1.66)`, in points.
  static func points(_ value: Double, _ low: Double?, _ high: Double?) -> String {
    func text(_ value: Double) -> String { NumberText.fixed(value, 2) }
    guard let low, let high else { return text(value) }
    return "\(text(value)) (\(text(low)) to \(text(high)))"
  }

  private func effects(_ view: StudyView) throws(FigureAbsence) -> StudyView.Effects {
    guard let effects = view.effects else { throw Self.withoutEstimates(view) }
    return effects
  }

  private static func basis(_ view: StudyView) -> String {
    "By all \(NumberText.plural(view.estimated?.estimated?.trainings ?? 0, "training")) together"
  }

  func layers(_ view: StudyView) throws(FigureAbsence) -> SVGFigure {
    let lines = try effects(view).byRank.map { effect in
      IntervalPlot.Line(
        name: "\(effect.layer), rank \(effect.form) of \(effect.outputChannels)", value: effect.points,
        low: effect.low, high: effect.high, text: Self.points(effect.points, effect.low, effect.high))
    }
    return IntervalPlot(
      title: "What decomposing one layer costs", subtitle: "\(Self.basis(view)), with 90 % intervals",
      abscissa: "Accuracy lost (points)", lines: lines, mark: .bar
    ).figure
  }

  func ranks(_ view: StudyView) throws(FigureAbsence) -> SVGFigure {
    let effects = try effects(view)
    let forms = Set(effects.byRank.map(\.form)).sorted { ($0.rank, $0.description) < ($1.rank, $1.description) }
    let rows = effects.layers.map { layer in
      HeatPlot.Row(
        name: layer,
        values: forms.map { form in effects.byRank.first { $0.layer == layer && $0.form == form }?.points })
    }
    return HeatPlot(
      title: "Accuracy lost by layer and rank", subtitle: "\(Self.basis(view)), in points", abscissa: "Rank",
      columns: forms.map(\.description), rows: rows, text: { NumberText.fixed($0, 2) }
    ).figure
  }

  func inclusion(_ view: StudyView) throws(FigureAbsence) -> SVGFigure {
    let effects = try effects(view)
    let rows = effects.layers.enumerated().map { index, layer in
      HeatPlot.Row(name: layer, values: effects.inclusion.map { $0.shares[index] })
    }
    return HeatPlot(
      title: "Layers that the best candidates decompose",
      subtitle: "Share of what the trainings leave possible in which the best candidate of the size decomposes the "
        + "layer, in percent",
      abscissa: "At most so many of the dense network's parameters",
      columns: effects.inclusion.map { NumberText.percent($0.parameterRatio, 0) }, rows: rows, range: 0...1,
      text: { NumberText.fixed($0 * 100, 0) }
    ).figure
  }

  func pairs(_ view: StudyView) throws(FigureAbsence) -> SVGFigure {
    let pairs = try effects(view).pairs
    guard !pairs.isEmpty else {
      throw FigureAbsence(
        description: "the trainings show nothing about pairs of layers; more trainings of candidates that decompose "
          + "near layers would")
    }
    let lines = pairs.map { pair in
      IntervalPlot.Line(
        name: "\(pair.firstLayer)=\(pair.firstForm) with \(pair.secondLayer)=\(pair.secondForm)", value: pair.points,
        low: pair.low, high: pair.high, text: Self.points(pair.points, pair.low, pair.high))
    }
    return IntervalPlot(
      title: "Pairs of near layers", subtitle: "\(Self.basis(view)): the clearest, with 90 % intervals",
      abscissa: "Accuracy lost beyond what each costs alone (points)", lines: lines, mark: .point
    ).figure
  }

  func prediction(_ view: StudyView, _ rows: [Candidate: Int]?) throws(FigureAbsence) -> SVGFigure {
    let predictions = try effects(view).predictions
    guard predictions.count > 1 else {
      throw FigureAbsence(description: "with one candidate there is nothing to predict; the next training changes that")
    }
    let points = predictions.map { prediction in
      AgreementPlot.Point(
        predicted: prediction.predicted * 100, low: prediction.low * 100, high: prediction.high * 100,
        found: prediction.measured * 100,
        name: CandidateLabel(prediction.candidate, in: view.measured.architecture).text,
        row: rows?[prediction.candidate])
    }
    let inside = points.count(where: \.isInside)
    return AgreementPlot(
      title: "Foretold against measured",
      subtitle: "Each candidate by the trainings of all others; \(NumberText.grouped(inside)) of "
        + "\(NumberText.grouped(predictions.count)) lie within their 90 % intervals",
      abscissa: "Foretold accuracy (%)", ordinate: "Measured accuracy (%)", points: points
    ).figure
  }
}
