import ReadableText
import Reporting
import SearchCore
import StudyViews

/// The figures of a study. Raw values are the names on the command line.
package enum StudyFigure: String, CaseIterable, Sendable {
  /// Measured means against a cost: the study's first objective that is relative to the dense network, or the named
  /// one.
  case frontier
  case frontierParameters = "frontier-parameters"
  case frontierMultiplyAdds = "frontier-multiply-adds"
  case frontierStepTime = "frontier-step-time"
  case frontierInferenceTime = "frontier-inference-time"
  case frontierDeviceTime = "frontier-device-time"
  /// Two costs against each other.
  case parametersMultiplyAdds = "parameters-multiply-adds"
  case parametersStepTime = "parameters-step-time"
  case parametersInferenceTime = "parameters-inference-time"
  case multiplyAddsStepTime = "multiply-adds-step-time"
  case multiplyAddsInferenceTime = "multiply-adds-inference-time"
  case stepTimeInferenceTime = "step-time-inference-time"
  /// Figures of the estimates.
  case estimatesParameters = "estimates-parameters"
  case estimatesMultiplyAdds = "estimates-multiply-adds"
  case estimatesDeviceTime = "estimates-device-time"
  case estimatesParametersMultiplyAdds = "estimates-parameters-multiply-adds"
  /// Figures of final trainings: differences to the dense network, and accuracies and costs against each other.
  case final
  case finalParameters = "final-parameters"
  case finalMultiplyAdds = "final-multiply-adds"
  case finalParametersMultiplyAdds = "final-parameters-multiply-adds"
  case layers
  case ranks
  case inclusion
  case pairs
  case prediction
  case loss
  case lossByHours = "loss-by-hours"
  case hypervolume
  case hypervolumeByHours = "hypervolume-by-hours"
  case promotions
  case rungs
  case confirmations
  case workers
}

/// The reason why a study has no data for a figure, as a sentence that tells what would provide it.
package struct FigureAbsence: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
}

extension StudyFigure {
  /// Whether the figure exists only for studies with a table of device times.
  var isOfDevice: Bool { [.frontierDeviceTime, .estimatesDeviceTime].contains(self) }

  /// - Parameter rows: The row numbers of the page's table, by candidate; `nil` for a separate file.
  package func draw(_ view: StudyView, rows: [Candidate: Int]? = nil) throws(FigureAbsence) -> SVGFigure {
    switch self {
    case .frontier: return FrontierPlot(view.measured.drawn(onPage: rows != nil), rowNumbers: rows).figure
    case .frontierParameters: return try frontier(view, along: .parameters, rows)
    case .frontierMultiplyAdds: return try frontier(view, along: .multiplyAdds, rows)
    case .frontierStepTime: return try frontier(view, along: .stepTime, rows)
    case .frontierInferenceTime: return try frontier(view, along: .inferenceTime, rows)
    case .frontierDeviceTime: return try frontier(view, along: .deviceTime, rows)
    case .parametersMultiplyAdds: return try costs(view.measured, .parameters, .multiplyAdds, rows)
    case .parametersStepTime: return try costs(view.measured, .parameters, .stepTime, rows)
    case .parametersInferenceTime: return try costs(view.measured, .parameters, .inferenceTime, rows)
    case .multiplyAddsStepTime: return try costs(view.measured, .multiplyAdds, .stepTime, rows)
    case .multiplyAddsInferenceTime: return try costs(view.measured, .multiplyAdds, .inferenceTime, rows)
    case .stepTimeInferenceTime: return try costs(view.measured, .stepTime, .inferenceTime, rows)
    case .estimatesParameters: return try estimates(view, along: .parameters, rows)
    case .estimatesMultiplyAdds: return try estimates(view, along: .multiplyAdds, rows)
    case .estimatesDeviceTime: return try estimates(view, along: .deviceTime, rows)
    case .estimatesParametersMultiplyAdds:
      guard let estimated = view.estimated else { throw Self.withoutEstimates(view) }
      return try costs(estimated, .parameters, .multiplyAdds, rows)
    case .final: return try final(view)
    case .finalParameters: return try final(view, along: .parameters, rows)
    case .finalMultiplyAdds: return try final(view, along: .multiplyAdds, rows)
    case .finalParametersMultiplyAdds: return try finalCosts(view, rows)
    case .layers: return try layers(view)
    case .ranks: return try ranks(view)
    case .inclusion: return try inclusion(view)
    case .pairs: return try pairs(view)
    case .prediction: return try prediction(view, rows)
    case .loss: return try loss(view, byHours: false)
    case .lossByHours: return try loss(view, byHours: true)
    case .hypervolume: return try hypervolume(view, byHours: false)
    case .hypervolumeByHours: return try hypervolume(view, byHours: true)
    case .promotions: return try promotions(view)
    case .rungs: return try rungs(view)
    case .confirmations: return try confirmations(view)
    case .workers: return try workers(view)
    }
  }

