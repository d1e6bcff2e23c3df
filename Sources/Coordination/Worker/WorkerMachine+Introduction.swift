import ReadableText
import SearchCore
import SearchProtocol

/// Hello, welcome, and goodbye.
extension WorkerMachine {
  mutating func beginGreeting(at now: Double) {
    phase = .greeting
    hellos.restart()
    sayHello(at: now)
  }

  /// Greets like `beginGreeting`, unless a hello was said just now: the coordinator must not control how often it is
  /// greeted.
  mutating func greetAnew(at now: Double) {
    guard hellos.isRecent(at: now) else { return beginGreeting(at: now) }
    phase = .greeting
    hellos.restartAfterLast()
  }

  mutating func sayHello(at now: Double) {
    hellos.say(at: now, spread: nextJitter())
    send(
      .hello(
        Hello(
          worker: settings.worker, host: settings.host, processID: settings.processID,
          oldestProtocol: ProtocolVersion.oldest, newestProtocol: ProtocolVersion.newest, build: settings.build,
          slots: slots.count, kernelVariant: settings.kernelVariant,
          kernelVariants: settings.kernelVariants.isEmpty ? nil : settings.kernelVariants, dataHashes: [:],
          study: study, running: running, finished: Array(finished.prefix(FieldLimits.unacknowledgedReports)))))
  }

  mutating func repeatLostHello(at now: Double) {
    guard phase == .greeting, case .isToBeRepeated = firstHello else { return }
    firstHello = .repeated
    sayHello(at: now)
  }

  /// Says hello after REREGISTER. Several may come after one restart of the coordinator: one for each message that it
  /// received before the hello.
  mutating func introduceAgain(at now: Double) {
    switch phase {
    case .locating, .serving:
      log(.info, "the coordinator does not know this worker any more; saying hello again")
      phase = .greeting
      hellos.restart()
      fallthrough
    case .greeting:
      if hellos.isRecent(at: now) { hellos.hasten() } else { sayHello(at: now) }
    case .leaving:
      // Reports can be delivered only to a coordinator that knows this worker.
      if !hellos.isRecent(at: now) { sayHello(at: now) }
    case .created, .ended: break
    }
  }

  /// Handles a rejection by the coordinator's security. Before the first welcome it is a mistake to tell the user
  /// about. Later the trainings are worth more than an answer, since the coordinator's keys may be corrected within a
  /// minute.
  mutating func handleTurnedAway(_ reason: String, at now: Double) {
    if case .leaving = phase { return }
    guard wasWelcomed else {
      log(.error, reason)
      return exit(code: 1, saying: nil)
    }
    if now >= nextComplaint {
      nextComplaint = now + 30
      log(.warning, "\(reason); training continues, trying again")
    }
  }

  mutating func accept(_ welcome: Welcome, at now: Double) {
    // Each hello is answered by one welcome; further ones have no meaning.
    guard hellos.answer() else { return }
    guard (ProtocolVersion.oldest...ProtocolVersion.newest).contains(welcome.protocolVersion) else {
      log(.error, "the coordinator wants protocol version \(welcome.protocolVersion); install the same build on both")
      return exit(code: 1, saying: "protocol version \(welcome.protocolVersion) is not supported here")
    }
    let isNew = study != welcome.study
    if study != nil, isNew {
      if !held.isEmpty {
        log(
          .warning,
          "the coordinator runs another study now; \(runningCount) trainings of the previous one are given up, "
            + "\(spooledCount) of its results wait on disk")
      }
      stopAll()
      releaseReports()
      releaseContents()
    }
    study = welcome.study
    wasWelcomed = true
    protocolVersion = welcome.protocolVersion
    heartbeatSeconds = welcome.heartbeatSeconds
    nextHeartbeat = now + heartbeatSeconds * (0.5 + nextJitter() / 2)
    nextComplaint = now
    sendReports(notSince: .infinity, at: now)
    if case .leaving = phase { return }
    if phase == .greeting { log(.notice, "connected to the coordinator of study \(welcome.studyName)") }
    if require(welcome.data) {
      phase = .serving
      send(.ready(Ready(freeSlots: freeSlots)))
    } else {
      phase = .locating
    }
    resumeContents(at: now)
    if isNew { effects.append(.adoptSpooled(study: welcome.study)) }
  }

