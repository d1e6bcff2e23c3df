import SearchCore
import SearchProtocol

/// Checks of hello, welcome, heartbeats, and messages that a worker must ignore.
extension ConformanceRun {
  /// Checks the worker's first hellos, which are not answered.
  func meet() throws -> Hello {
    try require(
      "says hello", within: options.patienceSeconds, until: { !line.hellos().isEmpty },
      "nothing came that is a hello" + (line.unreadable.first.map { "; what came: \($0)" } ?? "")
        + " (a worker that sets a routing id of its own is cut off)")
    let hello = line.hellos()[0]
    name(hello)
    let isFirst = if case .hello = line.heard[0].message { true } else { false }
    check("says nothing before the hello", isFirst, "its first message is another")
    check(
      "the first hello carries nothing of a study",
      hello.study == nil && hello.running.isEmpty && hello.finished.isEmpty,
      "it names study \(hello.study ?? "none"), \(hello.running.count) running and \(hello.finished.count) finished "
        + "attempts")
    let variants = hello.kernelVariants ?? []
    check(
      "the kernel variant is one that it can compute with",
      !hello.kernelVariant.isEmpty && (variants.isEmpty || variants.contains(hello.kernelVariant)),
      "kernelVariant is '\(hello.kernelVariant)', kernelVariants are \(variants)")
    if KernelVariant(hello.kernelVariant).foreignEngine != nil {
      check(
        "a foreign worker speaks no version that knows none",
        hello.oldestProtocol >= ProtocolVersion.withForeignEngines,
        "oldestProtocol is \(hello.oldestProtocol), \(ProtocolVersion.withForeignEngines) is the first with them")
    }
    check(
      "speaks a version that is spoken here",
      hello.oldestProtocol <= ProtocolVersion.newest && hello.newestProtocol >= ProtocolVersion.withWorks,
      "it speaks \(hello.oldestProtocol) to \(hello.newestProtocol), here \(ProtocolVersion.withWorks) to "
        + "\(ProtocolVersion.newest)")
    if options.ending != nil { return hello }
    let count = line.hellos().count
    check(
      "says hello again where nobody answers", within: 10, until: { line.hellos().count > count }, "no second one came")
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
      "wanted was ready with \(hello.slots) free slots, came "
        + (line.readies(since: start).last.map { "\($0.freeSlots)" } ?? "none"))
    let from = line.place
    line.hear(within: 8 * heartbeat)
    let count = line.heartbeats(since: from).count
    check(
      "says a heartbeat every \(heartbeat) s, as the welcome has it", (4...12).contains(count),
      "\(count) came in \(8 * heartbeat) s")
    check(
      "its heartbeats give its free slots",
      line.heartbeats(since: from).allSatisfy { $0.content.freeSlots == hello.slots && $0.content.running.isEmpty },
      "wanted were \(hello.slots) free slots and nothing that runs")
  }

  /// Checks that a worker ignores invalid and irrelevant messages.
  func checkNoise() throws {
    let head = Array("LYSR".utf8) + [ProtocolVersion.framing]
    let id = [UInt8](repeating: 0, count: 8)
    let job = CoordinatorMessage.Codes.job
    try pass("unknown message types") {
      for code in [0, 99, 127, 200, 255] as [UInt8] { line.send(code: code, payload: "{}") }
    }
    try pass("payloads that are no JSON, or of another message") {
      for payload in ["", "{", "[]", "null", "{}", #"{"reference":{"attempt":1,"job":1}}"#, "\u{0}\u{1}"] {
        line.send(code: job, payload: payload)
      }
    }
    try pass("fields of another type or out of range") {
      for reference in [#"{"attempt":0,"job":1}"#, #"{"attempt":1,"job":-1}"#, #"{"attempt":"1","job":1}"#, "7"] {
        line.send(code: job, payload: #"{"reference":\#(reference),"work":"x"}"#)
      }
      line.send(code: CoordinatorMessage.Codes.drain, payload: #"{"reason":"noSuchReason"}"#)
      line.send(code: CoordinatorMessage.Codes.cancel, payload: #"{"attempt":1e99,"job":1}"#)
    }
    try pass("messages of another number of frames, and other first frames") {
      line.send(frames: [[]])
      line.send(frames: [head, [job], id])
      line.send(frames: [[], head, [job], id, Array("{}".utf8)])
      line.send(frames: [Array("HTTP1".utf8), [job], id, Array("{}".utf8)])
      line.send(frames: [head, [], id, []])
    }
    try pass("words about attempts that it does not have") {
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
    try pass("keys of payloads that it does not know") {
      line.send(
        code: CoordinatorMessage.Codes.coordinatorHeartbeat,
        payload: #"{"mood":"good","study":"\#(Self.firstStudy)"}"#)
    }
    try pass("pauses that it is told of") { line.send(.bench(Bench(reason: "the kit says so", seconds: 1))) }
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
      "passes over \(what)", answers.isEmpty && beats > 0,
      beats == 0 ? "it says nothing any more" : "it said: \(answers.prefix(3).joined(separator: ", "))")
    // The worker may have ended, or may come back.
    if beats == 0 {
      try require(
        "is there after \(what)", within: 30, until: { line.heartbeats(since: start).count > 0 }, "it is gone")
    }
  }
}