  private func frontier(
    _ view: StudyView, along objective: Objective, _ rows: [Candidate: Int]?
  ) throws(FigureAbsence) -> SVGFigure {
    guard view.measured.rows.contains(where: { $0.score.ratioToDense(of: objective) != nil }) else {
      throw Self.unmeasured(objective)
    }
    return FrontierPlot(view.measured.drawn(onPage: rows != nil), abscissa: objective, rowNumbers: rows).figure
  }

  private func costs(
    _ report: StudyReport, _ abscissa: Objective, _ ordinate: Objective, _ rows: [Candidate: Int]?
  ) throws(FigureAbsence) -> SVGFigure {
    let plot = TradeoffPlot(
      report.drawn(onPage: rows != nil), abscissa: abscissa, ordinate: ordinate, rowNumbers: rows)
    guard !plot.isEmpty else {
      let missing = [abscissa, ordinate].first { objective in
        report.rows.allSatisfy { $0.score.ratioToDense(of: objective) == nil }
      }
      throw Self.unmeasured(missing ?? ordinate)
    }
    return plot.figure
  }

  private static func unmeasured(_ objective: Objective) -> FigureAbsence {
    if objective == .deviceTime {
      return FigureAbsence(description: "the study has no table of device times; name one in its configuration")
    }
    return FigureAbsence(description: "no \(objective.title) was measured; a successful training measures it")
  }

  private func estimates(
    _ view: StudyView, along objective: Objective, _ rows: [Candidate: Int]?
  ) throws(FigureAbsence) -> SVGFigure {
    guard let estimated = view.estimated else { throw Self.withoutEstimates(view) }
    if objective.isUnknown(in: estimated.denseCost) { throw Self.unmeasured(objective) }
    return FrontierPlot(estimated.drawn(onPage: rows != nil), abscissa: objective, rowNumbers: rows).figure
  }

  static func withoutEstimates(_ view: StudyView) -> FigureAbsence {
    guard let unread = view.unread else {
      return FigureAbsence(
        description: "there is no successful training to make estimates from; the first one gives them")
    }
    return FigureAbsence(
      description: "the study has \(NumberText.grouped(unread)) trainings, and estimates from more than "
        + "\(NumberText.grouped(StudyView.mostEstimated)) take long; export --format csv --estimates makes them")
  }
}

extension StudyReport {
  /// For a page, which has many figures, returns the report with pictures of only an even selection of its dominated
  /// candidates, at most `mostDrawn`.
  func drawn(onPage: Bool) -> StudyReport {
    let others = rows.filter { !$0.onFrontier && $0.reference == nil }.map(\.score.candidate)
    guard onPage, others.count > Self.mostDrawn else { return self }
    let step = Double(others.count) / Double(Self.mostDrawn)
    var report = self
    report.undrawn = Set(others).subtracting((0..<Self.mostDrawn).map { others[Int(Double($0) * step)] })
    return report
  }

  private static let mostDrawn = 800
}
