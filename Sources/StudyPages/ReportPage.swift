import ReadableText
import Reporting
import SearchCore
import ShellCommands
import Studies
import StudyViews

/// A study as a single page in one file, which is fully readable without a script, on paper, and without colors.
package struct ReportPage {
  let view: StudyView
  let table: CandidatesTable
  /// The time at which the page was made.
  let time: String
  /// The figures as drawn for the page, and descriptions of the figures that the study has no data for.
  private let drawn: [StudyFigure: SVGFigure]
  private let missing: [FigureAbsence]

  /// - Parameter time: The time at which the page is made, in ISO 8601.
  package init(_ view: StudyView, time: String) {
    self.view = view
    self.time = time
    let table = CandidatesTable(view)
    self.table = table
    var drawn: [StudyFigure: SVGFigure] = [:]
    var missing: [FigureAbsence] = []
    // Without a table of device times, its figures are not listed as missing: most studies do not need one.
    let isTimed = view.measured.denseCost.deviceTime != nil
    for figure in StudyFigure.allCases where isTimed || !figure.isOfDevice {
      do throws(FigureAbsence) { drawn[figure] = try figure.draw(view, rows: table.numbers) } catch {
        if !missing.contains(error) { missing.append(error) }
      }
    }
    (self.drawn, self.missing) = (drawn, missing)
  }

  /// The whole file.
  package var text: String {
    let sections = sections
    return Page.text(title: "\(view.identity.name): \(view.measured.setting)") {
      header(sections)
      tag("main") {
        for section in sections { section.html }
        absences
      }
      footer
    }
  }

  /// A section of the page, with its entry in the table of contents.
  struct Section {
    var id: String
    var title: String
    var content: HTML

    init(_ id: String, _ title: String, @HTMLBuilder _ content: () -> HTML) {
      (self.id, self.title, self.content) = (id, title, content())
    }

    var html: HTML {
      tag("section", ["id": id]) {
        tag("h2") { title }
        content
      }
    }
  }

  private func header(_ sections: [Section]) -> HTML {
    tag("header") {
      tag("h1") { view.identity.name }
      tag("p", ["class": "faint"]) { "\(view.measured.setting). \(view.measured.extent)." }
      tag("dl", ["class": "facts"]) {
        for fact in facts {
          tag("div") {
            tag("dt") { fact.name }
            tag("dd") {
              fact.value
              if let more = fact.more { tag("small") { more } }
            }
          }
        }
      }
      for caveat in view.report.caveats { tag("p", ["class": "caveat"]) { caveat } }
      tag("nav", ["aria-label": "Contents"]) {
        for section in sections { tag("a", ["href": "#\(section.id)"]) { section.title } }
      }
    }
  }

  private var footer: HTML {
    tag("footer") {
      tag("p") {
        "Made \(time) by layersearch \(view.identity.version). Study \(view.identity.studyID), fingerprint "
          + "\(view.identity.fingerprint)."
      }
    }
  }

  /// Returns a figure, or nothing if the study has no data for it; `absences` then tells what would provide the data.
  func figure(_ figure: StudyFigure) -> HTML {
    guard let drawn = drawn[figure] else { return .empty }
    return tag("figure", ["id": "figure-\(figure.rawValue)"]) {
      tag("div", ["class": "plot"]) { drawn }
      tag("figcaption") {
        tag("b") { drawn.title }
        ". \(drawn.description)"
      }
    }
  }

  /// Returns several figures of which a reader sees one at a time; the first is open.
  func choice(_ figures: [(name: String, figure: StudyFigure)]) -> HTML {
    let known = figures.filter { drawn[$0.figure] != nil }
    return tag("div", ["class": "choice"]) {
      for (index, entry) in known.enumerated() {
        tag("details", index == 0 ? ["open": ""] : [:]) {
          tag("summary") { entry.name }
          figure(entry.figure)
        }
      }
    }
  }

  /// All figures that the study has data for, without `frontier`, which repeats another one.
  var figures: [SVGFigure] {
    StudyFigure.allCases.filter { $0 != .frontier }.compactMap { try? $0.draw(view) }
  }

  private var absences: HTML {
    missing.isEmpty
      ? .empty
      : tag("section", ["id": "missing"]) {
        tag("h2") { "Not in this report" }
        tag("ul") { for absence in missing { tag("li") { absence.description.firstUppercased + "." } } }
      }
  }
}

extension String {
  var firstUppercased: String { prefix(1).uppercased() + dropFirst() }
}