  /// Adopts the reports that earlier workers left of this worker's study. Another hello tells the coordinator that they
  /// are here before a result comes, since it may be waiting for the earlier worker.
  mutating func adopt(_ reports: [AttemptReport], at now: Double) {
    var count = 0
    for report in reports where report.study == study && unacknowledged[report.reference] == nil {
      unacknowledged[report.reference] = Unacknowledged(report: report, isSpooled: true)
      count += 1
    }
    guard count > 0, isConnected else { return }
    log(.info, "\(count) results of an earlier worker were not delivered yet")
    sayHello(at: now)
  }

  // MARK: Leaving

  mutating func receive(_ drain: Drain, at now: Double) {
    switch drain.reason {
    case .studyFinished:
      // A coordinator that keeps running says so after every hello: wait for the next study.
      if settings.stays, phase == .greeting, held.isEmpty { return }
      stopAll()
      if case .leaving = phase { return }
      phase = .leaving(until: now + settings.acknowledgementSeconds, .studyFinished)
    case .coordinatorStopping: leave(at: now)
    }
  }

  /// Leaves. The first request finishes what the grace time suffices for and hands back the rest; the second ends the
  /// worker at once.
  mutating func leave(at now: Double) {
    if case .leaving(let until, .stopped) = phase {
      if now - (until - settings.graceSeconds) < settings.sameRequestSeconds { return }
      log(.error, "ended at once by a second request; the trainings under way are lost")
      return exit(code: 1, saying: nil)
    }
    guard isConnected || isLeaving else {
      // No coordinator listens: the leases expire, and the spool keeps the results.
      return exit(code: 0, saying: nil)
    }
    let until = now + settings.graceSeconds
    // Sent before the jobs are handed back, which would otherwise come again for the free slots.
    send(.ready(Ready(freeSlots: 0)))
    for slot in slots.indices where slots[slot].training != nil {
      // If a training's end is not known yet, another worker should rather begin the job now.
      if let end = slots[slot].training?.expectedEnd, end <= until - reserveSeconds { continue }
      handBack(slot, at: now)
    }
    if runningCount > 0 {
      let are = runningCount == 1 ? "is" : "are"
      log(
        .notice,
        "leaving; \(NumberText.plural(runningCount, "training")) \(are) about to end and \(are) finished first")
    }
    phase = .leaving(until: until, .stopped)
  }

  /// The part of the grace time reserved for handing back jobs and for acknowledgements.
  var reserveSeconds: Double { min(3, settings.graceSeconds / 3) }

  mutating func handBackAll(at now: Double) {
    for slot in slots.indices where slots[slot].training != nil { handBack(slot, at: now) }
  }

  private mutating func handBack(_ slot: Int, at now: Double) {
    guard let job = slots[slot].training?.job else { return }
    stop(slot)
    submit(.returned(reason: "the worker was stopped"), of: job.reference, at: now)
  }

  var isLeaving: Bool {
    if case .leaving = phase { true } else { false }
  }

  mutating func finishLeaving(_ departure: Departure, at now: Double) {
    let kept = spooledCount
    if kept > 0 { log(.warning, "\(kept) results were not acknowledged in time") }
    switch departure {
    case .stopped: exit(code: 0, saying: "stopped")
    case .studyFinished where !settings.stays:
      log(.notice, "the study is finished")
      exit(code: 0, saying: "the study is finished")
    case .studyFinished:
      log(.notice, "the study is finished; waiting for the next")
      send(.bye(Bye(reason: "the study is finished")))
      releaseReports()
      releaseContents()
      // The next study may have the same data set, so a located one is kept.
      interruptTakings()
      study = nil
      phase = .greeting
      exchangeContents(at: now)
      hellos.slowDown(at: now, spread: nextJitter())
      nextComplaint = .infinity
    }
  }

  /// Returns a number uniform in [0, 1), from Knuth's MMIX generator, which is good enough to spread workers.
  private mutating func nextJitter() -> Double {
    jitter = jitter &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(jitter >> 11) * 0x1p-53
  }
}
