import ReadableText
import Reporting
import SearchCore
import StudyViews

// Figures of the course of the search, of confirmations and of workers.
extension StudyFigure {
  private static func curve(_ name: String, _ points: [StudyView.Courses.Point], byHours: Bool, scale: Double)
    -> CurvePlot.Curve
  {
    CurvePlot.Curve(
      name: name,
      points: points.compactMap { point in
        let x = byHours ? point.hours : Double(point.trainings)
        return x.map { CurvePlot.Point(x: $0, y: point.value * scale, error: nil) }
      }, isReference: false)
  }

  private static func extent(byHours: Bool) -> String {
    byHours ? "Hours of training, summed over workers" : "Trainings"
  }

  func loss(_ view: StudyView, byHours: Bool) throws(FigureAbsence) -> SVGFigure {
    let curve = Self.curve("expected loss", view.courses.expectedLoss, byHours: byHours, scale: 1)
    guard !curve.points.isEmpty else {
      throw FigureAbsence(
        description: byHours && !view.courses.expectedLoss.isEmpty
          ? "the times of the trainings are not on record"
          : "only a search in rounds (strategy.name: surrogate) has one")
    }
    return CurvePlot(
      title: "Expected loss", subtitle: "What the named candidates were expected to lose against the best, by round",
      abscissa: Self.extent(byHours: byHours), ordinate: "Points of accuracy", curves: [curve], levels: [],
      hasRoundTicks: true
    ).figure
  }

  func hypervolume(_ view: StudyView, byHours: Bool) throws(FigureAbsence) -> SVGFigure {
    let curve = Self.curve("measured frontier", view.courses.openShare, byHours: byHours, scale: 100)
    guard !curve.points.isEmpty else {
      throw FigureAbsence(
        description: byHours && !view.courses.openShare.isEmpty
          ? "the times of the trainings are not on record"
          : "it needs trainings of the dense network and of all layers decomposed")
    }
    return CurvePlot(
      title: "Share of the open hypervolume",
      subtitle: "Of what the dense network and all layers decomposed leave to be found; by today's estimates",
      abscissa: Self.extent(byHours: byHours), ordinate: "%", curves: [curve], levels: [], hasRoundTicks: true
    ).figure
  }

  func rungs(_ view: StudyView) throws(FigureAbsence) -> SVGFigure {
    guard let rungs = view.rungs else {
      throw FigureAbsence(description: "the study trains at one rung; strategy.halving makes several")
    }
    let top = rungs.rungs.count
    let points = rungs.courses.compactMap { course -> AgreementPlot.Point? in
      guard let high = course.accuracies[top - 1], let low = course.accuracies[top - 2] else { return nil }
      return AgreementPlot.Point(
        predicted: low * 100, low: -.greatestFiniteMagnitude, high: .greatestFiniteMagnitude, found: high * 100,
        name: CandidateLabel(course.candidate, in: view.measured.architecture).text)
    }
    guard points.count > 1 else {
      throw FigureAbsence(description: "fewer than two candidates have results at the top rung")
    }
    func epochs(_ rung: StudyView.Rungs.Rung) -> String { "\(NumberText.shortest(rung.epochs)) epochs" }
    return AgreementPlot(
      title: "The top rung against the one below it", subtitle: "Mean accuracies of candidates that went on",
      abscissa: "Accuracy after \(epochs(rungs.rungs[top - 2])) (%)",
      ordinate: "Accuracy after \(epochs(rungs.rungs[top - 1])) (%)", points: points, hasIntervals: false
    ).figure
  }

  func promotions(_ view: StudyView) throws(FigureAbsence) -> SVGFigure {
    guard let rungs = view.rungs else {
      throw FigureAbsence(description: "the study trains at one rung; strategy.halving makes several")
    }
    let references = Set(view.measured.rows.filter { $0.reference != nil }.map(\.score.candidate))
    let plot = PromotionsPlot(
      rungs: rungs.rungs.map {
        PromotionsPlot.Rung(
          name: "\(NumberText.shortest($0.epochs)) epoch\($0.epochs == 1 ? "" : "s")", candidates: $0.candidates,
          promoted: $0.promoted)
      },
      lines: rungs.courses.map { course in
        PromotionsPlot.Line(
          name: CandidateLabel(course.candidate, in: view.measured.architecture).text,
          accuracies: course.accuracies.map { $0.map { $0 * 100 } },
          isReference: references.contains(course.candidate))
      })
    guard !plot.isEmpty else { throw FigureAbsence(description: "no training at a rung has succeeded yet") }
    return plot.figure
  }

  func confirmations(_ view: StudyView) throws(FigureAbsence) -> SVGFigure {
    let lines = view.noise.confirmations.compactMap { confirmed -> IntervalPlot.Line? in
      guard let difference = confirmed.entry.difference, let low = confirmed.entry.low, let high = confirmed.entry.high
      else { return nil }
      return IntervalPlot.Line(
        name: CandidateLabel(confirmed.entry.candidate, in: view.measured.architecture).text,
        value: difference * 100, low: low * 100, high: high * 100,
        text: Self.points(difference * 100, low * 100, high * 100))
    }
    guard !lines.isEmpty else {
      throw FigureAbsence(
        description: view.noise.confirmations.isEmpty
          ? "no candidate was confirmed; strategy.confirm does that"
          : "one confirmation of a point gives no interval; set strategy.confirm to 2 or more")
    }
    return IntervalPlot(
      title: "Confirmed differences to the dense network",
      subtitle: "Under fresh seeds, paired by seed; 95 % intervals that hold together", abscissa: "Points of accuracy",
      lines: lines, mark: .point
    ).figure
  }

  static let mostWorkers = 40

  func workers(_ view: StudyView) throws(FigureAbsence) -> SVGFigure {
    let workers = view.workers.filter { $0.results > 0 }
    guard !workers.isEmpty else { throw FigureAbsence(description: "no worker has delivered a result yet") }
    let lines = workers.prefix(Self.mostWorkers).map { worker in
      let time = worker.meanSeconds.map { ", \(NumberText.fixed($0, 1)) s each" } ?? ""
      return IntervalPlot.Line(
        name: "\(worker.id.inOneLine.cut(toCharacters: 30)) on \(worker.host.inOneLine.cut(toCharacters: 30))",
        value: worker.share * 100, text: "\(NumberText.plural(worker.results, "result"))\(time)")
    }
    let rest = workers.count - lines.count
    return IntervalPlot(
      title: "Workers",
      subtitle: "Share of the results" + (rest > 0 ? "; \(NumberText.grouped(rest)) more brought fewer" : ""),
      abscissa: "% of all results", lines: lines, mark: .bar
    ).figure
  }
}
