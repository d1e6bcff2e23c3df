import ReadableText
import SearchCore
import SearchProtocol

/// Interventions: what users ask for while a study runs. Each is recorded as a whole in the turn that carries it out,
/// or not at all, and is answered once it is recorded.
///
/// A strategy decides from the rounds that it has asked for and the results that count (decision 13). Taking back a
/// result or a decision leaves the recorded rounds as they are; the search is asked again for what follows.
extension CoordinatorMachine {
  mutating func intervene(_ request: InterventionRequest, at now: Double) {
    if phase == .created { takeOverRunning(at: now) }
    let author = request.author
    let answer: InterventionAnswer
    switch request.action {
    case .pause: answer = setPaused(true, by: author)
    case .resume: answer = setPaused(false, by: author)
    case .budget(let jobs, let strategy): answer = changeBudget(to: jobs, strategy, by: author)
    case .add(let candidate, let repetitions, let template):
      answer = add(candidate, repetitions, template, by: author, at: now)
    case .cancel(let job): answer = cancel(job, by: author, at: now)
    case .retry(let job): answer = retry(job, by: author)
    case .drain(let worker): answer = drain(worker, by: author)
    case .distrust(let worker): answer = distrust(worker, by: author, at: now)
    }
    turn.perform(.answer(request.number, answer))
  }

  /// Records and logs the intervention, as its first step.
  /// - Parameter text: A sentence; about a job or a worker, the words that follow its name and `is`.
  private mutating func begin(
    _ verb: Intervention.Verb, by author: String, _ text: String, job: Int64? = nil, worker: String? = nil
  ) -> InterventionAnswer {
    let intervention = InterventionRecord(author: author, verb: verb, text: text, job: job, worker: worker)
    record(.intervened(intervention))
    log(.notice, "\(author): \(intervention)")
    return .done("\(intervention)")
  }

  /// Continues the study, which has more to do.
  /// - Parameter isAsked: Whether anything that the strategy decides from has changed.
  private mutating func goOn(asking isAsked: Bool) {
    if case .draining = phase { phase = .searching }
    record(.studyReopened)
    // A decision that is still under way was based on the earlier state.
    if isAsked, !jobs.isClosed { search = .asking }
    updateExpectation()
  }

  private var reopening: String {
    isFinished || (phase == .created && wasFinished) ? "; the study, which was finished, continues" : ""
  }

  // MARK: The study

  private mutating func setPaused(_ pauses: Bool, by author: String) -> InterventionAnswer {
    guard pauses != isPaused else { return .done("the study is \(pauses ? "paused already" : "not paused")") }
    let running = jobs.runningCount
    let rest = running == 0 ? "" : "; \(counted(running)) running and \(running == 1 ? "is" : "are") finished first"
    let answer = begin(
      pauses ? .pause : .resume, by: author,
      pauses ? "the study is paused: no job is handed out\(rest)" : "the study is resumed: jobs are handed out again")
    isPaused = pauses
    record(.paused(pauses))
    return answer
  }

  private func counted(_ jobs: Int) -> String { jobs == 1 ? "1 job is" : "\(jobs) jobs are" }

  private mutating func changeBudget(
    to budget: Int, _ strategy: any SearchStrategy, by author: String
  ) -> InterventionAnswer {
    guard budget != jobs.budget else { return .done("the budget is \(budget) jobs already") }
    guard budget >= jobs.searchCount else {
      return .refused(
        "a budget of \(budget) jobs is below the \(jobs.searchCount) that have been asked for; cancel jobs instead")
    }
    let before = jobs.budget.map { "\($0) jobs" } ?? "without bound"
    let isLarger = jobs.budget.map { budget > $0 } ?? false
    let closed = jobs.isClosed ? "; the study's time budget is still spent" : isLarger ? reopening : ""
    let answer = begin(.budget, by: author, "the budget is \(budget) jobs now, before it was \(before)\(closed)")
    self.strategy = strategy
    jobs.changeBudget(to: budget)
    record(.budgetChanged(budget))
    record(.roundsForgotten(from: 0))
    goOn(asking: true)
    return answer
  }

  // MARK: Jobs

