import SearchCore
import SearchProtocol

/// Checks of jobs and their results.
extension ConformanceRun {
  func checkJobs(_ hello: Hello, _ works: inout ConformanceWorks) throws {
    try checkEndless(hello, &works)
    let short = works.short()
    let report = try checkResult(of: short, hello, "a short training")
    checkLostAcknowledgement(of: short.reference, report)
    let manifold = works.manifold()
    let all = try checkResult(of: manifold, hello, "all variants, an early end and a curve")
    if case .finished(let result) = all.outcome {
      let counts = (result[.epochAccuracies]?.count ?? 0, result[.epochValidationLosses]?.count ?? 0)
      check(
        "a curve has a point for each epoch", counts == (2, 2) && result[.epochLosses]?.count == 2,
        "expected 2 accuracies, 2 losses and 2 training losses, found \(counts.0), \(counts.1) and "
          + "\(result[.epochLosses]?.count ?? 0)")
    }
    acknowledge(manifold.reference)
    try checkFinal(works.finale())
    checkFailure(of: works.impossible(), "a candidate that the network cannot have")
    checkFailure(of: works.unknown(), "a work with a field that it cannot know")
    let after = works.short()
    _ = try checkResult(of: after, hello, "a training after failures")
    acknowledge(after.reference)
  }

  /// Checks that a job is accepted, listed and reported on, and that it ends when it is canceled.
  private func checkEndless(_ hello: Hello, _ works: inout ConformanceWorks) throws {
    let job = works.endless()
    let (reference, start) = (job.reference, line.place)
    line.send(.job(job))
    try require("accepts a job", within: 10, until: { line.accepts(of: reference) > 0 }, "no accept came")
    check(
      "its heartbeats list what it trains", within: 6 * heartbeat,
      until: { line.heartbeats(since: start).last?.content.running == [reference] }, "none lists the job")
    check(
      "reports progress", within: options.patienceSeconds, until: { line.progress(of: reference).count >= 4 },
      "expected four progress messages, \(line.progress(of: reference).count) came")
    // Before its first step, a training may not know the number of its steps.
    let progress = line.progress(of: reference).filter { $0.content.step > 0 }
    check(
      "its progress advances",
      zip(progress, progress.dropFirst()).allSatisfy { $0.content.step < $1.content.step }
        && progress.allSatisfy { $0.content.step <= $0.content.steps && $0.content.steps == 64_000 },
      "steps are \(progress.map { "\($0.content.step) of \($0.content.steps)" }.prefix(5)), and should rise to 64000")
    if let first = progress.first, let last = progress.last, progress.count > 2 {
      let distance = (last.time - first.time) / Double(progress.count - 1)
      check("reports progress at most twice a second", distance > 0.5, "it reports every \(distance) s")
    }
    let again = line.place
    line.send(.job(job))
    check(
      "accepts the same job again and trains it once", within: 10,
      until: {
        line.accepts(of: reference, since: again) > 0
          && line.heartbeats(since: again).last?.content.running == [reference]
      },
      "no accept came, or heartbeats list \(line.heartbeats(since: again).last?.content.running.count ?? 0) attempts")
    checkSurplus(hello, &works)
    let cancelled = line.place
    line.send(.cancel(reference))
    try require(
      "ends a job that is cancelled, and is ready", within: 15,
      until: {
        line.readies(since: cancelled).last?.freeSlots == hello.slots
          && line.heartbeats(since: cancelled).last?.content.running.isEmpty == true
      }, "no ready with \(hello.slots) slots came, or its heartbeats still list the job")
    line.hear(within: 4 * heartbeat)
    check(
      "a cancelled job has no result", line.results(of: reference).isEmpty,
      "\(line.results(of: reference).count) came")
  }

  /// Sends one job more than there are slots, after filling the slots beyond the first.
  private func checkSurplus(_ hello: Hello, _ works: inout ConformanceWorks) {
    guard hello.slots <= 4 else { return }
    let fillers = (1..<max(1, hello.slots)).map { _ in works.endless() }
    for filler in fillers { line.send(.job(filler)) }
    line.hear(within: 10) { fillers.allSatisfy { line.accepts(of: $0.reference) > 0 } }
    let surplus = works.endless()
    line.send(.job(surplus))
    check(
      "hands back a job for which it has no slot", within: 10,
      until: {
        line.results(of: surplus.reference).contains { if case .returned = $0.content.outcome { true } else { false } }
      }, "expected a result 'returned'; accepts: \(line.accepts(of: surplus.reference))")
    acknowledge(surplus.reference)
    for filler in fillers { line.send(.cancel(filler.reference)) }
  }

  func acknowledge(_ reference: AttemptReference) { line.send(.resultAcknowledged(reference)) }

