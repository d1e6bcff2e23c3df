import Foundation
import TestSupport
import Testing

@Suite("the page of a running study", .serialized)
struct LivePageTests {
  private static let quick = ["--heartbeat-seconds", "0.3", "--lease-seconds", "2"]

  func coordinator(_ place: Place, port: Int, http: Int, _ options: [String] = []) throws -> RunningCommand {
    try RunningCommand(
      [
        "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:\(port)", "--http", "127.0.0.1:\(http)", "--quiet",
      ] + Self.quick + options, in: place)
  }

  /// Returns a browser that shows the page.
  func livePage(_ place: Place, http: Int) async throws -> Browser {
    let browser = try await Browser(in: place)
    try await browser.visit("http://127.0.0.1:\(http)/")
    try await browser.wait(until: "document.querySelector('#connection')?.dataset.state === 'live'")
    return browser
  }

  @Test(
    "a study is followed: numbers, jobs and metrics; its coordinator is killed and comes back, and the stream goes on")
  func course() async throws {
    let place = try Place()
    try place.writeLongerStudy(layers: ["layer1.0.conv1", "layer2.0.conv2", "layer3.0.conv1"])
    let (port, http) = (try freePort(), try freePort())
    let first = try coordinator(place, port: port, http: http)
    _ = try await first.endpoint()
    #expect(try await first.page() == UInt16(http))
    let number = UInt16(http)
    #expect(try await WebAnswer.of("/healthz", port: number).status == 200)
    let worker = try place.start("worker", "--connect", "tcp://127.0.0.1:\(port)", "--slots", "2", "--quiet")
    let stream = try WebConnection(port: number)
    stream.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:\(http)\r\n\r\n")
    _ = try await stream.receive(until: "worker joined")
    try await first.wait(for: "a result") {
      try await object(WebAnswer.of("/api/study", port: number).body)["results"] as? Int ?? 0 > 0
    }
    let metrics = try await WebAnswer.of("/metrics", port: number).body
    #expect(metrics.contains("layersearch_jobs{state=\"running\"}") && metrics.contains("layersearch_slots 2\n"))
    try await first.wait(for: "a training that is told of") {
      let workers = try await object(WebAnswer.of("/api/workers", port: number).body)["workers"] as? [[String: Any]]
      return (workers?.first?["trainings"] as? [[String: Any]])?.contains { $0["loss"] is Double } ?? false
    }
    let history = try await object(WebAnswer.of("/api/jobs/1", port: number).body)["explanation"] as? [String: Any]
    #expect((history?["jobs"] as? [[String: Any]])?.first?["job"] as? Int == 1, "\(history ?? [:])")
    try await first.wait(for: "figures") { try await WebAnswer.of("/api/frontier", port: number).status == 200 }
    #expect(try await WebAnswer.of("/parts/found", port: number).body.contains("<svg"))
    first.send(SIGKILL)
    _ = try await first.end()
    // Reads until the connection ends.
    _ = try? await stream.receiveAll()
    let second = try coordinator(place, port: port, http: http, ["--resume"])
    _ = try await second.page()
    let again = try WebConnection(port: number)
    again.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:\(http)\r\nLast-Event-ID: 00000000-1\r\n\r\n")
    let told = try await again.receive(until: "event: end", within: 300)
    #expect(told.contains("study finished"))
    #expect(try await second.end().exitCode == 0)
    #expect(try await worker.end().exitCode == 0)
    #expect(try await finishedJobs(place) == 8)
  }

  @Test("run serves a page, too, and what it prints at the end is what it was")
  func run() async throws {
    let place = try Place()
    try place.writeLongerStudy(layers: ["layer1.0.conv1"])
    let run = try place.start("run", "study.yaml", "--quiet", "--slots", "1", "--http", "localhost:0")
    try await run.wait(for: "page") { run.output.contains("page at http://localhost:") || !run.isRunning }
    let port = try #require(run.output.split(separator: "\n").first.flatMap { UInt16($0.dropFirst(25).dropLast()) })
    // The port is open before the study is.
    try await run.wait(for: "study") { try await WebAnswer.of("/readyz", port: port).status == 200 }
    #expect(try await WebAnswer.of("/", port: port).body.contains("<h1>tiny</h1>"))
    let end = try await run.end()
    #expect(end.exitCode == 0 && end.output.contains("export  layersearch export"), "\(end.errors)")
    #expect(throws: WebConnection.Failure.self) { _ = try WebConnection(port: port) }
  }

