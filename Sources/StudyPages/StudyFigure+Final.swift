import ReadableText
import Reporting
import SearchCore
import Studies
import StudyViews

// Figures of final trainings.
extension StudyFigure {
  /// Returns the final results with their names and accuracies, 0…1.
  private func results(
    _ view: StudyView
  ) throws(FigureAbsence) -> [(entry: FinalResults.Entry, name: String, accuracy: Double)] {
    guard let final = view.final else {
      throw FigureAbsence(description: "no candidate was trained in full; the command final does that")
    }
    let sound = final.candidates.compactMap { entry in
      entry.testAccuracy.map { (entry: entry, name: final.name(of: entry), accuracy: $0) }
    }
    guard !sound.isEmpty else { throw FigureAbsence(description: "all full trainings diverged") }
    return sound
  }

  func final(_ view: StudyView) throws(FigureAbsence) -> SVGFigure {
    let lines = try results(view).map { entry, name, accuracy in
      let interval = entry.difference.map {
        Self.points($0 * 100, entry.differenceLow.map { $0 * 100 }, entry.differenceHigh.map { $0 * 100 })
      }
      let dense = entry.difference.map { accuracy - $0 }
      // The interval of the difference to dense, shifted to the candidate's accuracy.
      return IntervalPlot.Line(
        name: name, value: accuracy * 100,
        low: dense.flatMap { dense in entry.differenceLow.map { (dense + $0) * 100 } },
        high: dense.flatMap { dense in entry.differenceHigh.map { (dense + $0) * 100 } },
        text: NumberText.percent(accuracy) + (interval.map { ", \($0)" } ?? ""))
    }
    return IntervalPlot(
      title: "Trained in full, judged by the test images",
      subtitle: "Bars are 95 % intervals, all together, of the difference to dense under the same seeds (in points)",
      abscissa: "Test accuracy (%)", lines: lines, mark: .point
    ).figure
  }

  private static let intervals = "Intervals are those of the difference to dense (95 %, together)"

  /// Draws the accuracy on the test images against a cost.
  func final(_ view: StudyView, along cost: Objective, _ rows: [Candidate: Int]?) throws(FigureAbsence) -> SVGFigure {
    let points = try results(view).map { entry, name, accuracy in
      let dense = entry.difference.map { accuracy - $0 }
      return point(
        entry, name: name, x: entry.ratio(of: cost) * 100, y: accuracy * 100,
        low: dense.flatMap { dense in entry.differenceLow.map { (dense + $0) * 100 } },
        high: dense.flatMap { dense in entry.differenceHigh.map { (dense + $0) * 100 } }, view, rows)
    }
    return ScatterPlot(
      ScatterPlot.Texts(
        title: "\(view.identity.name): test accuracy against \(cost.title)",
        heading: "Trained in full: test accuracy against \(cost.title)", subtitle: Self.intervals,
        abscissa: "\(cost.descriptor.axis) (% of the dense network's)", ordinate: "Test accuracy (%)",
        frontier: "on the frontier of these", interval: "95 % interval"),
      points: points, minimumSpan: (20, 1), isOnPage: rows != nil
    ).figure
  }

  func finalCosts(_ view: StudyView, _ rows: [Candidate: Int]?) throws(FigureAbsence) -> SVGFigure {
    let points = try results(view).map { entry, name, _ in
      point(
        entry, name: name, x: entry.parameterRatio * 100, y: entry.multiplyAddRatio * 100, low: nil, high: nil, view,
        rows)
    }
    return ScatterPlot(
      ScatterPlot.Texts(
        title: "\(view.identity.name): multiply-adds against parameters of what was trained in full",
        heading: "Trained in full: multiply-adds against parameters", subtitle: "What was judged by the test images",
        abscissa: "Parameters (% of the dense network's)", ordinate: "Multiply-adds (%)",
        frontier: "on the frontier of these"),
      points: points, minimumSpan: (20, 20), isOnPage: rows != nil
    ).figure
  }

  private func point(
    _ entry: FinalResults.Entry, name: String, x: Double, y: Double, low: Double?, high: Double?, _ view: StudyView,
    _ rows: [Candidate: Int]?
  ) -> ScatterPlot.Point {
    let candidate = try? Candidate(parsing: entry.candidate)
    let reference = view.report.rows.first { $0.score.candidate == candidate }?.reference
    return ScatterPlot.Point(
      x: x, y: y, low: low, high: high, kind: reference.map { $0 == .dense ? .dense : .allLayers } ?? .own,
      isOnFrontier: view.final?.isNondominated(entry) ?? false,
      text: "\(name): \(NumberText.percent(entry.testAccuracy ?? 0)), "
        + "\(NumberText.percent(entry.parameterRatio)) of the parameters, "
        + "\(NumberText.percent(entry.multiplyAddRatio)) of the multiply-adds",
      row: candidate.flatMap { rows?[$0] })
  }
}

extension FinalResults.Entry {
  /// The accuracy; `nil` if there are no more sound trainings than diverged ones.
  fileprivate var soundAccuracy: Double? { seeds > divergedSeeds ? testAccuracy : nil }

  fileprivate func ratio(of cost: Objective) -> Double {
    cost == .multiplyAdds ? multiplyAddRatio : parameterRatio
  }
}

extension FinalResults {
  /// Whether no other entry of the same recipe is at least as good in accuracy, parameters and multiply-adds, and
  /// better in one of them.
  fileprivate func isNondominated(_ entry: Entry) -> Bool {
    guard let accuracy = entry.soundAccuracy else { return false }
    return !candidates.contains { other in
      guard let otherAccuracy = other.soundAccuracy else { return false }
      return other.epochs == entry.epochs && other.trainImages == entry.trainImages
        && other.learningRate == entry.learningRate && otherAccuracy >= accuracy
        && other.parameters <= entry.parameters && other.multiplyAdds <= entry.multiplyAdds
        && (otherAccuracy > accuracy || other.parameters < entry.parameters || other.multiplyAdds < entry.multiplyAdds)
    }
  }
}