  func checkResult(
    of job: JobAssignment, study: String = ConformanceRun.firstStudy, _ hello: Hello, _ what: String
  ) throws -> AttemptReport {
    let report = try report(of: job, what)
    check(
      "names the study in the result of \(what)", report.study == study,
      "it says '\(report.study)', the study is '\(study)'")
    guard let (result, work) = finished(report, job, what) else { return report }
    let own = ([hello.kernelVariant] + (hello.kernelVariants ?? [])).map { KernelVariant($0).counting(for: work) }
    check(
      "the result of \(what) has the hello's kernel variant",
      own.contains(KernelVariant(result.kernelVariant).counting(for: work)),
      "it says '\(result.kernelVariant)', the hello '\(hello.kernelVariant)'")
    checkAccuracy(result, .accuracy, of: ConformanceWorks.validationImages, "validation", what)
    check(
      "\(what) has a loss unless it diverged", (result[.loss] == nil) == result.diverged,
      "diverged is \(result.diverged), the loss \(result[.loss].map { "\($0)" } ?? "none")")
    return report
  }

  /// Checks a final training, which must be scored by the test images alone. Accepts the weights that the worker may
  /// offer.
  private func checkFinal(_ job: JobAssignment) throws {
    let what = "a final training"
    let report = try report(of: job, what)
    acknowledge(job.reference)
    guard let (result, _) = finished(report, job, what) else { return }
    if let weights = result.artifacts[Artifact.weights].flatMap({ ContentHash($0.hash) }) {
      line.send(.contentAcknowledged(ContentReference(contentHash: weights)))
    }
    check(
      "\(what) is scored on the test images only", result[.accuracy] == nil && result[.loss] == nil,
      "it also has an accuracy or a loss")
    checkAccuracy(result, .testAccuracy, of: ConformanceWorks.testImages, "test", what)
  }

  private func report(of job: JobAssignment, _ what: String) throws -> AttemptReport {
    line.send(.job(job))
    try require(
      "finishes \(what)", within: options.patienceSeconds, until: { !line.results(of: job.reference).isEmpty },
      "no result came")
    return line.results(of: job.reference)[0].content
  }

  /// Returns what the training found and its work; `nil` if the attempt ended otherwise.
  private func finished(_ report: AttemptReport, _ job: JobAssignment, _ what: String) -> (Observation, Work)? {
    guard case .finished(let result) = report.outcome, let work = try? Work(canonical: job.work) else {
      check("\(what) has a result", false, "it ended otherwise: \(report.outcome)")
      return nil
    }
    let problem = work.kind.problem(with: result)
    check("the result of \(what) is valid", problem == nil, problem ?? "")
    return (result, work)
  }

  /// Checks that the accuracy is a multiple of 1/`images`.
  /// - Parameter kind: The kind of the images.
  private func checkAccuracy(
    _ result: Observation, _ metric: Metric, of images: Int, _ kind: String, _ what: String
  ) {
    let right = (result[metric] ?? 0) * Double(images)
    check(
      "the accuracy of \(what) is that of all \(images) \(kind) images",
      result.diverged || abs(right - right.rounded()) < 1e-3,
      "\(result[metric] ?? 0) is not a multiple of 1/\(images)")
  }

  /// Checks that a result is kept and sent again until it is acknowledged.
  private func checkLostAcknowledgement(of reference: AttemptReference, _ report: AttemptReport) {
    let start = line.place
    check(
      "its heartbeats list a result until it is acknowledged", within: 6 * heartbeat,
      until: { line.heartbeats(since: start).last?.content.running.contains(reference) == true }, "none lists it")
    check(
      "sends a result again that is not acknowledged", within: 25,
      until: { !line.results(of: reference, since: start).isEmpty }, "it was not sent again")
    check(
      "sends the same result again", line.results(of: reference).allSatisfy { $0.content == report }, "it differs")
    acknowledge(reference)
    let acknowledged = line.place
    check(
      "forgets a result that is acknowledged", within: 10,
      until: { line.heartbeats(since: acknowledged).last?.content.running.isEmpty == true },
      "its heartbeats still list it")
  }

  private func checkFailure(of job: JobAssignment, _ what: String) {
    line.send(.job(job))
    let came = check(
      "answers \(what)", within: 30, until: { !line.results(of: job.reference).isEmpty }, "no result came")
    guard came, let report = line.results(of: job.reference).first?.content else { return }
    var failure: AttemptFailure?
    if case .failed(_, let account) = report.outcome { failure = account }
    check(
      "refuses \(what)", failure?.cause == .refused,
      "expected 'failed' with an account whose cause is 'refused', found \(report.outcome)")
    acknowledge(job.reference)
  }
}
