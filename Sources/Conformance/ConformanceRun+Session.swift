import SearchCore
import SearchProtocol

/// Checks of hello, welcome, heartbeats, and messages that a worker must ignore.
extension ConformanceRun {
  /// Checks the worker's first hellos, which are not answered.
  func meet() throws -> Hello {
    try require(
      "says hello", within: options.patienceSeconds, until: { !line.hellos().isEmpty },
      "no hello came" + (line.unreadable.first.map { "; received: \($0)" } ?? "")
        + " (a worker that sets its own routing id is disconnected)")
    let hello = line.hellos()[0]
    name(hello)
    let isFirst = if case .hello = line.heard[0].message { true } else { false }
    check("says nothing before the hello", isFirst, "its first message is not a hello")
    check(
      "the first hello names no study or attempts",
      hello.study == nil && hello.running.isEmpty && hello.finished.isEmpty,
      "it names study \(hello.study ?? "none"), \(hello.running.count) running and \(hello.finished.count) finished "
        + "attempts")
    let variants = hello.kernelVariants ?? []
    check(
      "the kernel variant is among those that it can compute with",
      !hello.kernelVariant.isEmpty && (variants.isEmpty || variants.contains(hello.kernelVariant)),
      "kernelVariant is '\(hello.kernelVariant)', kernelVariants are \(variants)")
    if KernelVariant(hello.kernelVariant).foreignEngine != nil {
      check(
        "a foreign worker speaks only versions with foreign workers",
        hello.oldestProtocol >= ProtocolVersion.withForeignEngines,
        "oldestProtocol is \(hello.oldestProtocol), \(ProtocolVersion.withForeignEngines) is the first such version")
    }
    check(
      "speaks a protocol version of the kit",
      hello.oldestProtocol <= ProtocolVersion.newest && hello.newestProtocol >= ProtocolVersion.withWorks,
      "it speaks \(hello.oldestProtocol) to \(hello.newestProtocol), the kit \(ProtocolVersion.withWorks) to "
        + "\(ProtocolVersion.newest)")
    if options.ending != nil { return hello }
    let count = line.hellos().count
    check(
      "says hello again if it gets no answer", within: 10, until: { line.hellos().count > count },
      "no second hello came")
    check(
      "keeps its name", line.hellos().allSatisfy { $0.worker == hello.worker },
      "its hellos name \(Set(line.hellos().map(\.worker)).sorted())")
    return hello
  }

  func checkSession(_ hello: Hello) throws {
    let start = line.place
    line.welcome = welcome(Self.firstStudy, hello)
    try require(
      "is ready after the welcome, with all its slots", within: options.patienceSeconds,
      until: { line.readies(since: start).last?.freeSlots == hello.slots },
      "expected ready with \(hello.slots) free slots, found "
        + (line.readies(since: start).last.map { "\($0.freeSlots)" } ?? "none"))
    let from = line.place
    line.hear(within: 8 * heartbeat)
    let count = line.heartbeats(since: from).count
    check(
      "sends a heartbeat every \(heartbeat) s, as the welcome says", (4...12).contains(count),
      "\(count) came in \(8 * heartbeat) s")
    check(
      "its heartbeats give its free slots",
      line.heartbeats(since: from).allSatisfy { $0.content.freeSlots == hello.slots && $0.content.running.isEmpty },
      "expected \(hello.slots) free slots and no running attempts")
  }

  /// Checks that a worker ignores invalid and irrelevant messages.
  func checkNoise() throws {
    let head = Array("LYSR".utf8) + [ProtocolVersion.framing]
    let id = [UInt8](repeating: 0, count: 8)
    let job = CoordinatorMessage.Codes.job
    try pass("unknown message types") {
      for code in [0, 99, 127, 200, 255] as [UInt8] { line.send(code: code, payload: "{}") }
    }
    try pass("payloads that are not JSON, or of another message") {
      for payload in ["", "{", "[]", "null", "{}", #"{"reference":{"attempt":1,"job":1}}"#, "\u{0}\u{1}"] {
        line.send(code: job, payload: payload)
      }
    }
    try pass("fields of a wrong type or out of range") {
      for reference in [#"{"attempt":0,"job":1}"#, #"{"attempt":1,"job":-1}"#, #"{"attempt":"1","job":1}"#, "7"] {
        line.send(code: job, payload: #"{"reference":\#(reference),"work":"x"}"#)
      }
      line.send(code: CoordinatorMessage.Codes.drain, payload: #"{"reason":"noSuchReason"}"#)
      line.send(code: CoordinatorMessage.Codes.cancel, payload: #"{"attempt":1e99,"job":1}"#)
    }
    try pass("messages with a wrong number of frames or a wrong first frame") {
      line.send(frames: [[]])
      line.send(frames: [head, [job], id])
      line.send(frames: [[], head, [job], id, Array("{}".utf8)])
      line.send(frames: [Array("HTTP1".utf8), [job], id, Array("{}".utf8)])
      line.send(frames: [head, [], id, []])
    }
    try pass("messages about attempts that it does not have") {
      let nobody = AttemptReference(job: 999_999, attempt: 3)
      line.send(.cancel(nobody))
      line.send(.resultAcknowledged(nobody))
    }
    try pass("a welcome to another study that answers no hello") {
      guard var welcome = line.welcome else { return }
      // First answer hellos that were lost or ignored, which may still be waiting for a welcome.
      for _ in 0..<16 { line.send(.welcome(welcome)) }
      welcome.study = "conformance-none"
      line.send(.welcome(welcome))
    }
    try pass("unknown keys in payloads") {
      line.send(
        code: CoordinatorMessage.Codes.coordinatorHeartbeat,
        payload: #"{"mood":"good","study":"\#(Self.firstStudy)"}"#)
    }
    try pass("messages that announce a pause") { line.send(.bench(Bench(reason: "the kit says so", seconds: 1))) }
  }

  /// Checks that the worker goes on as if nothing had been sent.
  private func pass(_ what: String, _ say: () -> Void) throws {
    let start = line.place
    say()
    line.hear(within: 4 * heartbeat)
    // Handing back an attempt that it could not take is an acceptable answer.
    let answers = line.said(since: start) { message -> String? in
      switch message {
      case .workerHeartbeat, .ready: nil
      case .result(let report): if case .returned = report.outcome { nil } else { "a result" }
      case .hello: "hello"
      case .accept: "accept"
      case .bye(let bye): "bye (\(bye.reason))"
      default: "another message"
      }
    }.map(\.content)
    let beats = line.heartbeats(since: start).count
    check(
      "tolerates \(what)", answers.isEmpty && beats > 0,
      beats == 0 ? "it sends nothing any more" : "it sent: \(answers.prefix(3).joined(separator: ", "))")
    // The worker may have ended, or may come back.
    if beats == 0 {
      try require(
        "is still there after \(what)", within: 30, until: { line.heartbeats(since: start).count > 0 }, "it is gone")
    }
  }
}
