import ReadableText
import Reporting
import SearchCore
import ShellCommands
import Studies
import StudyViews

// The sections of a report in their order. A section without content is left out.
extension ReportPage {
  var sections: [Section] {
    [frontier, candidates] + (view.final == nil ? [] : [final]) + (view.effects == nil ? [] : [layers])
      + (hasCourse ? [course] : []) + (view.rungs == nil ? [] : [rungs]) + [noise]
      + (view.workers.isEmpty ? [] : [workers]) + (hasFailures ? [failures] : [])
      + (view.status.interventions.isEmpty ? [] : [byHand]) + [configuration]
  }

  private var frontier: Section {
    Section("frontier", "Frontier") {
      tag("p") {
        "The line joins the most accurate candidates for their size; what lies below it is dominated. Points of the "
          + "frontier can be reached with the Tab key."
      }
      for line in view.report.estimateLines { tag("p", ["class": "faint"]) { line } }
      choice(
        [
          ("Measured, by \(first.title)", .frontier)
        ] + otherFrontiers + [
          ("Estimated, by parameters", .estimatesParameters), ("Estimated, by multiply-adds", .estimatesMultiplyAdds),
          ("Estimated, by device time", .estimatesDeviceTime),
          ("Parameters and multiply-adds", .parametersMultiplyAdds),
          ("Estimated, parameters and multiply-adds", .estimatesParametersMultiplyAdds),
          ("Parameters and step time", .parametersStepTime),
          ("Parameters and inference time", .parametersInferenceTime),
          ("Multiply-adds and step time", .multiplyAddsStepTime),
          ("Multiply-adds and inference time", .multiplyAddsInferenceTime),
          ("Step time and inference time", .stepTimeInferenceTime),
        ])
    }
  }

  private var first: Objective { .abscissa(of: view.measured.objectives) }

  private var otherFrontiers: [(name: String, figure: StudyFigure)] {
    let all: [(Objective, StudyFigure)] = [
      (.parameters, .frontierParameters), (.multiplyAdds, .frontierMultiplyAdds), (.stepTime, .frontierStepTime),
      (.inferenceTime, .frontierInferenceTime), (.deviceTime, .frontierDeviceTime),
    ]
    return all.filter { $0.0 != first }.map { ("Measured, by \($0.0.title)", $0.1) }
  }

  private var candidates: Section {
    Section("candidates", "Candidates") {
      tag("p") { LayerStrip.key }
      if table.omitted > 0 {
        tag("p", ["class": "caveat"]) {
          "\(NumberText.plural(table.omitted, "candidate")) more, dominated or untrained, are not shown here: "
            + ShellCommand.line([
              "layersearch", "export", view.identity.folder, "--format", "csv", "--all", "--estimates",
            ])
        }
      }
      table.html
    }
  }

  private var layers: Section {
    Section("layers", "Layers") {
      figure(.layers)
      figure(.ranks)
      figure(.inclusion)
      figure(.pairs)
      figure(.prediction)
    }
  }

  private var final: Section {
    Section("final", "Trained in full") {
      choice([
        ("Differences to dense", .final), ("By parameters", .finalParameters),
        ("By multiply-adds", .finalMultiplyAdds),
        ("Parameters and multiply-adds", .finalParametersMultiplyAdds),
      ])
    }
  }

  private var hasCourse: Bool { !view.courses.openShare.isEmpty || !view.courses.expectedLoss.isEmpty }

  private var course: Section {
    Section("course", "Course of the search") {
      choice([("Over trainings", .hypervolume), ("Over hours of training", .hypervolumeByHours)])
      choice([("Over trainings", .loss), ("Over hours of training", .lossByHours)])
    }
  }

  private var rungs: Section {
    Section("rungs", "Rungs") {
      if let rungs = view.rungs {
        Page.table(
          ["Rung", "Epochs", "Trainings", "Done", "Diverged", "Candidates", "Went on"],
          rungs.rungs.map { rung in
            [
              "\(rung.number)", NumberText.shortest(rung.epochs), NumberText.grouped(rung.jobs),
              NumberText.grouped(rung.finished), NumberText.grouped(rung.diverged),
              NumberText.grouped(rung.candidates),
              rung.promoted.map {
                "\(NumberText.grouped($0)) (\(NumberText.percent(Double($0) / Double(max(1, rung.candidates)), 0)))"
              } ?? "",
            ]
          })
        for note in rungs.notes { tag("p", ["class": "faint"]) { note } }
      }
      figure(.promotions)
      figure(.rungs)
    }
  }

  private var configuration: Section {
    Section("configuration", "Configuration") {
      tag("p") { "With this in \(view.identity.configurationFile), this command starts the same search again:" }
      tag("pre") { tag("code") { ShellCommand.line(view.identity.command) } }
      tag("pre") { tag("code") { view.identity.configuration } }
      tag("details") {
        tag("summary") { "All that results depend on, as it is on record" }
        Page.table(
          ["Key", "Value"],
          view.identity.entries.map { [$0.key, $0.value] }
            + [["budget.jobs", view.identity.budget.map { "\($0)" } ?? "no bound"]], texts: [0, 1])
      }
    }
  }
}