  private mutating func add(
    _ candidate: Candidate, _ repetitions: Int, _ template: WorkTemplate, by author: String, at now: Double
  ) -> InterventionAnswer {
    var works: [Work] = []
    for repetition in HandAsked.repetitions where works.count < repetitions {
      let work = template.work(candidate, repetition: repetition)
      if !jobs.knows(work) { works.append(work) }
    }
    guard works.count == repetitions, jobs.mayAskByHand(repetitions) else {
      return .refused(
        "\(candidate) cannot have \(repetitions) more trainings: a candidate is trained under at most "
          + "\(HandAsked.repetitions.count) seeds")
    }
    if works[0].startsFromOwnTraining, trainedWeights == nil {
      return .refused("the network that trainings start from is not trained yet; try again when it is")
    }
    let added = jobs.askByHand(works)
    let numbers = added.count == 1 ? "job \(added[0].id)" : "jobs \(added[0].id) to \(added[added.count - 1].id)"
    let answer = begin(.add, by: author, "\(numbers) of \(candidate) asked for by hand\(reopening)")
    goOn(asking: false)
    for job in added { record(.jobAdded(job)) }
    adoptEarlierResults(of: added.map(\.id), at: now)
    return answer
  }

  private mutating func cancel(_ id: Int64, by author: String, at now: Double) -> InterventionAnswer {
    guard let job = jobs[id] else { return unknown(id) }
    switch job.state {
    case .finished: return .refused("job \(id) is finished; only open jobs can be canceled")
    case .setAside: return .refused("job \(id) is set aside already")
    case .waiting, .running: break
    }
    let rest = job.lease == nil ? "" : ", and its attempt ended"
    let answer = begin(.cancel, by: author, "canceled\(rest)", job: id)
    leaveOut(id, reason: "canceled by \(author)", at: now)
    return answer
  }

  private mutating func retry(_ id: Int64, by author: String) -> InterventionAnswer {
    guard let job = jobs[id] else { return unknown(id) }
    switch job.state {
    case .finished: return .refused("job \(id) is finished; only jobs that were set aside can be tried again")
    case .waiting, .running: return .refused("job \(id) is open; only jobs that were set aside can be tried again")
    case .setAside: break
    }
    let answer = begin(.retry, by: author, "tried again\(reopening)", job: id)
    _ = jobs.reopen(id)
    streak.forgetSetAside()
    record(.jobReopened(job: id))
    goOn(asking: true)
    return answer
  }

  private func unknown(_ id: Int64) -> InterventionAnswer {
    let numbers = jobs.searchCount == 0 ? "it has no jobs yet" : "the jobs of its search are 1 to \(jobs.searchCount)"
    return .refused("the study has no job \(id); \(numbers)")
  }

  // MARK: Workers

  private mutating func drain(_ name: String, by author: String) -> InterventionAnswer {
    let worker: String
    switch known(worker: name) {
    case .failure(let problem): return .refused(problem.text)
    case .success(let found): worker = found
    }
    guard !standing.drained.contains(worker) else { return .done("worker \(worker) is drained already") }
    recordJoining(of: worker)
    let held = sessions.session(of: worker)?.session.jobs.count ?? 0
    let rest = held == 0 ? "" : ", and finishes the \(held == 1 ? "one" : "\(held)") that it has"
    let answer = begin(
      .drain, by: author, "drained: it gets no more jobs\(rest)\(loneliness(without: worker))", worker: worker)
    standing.drain(worker)
    record(.workerDrained(id: worker))
    updateRest(of: worker)
    return answer
  }

  private mutating func distrust(_ name: String, by author: String, at now: Double) -> InterventionAnswer {
    let worker: String
    switch known(worker: name) {
    case .failure(let problem): return .refused(problem.text)
    case .success(let found): worker = found
    }
    guard !standing.distrusted.contains(worker) else { return .done("worker \(worker) is distrusted already") }
    recordJoining(of: worker)
    let strikes = strikes(against: worker)
    let results = strikes.results.count
    let count = results == 1 ? "1 result is" : "\(results) results are"
    let what = strikes.isOfStart ? ", including those of all trainings that start from the network it trained" : ""
    let answer = begin(
      .distrust, by: author,
      "distrusted: \(count) struck out\(what)\(results == 0 ? "" : reopening)\(loneliness(without: worker))",
      worker: worker)
    standing.distrust(worker)
    record(.workerDistrusted(id: worker))
    updateRest(of: worker)
    let reason = "worker \(worker) is distrusted"
    for (id, straggler) in stragglers.sorted(by: { $0.key < $1.key }) where straggler.worker == worker {
      dropStraggler(at: id, reason: reason)
    }
    for job in strikes.attempts {
      if strikes.isOfStart {
        endByHand(job, reason: reason, at: now)
      } else {
        // Another worker's attempt at the job goes on.
        endAttempt(at: job, reason: reason, at: now)
      }
    }
    if results > 0 { strikeOut(strikes.results) }
    if strikes.isOfStart {
      trainedWeights = nil
      // Includes attempts that were given up, since their workers may come back with them.
      jobs.disown(where: \.startsFromOwnTraining)
    }
    forgetStates(of: worker)
    if results > 0 { goOn(asking: true) }
    return answer
  }

