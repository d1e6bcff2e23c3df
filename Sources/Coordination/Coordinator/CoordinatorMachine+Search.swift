import SearchCore
import SearchProtocol

extension CoordinatorMachine {
  /// Asks the strategy for its next round once the round is determined, and ends the search when the strategy wants
  /// nothing more and no job is open.
  mutating func advanceSearch(at now: Double) {
    endIfTimeIsSpent()
    while let question = nextQuestion {
      if strategy.takesTime {
        search = .deciding(question.round, isLast: question.isLast)
        turn.perform(.decide(round: question.round))
      } else {
        ask(question.answer(), of: question, at: now)
      }
    }
    // Jobs beyond the budget will get no results, and without them no later round is determined.
    if search == .asking || search == .closing, jobs.openCount == 0, jobs.countWithinBudget < jobs.count {
      search = .over
    }
    if search == .over, jobs.openCount == 0 { finish(at: now) }
  }

  /// Jobs that have begun are trained to their end, so that the trainings that count are the first ones of the
  /// sequence.
  private mutating func endIfTimeIsSpent() {
    guard !jobs.isClosed, let limit = time.spentLimit else { return }
    jobs.close()
    search = .over
    updateExpectation()
    note("the budget of \(limit) is spent: jobs that have begun are finished, and no others begin", once: true)
  }

  /// The question to ask the strategy now; `nil` if it is deciding already, if the next round is not determined yet, or
  /// if the search is over.
  private var nextQuestion: SearchQuestion? {
    switch search {
    case .asking: SearchQuestion(strategy, history: jobs.history, isLast: false)
    case .closing: SearchQuestion(strategy, history: jobs.history, isLast: true)
    case .deciding, .over: nil
    }
  }

  /// The question for the decision that `decide` asked for; `nil` if no decision is awaited.
  public var question: SearchQuestion? {
    guard case .deciding(_, let isLast) = search else { return nil }
    return SearchQuestion(strategy, history: jobs.history, isLast: isLast)
  }

  /// Accepts a strategy's decision. Ignores a decision that was not asked for, comes twice, or is based on a history
  /// from which something has been taken back since.
  mutating func accept(_ decision: SearchRound, of round: Int, at now: Double) {
    guard decision.revision == jobs.history.revision, search == .deciding(round, isLast: decision.isLast), let question
    else { return }
    ask(decision, of: question, at: now)
  }

  /// Makes the works of a round jobs, within the budget.
  private mutating func ask(_ decision: SearchRound, of question: SearchQuestion, at now: Double) {
    for text in decision.notes { note(text, once: true) }
    let left = jobs.budget.map { max(0, $0 - jobs.searchCount) } ?? Int.max
    var new = 0
    let works = decision.works.filter { work in
      if jobs.knows(work) { return true }
      new += 1
      return new <= left
    }
    if works.isEmpty {
      if !decision.works.isEmpty {
        note("the budget of \(jobs.budget ?? jobs.searchCount) jobs is spent before the search is over", once: true)
      }
      search = question.isLast || !decision.works.isEmpty ? .over : .closing
      updateExpectation()
      return
    }
    search = question.isLast ? .closing : .asking
    let round = question.round
    // Otherwise the old rounds would appear to follow this one.
    if jobs.hasStaleRounds { record(.roundsForgotten(from: round)) }
    jobs.forgetStaleRounds()
    let changes = jobs.ask(works)
    for change in changes { record(change) }
    let added: [JobRecord] = changes.compactMap { if case .jobAdded(let job) = $0 { job } else { nil } }
    preferStateHolders(of: added, at: now)
    adoptEarlierResults(of: added.map(\.id), at: now)
    updateExpectation()
    guard !added.isEmpty else { return }
    let decided = RoundNote(round: round, jobs: added.count, expectedLoss: decision.expectedLoss)
    if strategy.roundSize == nil {
      log(.notice, "the search asks for \(added.count) jobs")
    } else {
      log(.notice, "\(decided)")
      record(.roundDecided(decided))
    }
  }

