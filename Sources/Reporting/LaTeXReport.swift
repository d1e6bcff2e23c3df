import ReadableText
import SearchCore

// A table for papers, with the rules of the package booktabs. Every column of numbers has one unit and one number of
// decimals, so that right-aligned numbers line up.
extension StudyReport {
  func latex(_ selection: ReportSelection) -> String {
    let columns = latexColumns
    let rows = rows(selection)
    var text = "% \\usepackage{booktabs}\n% \(Self.latexComment("\(study): \(setting). \(extent)."))\n"
    for line in estimateLines + [omission(selection)].compactMap({ $0 }) + caveats {
      text += "% \(Self.latexComment(line))\n"
    }
    text += "\\begin{tabular}{l\(String(repeating: "r", count: columns.count))}\n  \\toprule\n"
    text += "  \((["Candidate"] + columns.map(\.heading)).joined(separator: " & ")) \\\\\n  \\midrule\n"
    for row in rows {
      let label = CandidateLabel(row.score.candidate, in: architecture).text
      let name = row.reference.map { $0 == .dense ? "dense" : "all layers at \($0.label)" } ?? label
      text += "  \(([Self.latexEscaped(name)] + columns.map { $0.cell(row) }).joined(separator: " & ")) \\\\\n"
    }
    return text + "  \\bottomrule\n\\end{tabular}\n"
  }

  private struct LaTeXColumn {
    var heading: String
    var cell: (ReportRow) -> String
  }

  private var latexColumns: [LaTeXColumn] {
    var columns: [LaTeXColumn] = []
    for objective in Objective.allCases {
      let descriptor = objective.descriptor
      switch descriptor.quantity {
      case .count(let count, _):
        let unit = Self.unit(count(denseCost))
        columns += [
          LaTeXColumn(heading: descriptor.heading + (unit.name.isEmpty ? "" : " (\(unit.name))")) {
            NumberText.fixed(Double(count($0.score.cost)) / unit.size, unit.decimals)
          },
          LaTeXColumn(heading: "\\%") { Self.percent($0.score.ratioToDense(of: objective)) },
        ]
      case .time(let time, _):
        let unit = Self.timeUnit(time(denseCost) ?? 0)
        columns += [
          LaTeXColumn(heading: "\(descriptor.heading) (\(unit.name))") { row in
            time(row.score.cost).map { NumberText.fixed(Double($0) / unit.size, 2) } ?? ""
          },
          LaTeXColumn(heading: "\\%") { Self.percent($0.score.ratioToDense(of: objective)) },
        ]
      case .fraction(let fraction, let deviation):
        columns += [
          LaTeXColumn(heading: "\(descriptor.heading) (\\%)") { Self.percent(fraction($0.score)) },
          LaTeXColumn(heading: "$\\pm$") { Self.percent(deviation($0.score)) },
        ]
      case .ratio:
        columns.append(
          LaTeXColumn(heading: "\(descriptor.heading) (\\%)") { Self.percent($0.score.ratioToDense(of: objective)) })
      }
    }
    if estimated != nil {
      columns += [
        LaTeXColumn(heading: "Estimate (\\%)") { Self.percent($0.estimate?.accuracy) },
        LaTeXColumn(heading: "90\\,\\% interval") { row in
          row.estimate.map { "\(Self.percent($0.low))--\(Self.percent($0.high))" } ?? ""
        },
      ]
    }
    // A column without a single value is left out.
    return columns.filter { column in rows.contains { !column.cell($0).isEmpty } }
  }

  private static func percent(_ fraction: Double?) -> String {
    fraction.map { NumberText.fixed($0 * 100, 1).replacing("-", with: "$-$") } ?? ""
  }

  private static func unit(_ dense: Int) -> (name: String, size: Double, decimals: Int) {
    switch dense {
    case 1_000_000...: ("M", 1e6, 2)
    case 1_000...: ("K", 1e3, 1)
    default: ("", 1, 0)
    }
  }

  private static func timeUnit(_ dense: Int) -> (name: String, size: Double) {
    switch dense {
    case 1_000_000_000...: ("s", 1e9)
    case 1_000_000...: ("ms", 1e6)
    default: ("$\\mu$s", 1e3)
    }
  }

  /// Puts the text on one line: a line break in a study's text would end the LaTeX comment and start a command.
  private static func latexComment(_ text: String) -> String { text.inOneLine }

  static func latexEscaped(_ text: String) -> String {
    text.inOneLine.reduce(into: "") { escaped, character in
      switch character {
      case "&", "%", "$", "#", "_", "{", "}": escaped += "\\\(character)"
      case "\\": escaped += "\\textbackslash{}"
      case "~": escaped += "\\textasciitilde{}"
      case "^": escaped += "\\textasciicircum{}"
      case "|": escaped += "\\textbar{}"
      case "<": escaped += "\\textless{}"
      case ">": escaped += "\\textgreater{}"
      case "·": escaped += "$\\cdot$"
      case "×": escaped += "$\\times$"
      case "–": escaped += "--"
      default: escaped.append(character)
      }
    }
  }
}

extension Reference {
  /// `25 %`; empty for the dense network.
  fileprivate var label: String { if case .allLayers(let label) = self { label } else { "" } }
}
