import Foundation
import Testing

@Suite("reports of a study", .serialized)
struct ReportTests {
  @Test("a page, a figure, a PDF and a table for papers are written of a study that was searched")
  func formats() async throws {
    let place = try await Place.withFinishedStudy()
    let page = try await place.run("export", "studies/tiny", "--format", "html", "--output", "report.html")
    #expect(page.exitCode == 0 && page.errors == "wrote report.html\n", "\(page.errors)")
    let html = try String(contentsOfFile: place.path("report.html"), encoding: .utf8)
    #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("<h1>tiny</h1>") && html.contains("id=\"r4\""))
    let figure = try await place.run("export", "studies/tiny", "--format", "svg", "--figure", "layers")
    #expect(figure.exitCode == 0 && figure.output.hasPrefix("<?xml") && figure.output.contains("layer1.0.conv1, rank"))
    // The default picture of a study is its figure of the frontier.
    let svg = try await place.run("export", "studies/tiny", "--format", "svg")
    let same = try await place.run("export", "studies/tiny", "--format", "svg", "--figure", "frontier")
    #expect(same.output == svg.output)
    let latex = try await place.run("export", "studies/tiny", "--format", "latex", "--all")
    #expect(latex.output.contains("\\toprule") && latex.output.split(separator: "\n").count > 8)
  }

  @Test("a PDF is made by what is installed, and where nothing is, the error says what would")
  func pdf() async throws {
    let place = try await Place.withFinishedStudy()
    let none = try await place.shell("PATH=/nowhere $(command -v layersearch) export studies/tiny --format pdf")
    #expect(none.exitCode == 1 && isOneLine(none.errors) && none.errors.contains("chromium"), "\(none.errors)")
    let tools = try await place.shell(
      """
      mkdir bin
      fake() {
        printf '#!/bin/sh\\nfor a; do case $a in %s=*) printf %s > "${a#%s=}";; esac; done\\n' $2 $3 $2 > bin/$1
      }
      fake rsvg-convert --output '%%PDF'
      fake chromium --print-to-pdf '%%PDF-page'
      chmod +x bin/*
      program=$(command -v layersearch)
      PATH=$PWD/bin:/usr/bin:/bin $program export studies/tiny --format pdf --output page.pdf && cat page.pdf
      PATH=$PWD/bin:/usr/bin:/bin $program export studies/tiny --format pdf --figure workers
      rm bin/chromium
      PATH=$PWD/bin $program export studies/tiny --format pdf
      """)
    #expect(tools.exitCode == 0 && tools.output == "%PDF-page%PDF%PDF", "\(tools.output) \(tools.errors)")
    #expect(tools.errors.contains("only the figures"))
  }

  @Test("what cannot be drawn is refused in one line that names what can")
  func refusals() async throws {
    let place = try await Place.withFinishedStudy()
    for (arguments, code, text) in [
      (["--format", "svg", "--figure", "layrs"], 2, "did you mean layers?"),
      (["--format", "svg", "--figure", "zzzzzzzzzzzz"], 2, "the figures are frontier, "),
      (["--format", "csv", "--figure", "layers"], 2, "svg or pdf"),
      (["--format", "svg", "--figure", "rungs"], 1, "strategy.halving"),
      (["--format", "svg", "--figure", "final"], 1, "the command final"),
      (["--format", "html", "--estimates"], 2, "leave out --estimates"),
      (["--format", "html", "--count", "3"], 2, "leave out --count"),
    ] {
      let result = try await RunningCommand(["export", "studies/tiny"] + arguments, in: place).end()
      #expect(result.exitCode == code && isOneLine(result.errors) && result.errors.contains(text), "\(result.errors)")
      #expect(result.output.isEmpty)
    }
    let terminal = try await place.shell(
      "script -qec 'layersearch export studies/tiny --format html' /dev/null < /dev/null; echo $?")
    let said = terminal.output
    #expect(said.contains("cannot be shown on a terminal") && said.hasSuffix("2\n"), "\(said)")
  }

  @Test("studies are compared as picture, page and rows, with a warning where their recipes differ")
  func comparison() async throws {
    let place = try await Place.withFinishedStudy()
    try place.writeStudy("other", epochs: 2, file: "other.yaml")
    #expect(try await place.run("run", "other.yaml", "--quiet", "--slots", "2").exitCode == 0)
    let unknown = try await place.run(
      "compare", "studies/tiny", "studies/other", "--format", "csv", "--by", "device_time")
    #expect(unknown.exitCode == 1 && isOneLine(unknown.errors), "\(unknown.errors)")
    #expect(unknown.errors.contains("study studies/tiny has no table of device times"))
    let csv = try await place.run("compare", "studies/tiny", "studies/other", "--format", "csv")
    #expect(csv.exitCode == 0 && csv.output.hasPrefix("study,candidate,parameters_ratio,"), "\(csv.errors)")
    #expect(csv.errors.contains("warning: tiny and other were trained by different recipes: proxy.epochs is 1 and 2"))
    let svg = try await place.run(
      "compare", "studies/tiny", "studies/other", "--format", "svg", "--by", "multiply_adds")
    #expect(svg.output.contains("different recipes") && svg.output.contains("class=\"frontier-line\""))
    let page = try await place.run("compare", "studies/tiny", "studies/other", "--format", "html")
    #expect(page.output.hasPrefix("<!DOCTYPE html>") && page.output.contains("different recipes"))
    for (arguments, text) in [
      (["studies/tiny"], "takes 2 to 12 studies"), (["studies/tiny", "studies/othr"], "there is no such folder"),
      (["studies/tiny", "studies/other", "--by", "paramters"], "did you mean parameters?"),
    ] {
      let result = try await RunningCommand(["compare"] + arguments + ["--format", "csv"], in: place).end()
      #expect(result.exitCode != 0 && isOneLine(result.errors) && result.errors.contains(text), "\(result.errors)")
    }
  }
}