  @Test("what cannot be served is refused in one line, before there is a study")
  func refusals() async throws {
    let place = try Place()
    try place.writeStudy()
    try place.write("0123456789abcdef0123456789abcdef\n", to: "token")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: place.path("token"))
    let taken = try RunningListener()
    for (arguments, code, text) in [
      (["--http", "127.0.0.1"], 2, "the port is missing"), (["--http", "http://localhost:80"], 2, "begin with http:"),
      (["--http", "0.0.0.0:0"], 2, "--http-token-file"), (["--http", "[::]:0"], 2, "reachable from other machines"),
      (["--http-token-file", "token"], 2, "requires --http"), (["--http-control"], 2, "requires --http"),
      (["--http", "127.0.0.1:0", "--http-control"], 2, "give --http-token-file"),
      (["--http", "192.0.2.1:0"], 2, "--http-token-file"),
      (["--http", "0.0.0.0:0", "--http-token-file", "token"], 2, "can read this token"),
      (["--http", "0.0.0.0:0", "--http-token-file", "none"], 2, "cannot be read"),
      (["--http", "127.0.0.1:\(taken.port)"], 1, "another process listens there"),
    ] {
      for command in [["run", "study.yaml"], ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0"]] {
        let result = try await RunningCommand(command + arguments, in: place).end()
        #expect(result.exitCode == code && isOneLine(result.errors) && result.errors.contains(text), "\(result.errors)")
        #expect(!place.exists("studies"))
      }
    }
  }

  @Test(
    "in a browser numbers move, figures come, points tell what they are, and a break is told",
    .enabled(if: Browser.isInstalled))
  func browser() async throws {
    let place = try Place()
    try place.writeLongerStudy(layers: ["layer1.0.conv1", "layer2.0.conv2", "layer3.0.conv1"])
    let (port, http) = (try freePort(), try freePort())
    let first = try coordinator(place, port: port, http: http)
    _ = try await first.page()
    let browser = try await livePage(place, http: http)
    let worker = try place.start("worker", "--connect", "tcp://127.0.0.1:\(port)", "--slots", "1", "--quiet")
    try await browser.wait(until: "document.querySelector('[data-fact=workers] span').textContent === '1'")
    try await browser.wait(until: "document.querySelector('[data-fact=jobs] span').textContent.startsWith('1 of')")
    try await browser.wait(until: "document.querySelector('#workers tbody').rows.length === 1")
    try await browser.wait(until: "document.querySelectorAll('table.candidates tbody tr').length >= 2")
    let points = try await browser.evaluate("document.querySelectorAll('#found svg [data-row]').length") as? Int ?? 0
    // The pointer on a point, and on a heading of the table.
    try await browser.point(at: "#found svg [data-row]")
    try await browser.wait(until: "!document.getElementById('tip').hidden")
    #expect(try await browser.evaluate("document.getElementById('tip').textContent.length > 10") as? Bool == true)
    try await browser.evaluate("document.querySelector('table.candidates th:nth-child(3) button').click()")
    try await browser.wait(until: "document.querySelector('table.candidates th:nth-child(3)').ariaSort === 'ascending'")
    // The history of a job.
    try await browser.evaluate("document.querySelector('#jobs').scrollIntoView()")
    try await browser.wait(until: "document.querySelector('#job-list button.number')")
    try await browser.evaluate("document.querySelector('#job-list button.number').click()")
    try await browser.wait(until: "document.querySelector('#job-list tr.history')?.textContent.includes('Attempt 1')")
    try await browser.evaluate("document.querySelector('#job-list button.number').click()")
    if let axe = Browser.axe {
      for scheme in ["light", "dark"] {
        try await browser.prefer(scheme: scheme)
        let findings = try await browser.seriousFindings(ofAxe: axe)
        #expect(findings.isEmpty, "\(scheme): \(findings)")
      }
    }
    first.send(SIGKILL)
    _ = try await first.end()
    try await browser.wait(
      until: "document.querySelector('#connection').textContent.startsWith('Lost the coordinator at')")
    let before = browser.problems.filter { !$0.contains("ERR_") }
    let second = try coordinator(place, port: port, http: http, ["--resume", "--stay"])
    try await browser.wait(until: "document.querySelector('#connection').textContent.startsWith('Back at')")
    try await browser.wait(
      until: "document.querySelector('[data-fact=jobs] span').textContent === '8 of 8'", within: 300)
    try await browser.wait(until: "document.querySelector('#event-list').textContent.includes('study finished')")
    // New figures keep the order that was chosen, and have more points.
    try await browser.point(at: "h1")
    try await browser.wait(until: "document.querySelectorAll('#found svg [data-row]').length > \(points)", within: 300)
    #expect(
      try await browser.evaluate("document.querySelector('table.candidates th:nth-child(3)').ariaSort") as? String
        == "ascending")
    // The browser itself reports connections that were refused in the meantime.
    #expect(before == [] && browser.problems.filter { !$0.contains("ERR_") } == [], "\(browser.problems)")
    if let folder = ProcessInfo.processInfo.environment["LAYERSEARCH_SCREENSHOTS"] {
      try await browser.wait(until: "document.querySelectorAll('table.candidates tbody tr').length >= 8")
      for (name, width, isDark) in [("wide", 1200, false), ("narrow", 390, false), ("dark", 1200, true)] {
        try await browser.resize(width: width, height: 900)
        try await browser.prefer(scheme: isDark ? "dark" : "light")
        try await browser.screenshot(to: "\(folder)/\(name).png")
      }
    }
    second.send(SIGTERM)
    _ = try await second.end()
    _ = try await worker.end()
    try await browser.close()
  }

  @Test(
    "in a browser that is there at the end, the page shows what there is then", .enabled(if: Browser.isInstalled))
  func end() async throws {
    let place = try Place()
    try place.writeLongerStudy(layers: ["layer1.0.conv1"])
    let (port, http) = (try freePort(), try freePort())
    let command = try coordinator(place, port: port, http: http)
    _ = try await command.page()
    let browser = try await livePage(place, http: http)
    try await browser.evaluate("document.querySelector('#jobs').scrollIntoView()")
    let worker = try place.start("worker", "--connect", "tcp://127.0.0.1:\(port)", "--slots", "1", "--quiet")
    try await browser.wait(
      until:
        "document.querySelector('#connection').textContent === 'The coordinator has ended; the study is finished.'",
      within: 300)
    _ = try await command.end()
    _ = try await worker.end()
    let jobs = try await finishedJobs(place)
    let states =
      try await browser.evaluate(
        "[...document.querySelectorAll('#job-list tbody tr')].map(row => row.cells[2].textContent).join()") as? String
    #expect(states == Array(repeating: "finished", count: jobs).joined(separator: ","))
    let rows = try await browser.evaluate("document.querySelectorAll('table.candidates tbody tr').length") as? Int
    #expect(rows == jobs)
    try await browser.close()
  }
}
