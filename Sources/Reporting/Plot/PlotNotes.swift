import ReadableText
import SearchCore

/// The notes below the picture: what it leaves out, explanations of the picture, and the caveats of the study.
enum PlotNotes {
  static let size = 11.5
  static let lineHeight = 16.0

  /// Returns the notes on lines of at most `width`; only a longer word exceeds it.
  static func lines(
    _ report: StudyReport, _ data: FrontierPlotData, overlapping: Int, width: Double
  ) -> [String] {
    paragraphs(report, data, overlapping: overlapping).flatMap { wrapped($0, width) }
  }

  /// - Parameters:
  ///   - overlapping: The number of points on the line that are not drawn because others lie at their places.
  ///   - dominated: The word for how dominated references look.
  static func paragraphs(
    _ report: StudyReport, _ data: FrontierPlotData, overlapping: Int, dominated: String = "hollow"
  ) -> [String] {
    var notes: [String] = []
    let below = data.points.count { $0.isBelowAxis }
    if below > 0 { notes.append("▽ \(NumberText.plural(below, "candidate")) below the axis") }
    if data.missing > 0 {
      notes.append("\(NumberText.plural(data.missing, "candidate")) without \(data.abscissa.title) not shown")
    }
    if data.absurd > 0 {
      notes.append(
        "\(NumberText.plural(data.absurd, "candidate")) with an absurd \(data.abscissa.title) or accuracy not shown")
    }
    if !report.undrawn.isEmpty {
      notes.append("\(NumberText.plural(report.undrawn.count, "more dominated candidate")) not drawn")
    }
    if data.points.contains(where: { $0.row.reference != nil && !$0.row.onFrontier && !$0.isDiverged }) {
      notes.append("\(dominated) references are dominated")
    }
    if let share = report.estimated?.openShare {
      notes.append("the measured frontier has \(NumberText.percent(share)) of the open hypervolume")
    }
    let others = report.objectives.filter { $0 != .accuracy && $0 != data.abscissa }
    let causes = others.map(\.title).joined(separator: " or ")
    if data.points.count(where: \.row.onFrontier) > data.staircase.count, !others.isEmpty {
      notes.append("filled points off the line are on the frontier by \(causes)")
    }
    if data.offLine > 0 {
      let cause = others.isEmpty ? "" : ", on the frontier by \(causes),"
      notes.append(
        "\(NumberText.plural(data.offLine, "untrained candidate")) off the line\(cause) "
          + "\(data.offLine == 1 ? "is" : "are") not shown")
    }
    if overlapping > 0 {
      notes.append(
        "the line joins \(NumberText.plural(overlapping, "more untrained candidate")), not shown for lack of room")
    }
    let caveats = report.rows.isEmpty && report.setAside.jobs == 0 ? [] : report.caveats
    return (notes.isEmpty ? [] : [notes.joined(separator: "; ")]) + caveats
  }

  private static func wrapped(_ text: String, _ width: Double) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let longer = line.isEmpty ? String(word) : "\(line) \(word)"
      if !line.isEmpty, LabelPlacement.width(of: longer, size: size) > width {
        lines.append(line)
        line = String(word)
      } else {
        line = longer
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }
}
