import Foundation
import Testing

@Suite("a report in a browser", .serialized, .enabled(if: Browser.isInstalled))
struct ReportBrowserTests {
  /// Opens the report of a small finished study.
  private func report(_ place: Place, width: Int = 1200) async throws -> Browser {
    let export = try await place.run("export", "studies/tiny", "--format", "html", "--output", "report.html")
    #expect(export.exitCode == 0, "\(export.errors)")
    let browser = try await Browser(in: place, width: width)
    try await browser.visit("file://\(place.path("report.html"))")
    return browser
  }

  /// Presses Tab until the focused element, `e`, fulfills a JavaScript condition.
  private func tab(_ browser: Browser, to condition: String) async throws {
    for _ in 0..<200 {
      try await browser.press("Tab")
      let found = try await browser.evaluate("(e => Boolean(\(condition)))(document.activeElement)")
      if found as? Bool == true { return }
    }
    Issue.record("the keyboard does not reach \(condition)")
  }

  @Test("is used by keyboard alone, tells what a point is, and has no error")
  func keyboard() async throws {
    let place = try await Place.withFinishedStudy()
    let browser = try await report(place)
    let names = "[...document.querySelectorAll('table.candidates tbody tr')]"
    // A point of the frontier, what it is, and its row.
    try await tab(browser, to: "e.closest('svg') && e.dataset.row")
    let tip = "document.getElementById('tip')"
    #expect(try await browser.evaluate("\(tip).hidden") as? Bool == false)
    let label = try await browser.text("document.activeElement.getAttribute('aria-label')")
    let told = try await browser.text("\(tip).querySelector('b').textContent")
    #expect(!told.isEmpty && label.hasPrefix(told), "\(label) \(told)")
    #expect(try await browser.text("\(tip).textContent").contains("Accuracy: "))
    try await browser.press("Enter")
    #expect(try await browser.evaluate("document.querySelectorAll('tr.chosen').length") as? Int == 1)
    try await browser.press("Escape")
    #expect(try await browser.evaluate("\(tip).hidden") as? Bool == true)
    // Filtering.
    try await tab(browser, to: "e.matches('input[type=search]')")
    try await browser.press("dense")
    #expect(try await browser.evaluate("\(names).filter(row => !row.hidden).length") as? Int == 1)
    #expect(try await browser.text("document.querySelector('[role=status]').textContent") == "1 of 4")
    try await browser.evaluate("document.activeElement.select()")
    try await browser.press("layer1")
    #expect(try await browser.evaluate("\(names).filter(row => !row.hidden).length") as? Int == 2)
    try await browser.evaluate("document.activeElement.value = ''")
    try await browser.press("l")
    // Sorting by accuracy, up and down.
    let accuracies = """
      \(names).filter(row => !row.hidden).map(row => parseFloat(row.cells[[...document.querySelector(
        'table.candidates thead tr').cells].findIndex(cell => cell.textContent === 'Accuracy')].textContent))
      """
    try await tab(browser, to: "e.textContent === 'Accuracy' && e.closest('th')")
    for (order, sign) in [("ascending", 1), ("descending", -1)] {
      try await browser.press("Enter")
      #expect(try await browser.text("document.querySelector('th[aria-sort]').getAttribute('aria-sort')") == order)
      let sorted = """
        \(accuracies).every((value, index, all) => index === 0 || \(sign) * (value - all[index - 1]) >= 0)
        """
      #expect(try await browser.evaluate(sorted) as? Bool == true, "\(order)")
    }
    // One of several figures at a time.
    try await tab(browser, to: "e.matches('.choice button[aria-pressed=false]')")
    try await browser.press("Space")
    #expect(try await browser.evaluate("document.activeElement.getAttribute('aria-pressed')") as? String == "true")
    #expect(browser.problems.isEmpty, "\(browser.problems)")
    try await browser.close()
  }

  @Test("tells what the point under the pointer is, and is as wide as the window", arguments: [1200, 400])
  func pointer(width: Int) async throws {
    let place = try await Place.withFinishedStudy()
    let browser = try await report(place, width: width)
    try await browser.point(at: "#figure-frontier svg path[data-row]")
    #expect(try await browser.evaluate("document.getElementById('tip').hidden") as? Bool == false)
    #expect(try await browser.text("document.querySelector('#tip b').textContent").isEmpty == false)
    #expect(
      try await browser.evaluate("document.documentElement.scrollWidth <= innerWidth") as? Bool == true)
    #expect(browser.problems.isEmpty, "\(browser.problems)")
    try await browser.close()
  }

  @Test(
    "has no serious finding of axe-core, light and dark",
    .enabled(if: Browser.axe != nil, "LAYERSEARCH_AXE names no axe.min.js"),
    arguments: ["light", "dark"])
  func axe(scheme: String) async throws {
    let place = try await Place.withFinishedStudy()
    let browser = try await report(place)
    try await browser.prefer(scheme: scheme)
    let findings = try await browser.seriousFindings(ofAxe: try #require(Browser.axe))
    #expect(findings.isEmpty, "\(findings)")
    try await browser.close()
  }
}