  mutating func updateExpectation() {
    if jobs.isClosed {
      expectedJobs = jobs.countWithinBudget
      return
    }
    let known = jobs.countWithinBudget - jobs.besideCount
    let wanted = max(known, strategy.expectedWorks(history: jobs.history))
    expectedJobs = max(known, min(jobs.budget ?? wanted, wanted)) + jobs.besideCount
  }

  private mutating func finish(at now: Double) {
    phase = .draining(until: now + settings.drainSeconds)
    record(.studyFinished)
    log(.notice, "the study is finished: \(jobs.finishedCount) jobs have results, \(jobs.setAsideCount) were set aside")
    for (peer, _) in sessions.all() { sendDrain(peer) }
    for peer in askers.latest { send(.demand(demand), to: peer) }
  }

  mutating func sendDrain(_ peer: PeerID) { send(.drain(Drain(reason: .studyFinished)), to: peer) }

  /// Returns whether all workers have gone and none is expected back that must still be told to leave.
  func canStopEarly(at now: Double) -> Bool {
    sessions.isEmpty && sessions.hasHadAny && now - lastLoss > settings.reattachSeconds
  }

  /// Spends credits on waiting jobs, one job per worker in turn, so that every worker gets a job before any gets many.
  mutating func dispatch(at now: Double) {
    guard !isPaused else { return }
    if isHolding(at: now) { return }
    var passedOver: [PeerID] = []
    var waitsForWeights = false
    var placed: [PeerID: ArraySlice<Int64>]?
    var isFirst = true
    var sent = 0
    while !waitsForWeights, let first = jobs.nextWaiting(), let peer = sessions.nextWithCredits() {
      guard let session = sessions[peer], mayWork(session, on: first), !pauseForReturns(session, at: peer, now)
      else { continue }
      if isFirst { placed = endOfRound(at: now)?.mapValues { $0[...] } }
      isFirst = false
      let next = placed == nil ? nextJob(for: session.worker, at: now) : placed?[peer]?.popFirst()
      guard let id = next, let job = jobs[id] else {
        passedOver.append(peer)
        continue
      }
      guard session.protocolVersion >= ProtocolVersion.needed(for: job.work) else {
        complain(of: peer, "version", "is too old for what this study trains: install the same build")
        passedOver.append(peer)
        continue
      }
      let start: ContentDescription?
      switch weights(for: job.work) {
      case .none: start = nil
      case .here(let content): start = content
      case .awaited:
        // All waiting jobs need the weights, since the job that trains them would be the first in the queue.
        waitsForWeights = true
        passedOver.append(peer)
        continue
      case .unmade: return giveUpForUnmadeWeights()
      case .lost(let hash): return giveUpForLostWeights(hash)
      }
      hand(job, to: session, at: peer, weights: start, now)
      sent += 1
    }
    for peer in passedOver { sessions.enqueue(peer) }
    if placed != nil, sent == 0 { hold(at: now) }
  }

  /// Begins an attempt at a job, for a credit of its worker.
  mutating func hand(
    _ job: Job, to session: Session, at peer: PeerID, weights: ContentDescription?, _ now: Double
  ) {
    let worker = session.identity
    let reference = AttemptReference(job: job.id, attempt: job.attempts + 1)
    sessions.spendCredit(of: peer, on: job.id)
    affinities[job.id] = nil
    jobs.lease(
      job.id,
      Lease(
        attempt: reference.attempt, holder: .connected(worker: worker.worker, at: peer),
        acceptance: .awaited(sentAt: now), deadline: now + settings.leaseSeconds, at: now))
    jobs.assign(job.id, attempt: reference.attempt, to: worker)
    record(.attemptStarted(job: job.id, attempt: reference.attempt, worker: worker.worker))
    turn.send(
      JobAssignment(reference: reference, work: job.work, weights: weights, version: session.protocolVersion),
      to: peer)
  }
}
