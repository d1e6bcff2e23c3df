import SearchCore
import SearchProtocol

/// Checks with coordinators that forget the worker, fall silent, restart, or lead another study.
extension ConformanceRun {
  func checkReturns(_ hello: Hello, _ works: inout ConformanceWorks) throws {
    let job = works.endless()
    let reference = job.reference
    line.send(.job(job))
    try require(
      "trains before the coordinator forgets it", within: options.patienceSeconds,
      until: { !line.progress(of: reference).isEmpty }, "no progress came")
    try checkHello("after 'reregister'", of: job) { line.send(.reregister) }
    try checkHello("after a heartbeat of another study", of: job) {
      line.send(.coordinatorHeartbeat(CoordinatorHeartbeat(study: "conformance-none")))
    }
    line.isSilent = true
    try checkHello("to a coordinator that is silent", of: job, within: 15 * heartbeat + 15) {}
    let start = line.place
    line.send(.cancel(reference))
    try require(
      "is ready after the cancel", within: 15,
      until: { line.readies(since: start).last?.freeSlots == hello.slots }, "no ready came")
    try checkRestart(hello, &works)
  }

  /// Checks that a worker that trains says hello after `cause`, is welcomed, and goes on training.
  private func checkHello(
    _ what: String, of job: JobAssignment, within seconds: Double = 15, _ cause: () -> Void
  ) throws {
    let reference = job.reference
    let step = line.progress(of: reference).last?.content.step ?? 0
    let start = line.place
    cause()
    let came = line.hear(within: seconds) { !line.hellos(since: start).isEmpty }
    line.isSilent = false
    check("says hello \(what)", came, "no hello came, within \(Int(seconds)) s")
    guard came, let hello = line.hellos(since: start).last else { throw CannotGoOn() }
    check(
      "that hello carries study and attempt", hello.study == Self.firstStudy && hello.running == [reference],
      "it names study \(hello.study ?? "none") and \(hello.running.count) running attempts")
    // Messages that were not answered during the silence come again.
    let again = line.place
    line.hear(within: 20) { line.heartbeats(since: again).count > 0 }
    check(
      "its training continues \(what)", within: options.patienceSeconds,
      until: { (line.progress(of: reference, since: again).last?.content.step ?? 0) > step },
      "step \(step) was reached before, now \(line.progress(of: reference, since: again).last?.content.step ?? 0)")
  }

  /// Checks a result that becomes ready while no coordinator listens.
  private func checkRestart(_ hello: Hello, _ works: inout ConformanceWorks) throws {
    let job = works.longer()
    let reference = job.reference
    line.send(.job(job))
    try require("accepts a job before a restart", within: 10, until: { line.accepts(of: reference) > 0 }, "no accept")
    line.goDown()
    line.pause(3)
    try line.comeBack()
    let start = line.place
    try require(
      "says hello to a coordinator that was restarted", within: 60, until: { !line.hellos(since: start).isEmpty },
      "no hello came")
    if let hello = line.hellos(since: start).last {
      check(
        "that hello carries the job, running or finished",
        hello.study == Self.firstStudy && (hello.running + hello.finished).contains(reference),
        "study \(hello.study ?? "none"), running \(hello.running.count), finished \(hello.finished.count)")
    }
    try require(
      "the result comes after the restart", within: options.patienceSeconds,
      until: { !line.results(of: reference, since: start).isEmpty }, "no result came")
    if let report = line.results(of: reference, since: start).first?.content {
      let isFinished = if case .finished = report.outcome { true } else { false }
      check("that result is finished", isFinished, "it is \(report.outcome)")
    }
    // The result is not acknowledged, so that the worker keeps it when another study comes.
  }

  /// Checks fetching the data set of another study at the same address.
  func checkData(_ hello: Hello, _ works: inout ConformanceWorks) throws {
    let content = GivenContent()
    line.goDown()
    line.pause(0.5)
    line.content = content
    line.welcome = welcome(
      Self.secondStudy, hello,
      data: DataRequirement(set: .cifar10, contentHash: content.description.contentHash.text, pathHint: nil))
    try line.comeBack()
    let start = line.place
    try require(
      "says hello to the coordinator of another study", within: 60, until: { !line.hellos(since: start).isEmpty },
      "no hello came")
    try require(
      "asks for the missing data", within: 60,
      until: { line.requests(since: start) > 0 },
      "no contentRequest came")
    let asked = line.place
    let ready = line.hear(within: 2 * options.patienceSeconds) { !line.readies(since: start).isEmpty }
    check(
      "asks again for a piece that was damaged", content.isDamagedPieceAskedForAgain,
      "the piece at \(content.damagedOffset ?? 0) was not asked for again")
    check(
      "asks again for a piece that has a wrong offset", content.isMisplacedPieceAskedForAgain,
      "the piece at \(content.misplacedOffset ?? 0) was not asked for again")
    check("asks only for allowed pieces", content.faults.isEmpty, content.faults.prefix(3).joined(separator: "; "))
    let isEarly = Self.offersBeforeReady(line.heard[asked...].map(\.message))
    check(
      "is ready once it has the data, and not before", ready && content.isLastPieceSent && !isEarly,
      !ready ? "no ready came" : "it offered slots before the last piece had come")
    guard ready else { throw CannotGoOn() }
    check(
      "returns every ticket", within: 10, until: { content.outstanding == 0 },
      "\(content.outstanding) did not come back")
    check(
      "keeps results of another study to itself",
      line.said(since: start) { message -> Bool? in
        if case .result(let report) = message, report.study != Self.secondStudy { true } else { nil }
      }.isEmpty, "it sent one")
    let job = works.short(.cifar10)
    _ = try checkResult(of: job, study: Self.secondStudy, hello, "a training on the data that it fetched")
    acknowledge(job.reference)
  }

  /// Returns whether a heartbeat before the first READY offers slots. Heartbeats after it may arrive at the same
  /// moment.
  static func offersBeforeReady(_ messages: [WorkerMessage]) -> Bool {
    let before = messages.prefix { if case .ready = $0 { false } else { true } }
    return before.contains { if case .workerHeartbeat(let heartbeat) = $0 { heartbeat.freeSlots > 0 } else { false } }
  }

  /// Checks the end of a study while a result is not acknowledged yet.
  func checkEnd(_ works: inout ConformanceWorks) throws {
    let (done, endless) = (works.short(.cifar10), works.endless(.cifar10))
    line.send(.job(done))
    try require(
      "finishes its last training", within: options.patienceSeconds,
      until: { !line.results(of: done.reference).isEmpty }, "no result came")
    let ready = line.place
    line.hear(within: 10) { !line.readies(since: ready).isEmpty || !line.heartbeats(since: ready).isEmpty }
    line.send(.job(endless))
    line.hear(within: 10) { line.accepts(of: endless.reference) > 0 }
    let start = line.place
    line.send(.drain(Drain(reason: .studyFinished)))
    check(
      "waits for the acknowledgement before it leaves", !line.hear(within: 3) { line.byes(since: start) > 0 },
      "it said bye with a result that was not acknowledged")
    acknowledge(done.reference)
    check("says bye when the study is over", within: 20, until: { line.byes(since: start) > 0 }, "no bye came")
    let gone = line.place
    line.hear(within: 3)
    check("says nothing after bye", line.place == gone, "\(line.place - gone) messages came")
    check(
      "ends its trainings when the study is over",
      line.results(of: endless.reference, since: start).allSatisfy {
        if case .finished = $0.content.outcome { false } else { true }
      }, "it finished a job after the drain")
  }
}