  /// Returns a warning if no worker is left to train, which the user may not expect.
  private func loneliness(without worker: String) -> String {
    let isLast =
      sessions.isHere(worker)
      && !sessions.unordered.contains { $0.worker != worker && !standing.drained.contains($0.worker) }
    return isLast ? "; no other worker that gets jobs is connected" : ""
  }

  /// What no longer counts once a worker is distrusted.
  private struct Strikes {
    var results: [Int64]
    /// The open jobs whose attempts must end.
    var attempts: [Int64]
    /// Whether the worker trained the network that others start from. Then nothing that started from it counts.
    var isOfStart: Bool
  }

  private func strikes(against worker: String) -> Strikes {
    var results = Set((resultsByWorker[worker] ?? []).filter { jobs[$0]?.result != nil })
    let isOfStart = results.contains { jobs[$0].map { $0.work.leavesStart } ?? false }
    if isOfStart { results.formUnion(jobs.finished { $0.startsFromOwnTraining }) }
    let attempts = jobs.leases.filter { id, lease in
      (lease.worker ?? jobs.assignee(of: id, attempt: lease.attempt)?.worker) == worker
        || (isOfStart && jobs[id]?.work.startsFromOwnTraining == true)
    }
    return Strikes(results: results.sorted(), attempts: attempts.map { $0.job }.sorted(), isOfStart: isOfStart)
  }

  private mutating func strikeOut(_ results: [Int64]) {
    let struck = Set(results)
    for id in results where jobs.reopen(id) { record(.resultStruckOut(job: id)) }
    for name in Array(resultsByWorker.keys) {
      resultsByWorker[name]?.removeAll { struck.contains($0) }
      if resultsByWorker[name]?.isEmpty == true { resultsByWorker[name] = nil }
    }
  }

  /// Returns whether a worker's report on an attempt is ignored: the reporting worker or the worker that the attempt
  /// was given to is distrusted.
  func isDistrusted(_ reference: AttemptReference, of worker: String) -> Bool {
    guard !standing.distrusted.isEmpty else { return false }
    let given = jobs.assignee(of: reference.job, attempt: reference.attempt)?.worker
    return standing.distrusted.contains(worker) || given.map(standing.distrusted.contains) ?? false
  }

  /// Records the worker before anything that refers to it.
  private mutating func recordJoining(of worker: String) {
    if let entry = joinings.remove(worker) { record(.workerJoined(entry)) }
  }

  private struct UnknownWorker: Error { var text: String }

  /// Finds a worker by its name, or by a prefix that no other worker's name has.
  private func known(worker name: String) -> Result<String, UnknownWorker> {
    let names = knownWorkers.union(sessions.unordered.map(\.worker))
    if names.contains(name) { return .success(name) }
    let matching = names.filter { $0.hasPrefix(name) }.sorted()
    if matching.count == 1 { return .success(matching[0]) }
    if matching.count > 1 {
      let shown = matching.prefix(3).joined(separator: ", ")
      return .failure(
        UnknownWorker(text: "\(matching.count) worker names begin with \(name): \(shown); give more of the name"))
    }
    let hint = nearest(to: name, in: names.sorted()).map { "; did you mean \($0)?" } ?? ""
    return .failure(UnknownWorker(text: "no worker of the study is called \(name.oneLine(limit: 200))\(hint)"))
  }
}

extension Work {
  /// Whether other trainings start from the network that this work trains.
  fileprivate var leavesStart: Bool { if case .startTraining = kind { true } else { false } }

  /// Whether the work starts from the network that the study itself trained.
  var startsFromOwnTraining: Bool {
    if case .dense? = kind.start?.origin { true } else { false }
  }
}
