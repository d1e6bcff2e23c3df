import Foundation
import Messaging
import SearchProtocol
import TestSupport
import Testing

/// Readers that prove who they are, that read hostile texts, and that act.
extension LivePageTests {
  @Test(
    "a browser is asked for the token once, and again when it is another", .enabled(if: Browser.isInstalled))
  func token() async throws {
    let place = try Place()
    try place.writeStudy()
    let (port, http) = (try freePort(), try freePort())
    func begin(_ token: String, _ options: [String] = []) async throws -> RunningCommand {
      try place.write(token + "\n", to: "token")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place.path("token"))
      let command = try coordinator(place, port: port, http: http, ["--http-token-file", "token"] + options)
      _ = try await command.page()
      return command
    }
    let browser = try await Browser(in: place)
    func show(_ token: String) async throws {
      try await browser.wait(until: "location.pathname === '/login' && document.querySelector('#token').value === ''")
      try await browser.evaluate(
        "document.querySelector('#token').value = '\(token)'; document.querySelector('form button').click()")
    }
    let isLive = "document.querySelector('#connection')?.dataset.state === 'live'"
    let first = try await begin("0123456789abcdef")
    try await browser.visit("http://127.0.0.1:\(http)/")
    try await show("wrong")
    try await browser.wait(until: "document.body.innerText.includes('That is not the token')")
    try await show("0123456789abcdef")
    try await browser.wait(until: isLive)
    #expect(try await browser.evaluate("location.pathname + document.cookie") as? String == "/")
    first.send(SIGTERM)
    _ = try await first.end()
    let second = try await begin("fedcba9876543210", ["--resume"])
    try await show("fedcba9876543210")
    try await browser.wait(until: isLive)
    second.send(SIGTERM)
    _ = try await second.end()
    try await browser.close()
  }

  @Test("in a browser hostile names and reasons are texts", .enabled(if: Browser.isInstalled))
  func hostileTexts() async throws {
    let place = try Place()
    try place.writeStudy()
    let (port, http) = (try freePort(), try freePort())
    let command = try coordinator(place, port: port, http: http)
    _ = try await command.page()
    let browser = try await livePage(place, http: http)
    let hostile = "<img src=x onerror=alert(1)>'\"</script><script>document.title = 1</script>"
    let context = try MessagingContext()
    let attacker = try Attacker("tcp://127.0.0.1:\(port)", security: .plaintext, context: context, seed: 1)
    #expect(try await attacker.greet(hostile))
    try attacker.send(.ready(Ready(freeSlots: 1)))
    try await command.wait(for: "a job") {
      let answer = try await WebAnswer.of("/api/study", port: UInt16(http))
      return (try object(answer.body)["jobs"] as? [String: Any])?["running"] as? Int == 1
    }
    let report = AttemptReport(
      reference: AttemptReference(job: 1, attempt: 1), study: attacker.study, outcome: .failed(reason: hostile))
    try attacker.send(.result(report))
    for id in ["workers tbody", "job-list tbody", "event-list"] {
      try await browser.evaluate("document.querySelector('#\(id)').scrollIntoView()")
      try await browser.wait(until: "document.querySelector('#\(id)').textContent.includes('<img src=x')")
    }
    try await browser.evaluate("document.querySelector('#job-list button.number').click()")
    try await browser.wait(until: "document.querySelector('tr.history')?.textContent.includes('</script>')")
    let control = try await place.run("control", "studies/tiny", "pause", "--author", "<img src=y>")
    #expect(control.exitCode == 0, "\(control.errors)")
    try await browser.wait(until: "document.querySelector('[data-fact=left] small').textContent.startsWith('paused')")
    try await browser.wait(until: "document.querySelector('#event-list').textContent.includes('asked by <img src=y>')")
    #expect(try object(await WebAnswer.of("/api/study", port: UInt16(http)).body)["state"] as? String == "paused")
    #expect(try await browser.evaluate("document.querySelectorAll('img, body script').length") as? Int == 0)
    #expect(try await browser.evaluate("document.title") as? String == "tiny: resnet8")
    #expect(browser.problems == [], "\(browser.problems)")
    attacker.close()
    command.send(SIGTERM)
    _ = try await command.end()
    try await browser.close()
  }

  @Test(
    "with --http-control a reader acts, is told what was done or why not, and it is on record",
    .enabled(if: Browser.isInstalled))
  func acting() async throws {
    let place = try Place()
    try place.writeStudy()
    try place.write("0123456789abcdef\n", to: "token")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place.path("token"))
    let (port, http) = (try freePort(), try freePort())
    let running = try coordinator(
      place, port: port, http: http, ["--http-token-file", "token", "--http-control"])
    _ = try await running.page()
    let browser = try await Browser(in: place)
    try await browser.visit("http://127.0.0.1:\(http)/")
    try await browser.wait(until: "location.pathname === '/login'")
    try await browser.evaluate(
      "document.querySelector('#token').value = '0123456789abcdef'; document.querySelector('form button').click()")
    try await browser.wait(until: "document.querySelector('#connection')?.dataset.state === 'live'")
    func isAnswered(_ text: String) async throws {
      try await browser.wait(
        until: "document.querySelector('#control-answer').textContent.includes(\(Browser.quoted(text)))")
    }
    try await browser.evaluate("document.querySelector('#author').value = 'ann'")
    try await browser.evaluate("document.querySelector('#control [data-verb=pause]').click()")
    try await isAnswered("the study is paused")
    try await browser.wait(until: "document.querySelector('[data-fact=left] small').textContent.startsWith('paused')")
    try await browser.evaluate(
      "document.querySelector('#control form[data-verb=budget] input').value = '1'; "
        + "document.querySelector('#control form[data-verb=budget] button').click()")
    try await isAnswered("Refused: a budget of 1 jobs is below the 4")
    try await browser.evaluate("document.querySelector('#jobs').scrollIntoView()")
    try await browser.wait(until: "document.querySelector('#job-list button[data-key=\"cancel 2\"]')")
    try await browser.evaluate("document.querySelector('#job-list button[data-key=\"cancel 2\"]').click()")
    try await isAnswered("job 2 is canceled")
    try await browser.wait(until: "document.querySelector('#job-list button[data-key=\"retry 2\"]')")
    let status = try object(try await place.run("status", "studies/tiny", "--json").output)
    let interventions = status["interventions"] as? [[String: String]] ?? []
    #expect(interventions.map { $0["author"] } == ["ann (127.0.0.1)", "ann (127.0.0.1)"], "\(interventions)")
    #expect(browser.problems.filter { !$0.contains("409") } == [], "\(browser.problems)")
    running.send(SIGTERM)
    _ = try await running.end()
  }
}
