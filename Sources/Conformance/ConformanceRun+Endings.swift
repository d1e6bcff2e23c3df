import SearchCore
import SearchProtocol

/// The ways to end a worker, each tried in a run of its own.
package enum ConformanceEnding: String, CaseIterable, Sendable {
  /// The worker's hello is refused.
  case refusal
  /// The worker is welcomed in a protocol version that it does not speak.
  case version
  /// The coordinator stops while the worker trains.
  case stop
  /// The coordinator refuses to give the data set.
  case data
  /// The coordinator gives another content as the data set.
  case content
}

extension ConformanceRun {
  func checkEnding(_ ending: ConformanceEnding, _ hello: Hello) throws {
    switch ending {
    case .refusal: checkRefusal()
    case .version: try checkVersion(hello)
    case .stop: try checkStop(hello)
    case .data:
      try checkAbsentData(hello, gives: false)
      checkQuiet("a worker whose data set is refused")
    case .content:
      try checkAbsentData(hello, gives: true)
      checkQuiet("a worker whose data set never arrives")
    }
  }

  /// Checks that a refusal ends the worker.
  private func checkRefusal() {
    line.send(.refusal(Refusal(reason: "the kit refuses every worker")))
    line.hear(within: 1)
    checkQuiet("a refused worker")
  }

  private func checkVersion(_ hello: Hello) throws {
    var welcome = welcome(Self.firstStudy, hello)
    welcome.protocolVersion = max(hello.newestProtocol, ProtocolVersion.newest) + 1
    line.welcome = welcome
    try require(
      "says hello again if it gets no answer", within: 30, until: { !line.welcomed.isEmpty }, "no second hello came")
    line.hear(within: 1)
    checkQuiet("a worker that is welcomed in version \(welcome.protocolVersion)")
  }

  private func checkStop(_ hello: Hello) throws {
    var works = ConformanceWorks(for: hello)
    try checkSession(hello)
    let job = works.endless()
    line.send(.job(job))
    try require(
      "trains until the coordinator stops", within: options.patienceSeconds,
      until: { !line.progress(of: job.reference).isEmpty }, "no progress came")
    let start = line.place
    line.send(.drain(Drain(reason: .coordinatorStopping)))
    check(
      "takes no more jobs from a coordinator that stops", within: 5,
      until: { line.readies(since: start).last?.freeSlots == 0 }, "no ready with 0 free slots came")
    check(
      "hands back its jobs in time", within: 8.5,
      until: {
        line.results(of: job.reference).contains {
          if case .returned = $0.content.outcome { true } else { false }
        }
      }, "expected a result 'returned'")
    acknowledge(job.reference)
    check("says bye to a coordinator that stops", within: 15, until: { line.byes(since: start) > 0 }, "no bye came")
    line.hear(within: 1)
    checkQuiet("a worker that has left")
  }

  /// Checks a worker that cannot get the data set, which no worker has.
  private func checkAbsentData(_ hello: Hello, gives: Bool) throws {
    let content = WrongContent(isGiven: gives)
    line.content = content
    line.welcome = welcome(Self.firstStudy, hello, data: content.requirement)
    try require(
      "asks for the missing data", within: 60, until: { content.isAskedFor },
      "no contentQuery and no contentRequest came")
    // The worker may try any number of times, with pauses.
    check(
      "says bye if it cannot get the data set", within: 2 * options.patienceSeconds,
      until: { line.byes() > 0 }, "no bye came")
    check(
      "takes no job without the data set", line.readies().allSatisfy { $0.freeSlots == 0 }, "it offered slots")
    line.hear(within: 1)
  }

  /// Checks that the worker sends nothing from now on.
  private func checkQuiet(_ who: String) {
    let start = line.place
    line.hear(within: options.quietSeconds)
    let said = line.place - start
    check("\(who) says nothing more", said == 0, "it sent \(said) more messages within \(Int(options.quietSeconds)) s")
  }
}
