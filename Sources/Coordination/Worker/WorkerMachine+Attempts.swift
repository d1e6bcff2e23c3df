import SearchCore
import SearchProtocol

/// Jobs, events of engines, and results, which are kept until they are acknowledged.
extension WorkerMachine {
  mutating func accept(_ job: JobAssignment, at now: Double) {
    let reference = job.reference
    if running.contains(reference) { return send(.accept(reference)) }
    if unacknowledged[reference] != nil { return sendReport(reference, at: now) }
    guard study != nil, hasDataSet, phase == .serving || phase == .greeting,
      let slot = slots.firstIndex(where: \.isFree)
    else {
      // A coordinator knows the number of slots. If it sends more and more jobs, not all of them are answered.
      guard unacknowledged.count < 2 * slots.count + FieldLimits.unacknowledgedReports / 10 else {
        return
      }
      return submit(.returned(reason: "the worker has no free slot for it"), of: reference, at: now)
    }
    slots[slot] = .training(Slot.Training(job: job, startedAt: now))
    send(.accept(reference))
    guard let weights = job.weights, !contents.here.contains(weights.contentHash) else {
      return effects.append(.startJob(slot: slot, job))
    }
    slots[slot].update { $0.awaitsWeights = true }
    want(weights.contentHash, at: now)
  }

  /// Starts the jobs whose weights have arrived, once the data set is there.
  mutating func startJobs() {
    guard hasDataSet else { return }
    for slot in slots.indices {
      guard let training = slots[slot].training, training.awaitsWeights,
        let weights = training.job.weights, contents.here.contains(weights.contentHash)
      else { continue }
      slots[slot].update { $0.awaitsWeights = false }
      effects.append(.startJob(slot: slot, training.job))
    }
  }

  /// Hands back the jobs that wait for a content that cannot be had, without counting a failure against them.
  mutating func handBackJobs(without content: ContentHash, because reason: String, at now: Double) {
    for slot in slots.indices {
      guard let training = slots[slot].training, training.awaitsWeights, training.job.weights?.contentHash == content
      else { continue }
      close(slot, because: "the weights that the training starts from are not available: \(reason)", at: now)
    }
  }

  /// Returns the finished attempts whose results include the content; they count once the coordinator has it.
  func reports(with content: ContentHash) -> [AttemptReference] {
    finished.filter { reference in
      guard case .finished(let result)? = unacknowledged[reference]?.report.outcome else { return false }
      return result.artifacts.contains { $0.value.hash == content.text }
    }
  }

  /// Gives these results another outcome, because their content does not reach the coordinator.
  mutating func replaceReports(with content: ContentHash, by outcome: AttemptReport.Outcome, at now: Double) {
    for reference in reports(with: content) {
      discard(reference)
      submit(outcome, of: reference, at: now)
    }
  }

  /// Ends an attempt that the coordinator does not need any more. A finished attempt is kept until it is acknowledged.
  mutating func cancel(_ reference: AttemptReference) {
    guard let slot = slots.firstIndex(where: { $0.training?.job.reference == reference }) else { return }
    stop(slot)
    if phase == .serving { send(.ready(Ready(freeSlots: freeSlots))) }
  }

  // MARK: Engines

  mutating func report(_ progress: AttemptProgress, of slot: Int, at now: Double) {
    guard let training = training(in: slot, progress.reference) else { return }
    if progress.step > 0, progress.steps >= progress.step {
      // Loading the data before the first step and evaluating after the last one take time too, hence the factor 1.2.
      let left = (now - training.startedAt) * Double(progress.steps - progress.step) / Double(progress.step)
      slots[slot].update { $0.expectedEnd = now + 1.2 * left }
    }
    guard phase == .serving || isLeaving, now - (training.progressSentAt ?? -.infinity) >= settings.progressSeconds
    else { return }
    var progress = progress
    if let loss = progress.loss, !loss.isFinite { progress.loss = nil }
    slots[slot].update { $0.progressSentAt = now }
    send(.progress(progress))
  }

  mutating func conclude(_ slot: Int, _ reference: AttemptReference, _ result: Observation, at now: Double) {
    guard let training = training(in: slot, reference) else { return }
    do {
      try result.validate()
      shortages = 0
      end(slot, .finished(result), at: now)
    } catch {
      let failure = AttemptFailure(cause: .garbled, seconds: now - training.startedAt)
      end(slot, .failed(reason: "the engine reported an invalid result: \(error)".oneLine(), failure), at: now)
    }
  }

  mutating func fail(
    _ slot: Int, _ reference: AttemptReference, _ reason: String, _ failure: AttemptFailure?, at now: Double
  ) {
    guard let training = training(in: slot, reference) else { return }
    if isLeaving, failure?.signal != nil {
      // A machine that shuts down ends all its processes in any order, so this is not the job's fault.
      return end(slot, .returned(reason: "ended while the worker was leaving"), at: now)
    }
    if failure?.cause == .notStarted {
      return close(slot, because: "no engine could be started: \(reason)", at: now)
    }
    if !settings.sharesLog { log(.warning, "job \(reference.job) failed: \(reason)") }
    var failure = failure ?? AttemptFailure(cause: .processEnded)
    failure.seconds = now - training.startedAt
    end(slot, .failed(reason: reason.oneLine(), failure.sendable), at: now)
  }

  /// Hands back a job that lacks what it takes to start (files, processes, memory, or its weights), without counting a
  /// failure against it. The slot is closed for a while. The time doubles with every `slots.count` shortages in a row,
  /// up to a maximum.
  mutating func close(_ slot: Int, because reason: String, at now: Double) {
    let seconds = min(
      settings.longestShortageSeconds, settings.shortageSeconds * Double(1 << min(shortages / slots.count, 20)))
    shortages += 1
    log(
      .warning,
      "\(reason); the job is handed back, and slot \(slot + 1) of \(slots.count) takes no jobs for \(Int(seconds)) s")
    end(slot, becoming: .closed(until: now + seconds), .returned(reason: reason.oneLine()), at: now)
  }

  mutating func reopenSlots(at now: Double) {
    var isAnyDue = false
    for slot in slots.indices {
      guard case .closed(let until) = slots[slot], until <= now else { continue }
      slots[slot] = .free
      isAnyDue = true
    }
    if isAnyDue, phase == .serving { send(.ready(Ready(freeSlots: freeSlots))) }
  }

  /// Returns the training that an engine's event is about; `nil` if the engine has been stopped or has another job.
  private func training(in slot: Int, _ reference: AttemptReference) -> Slot.Training? {
    guard slots.indices.contains(slot), let training = slots[slot].training, training.job.reference == reference
    else { return nil }
    return training
  }

  private mutating func end(
    _ slot: Int, becoming state: Slot = .free, _ outcome: AttemptReport.Outcome, at now: Double
  ) {
    guard let reference = slots[slot].training?.job.reference else { return }
    slots[slot] = state
    submit(outcome, of: reference, at: now)
    if phase == .serving { send(.ready(Ready(freeSlots: freeSlots))) }
  }

  // MARK: Reports

  mutating func submit(_ outcome: AttemptReport.Outcome, of reference: AttemptReference, at now: Double) {
    guard let study else { return }
    let report = AttemptReport(reference: reference, study: study, outcome: outcome)
    // A lost report of a returned job costs nothing, since the lease expires.
    var isSpooled = true
    if case .returned = outcome { isSpooled = false }
    if isSpooled { effects.append(.spool(report)) }
    unacknowledged[reference] = Unacknowledged(report: report, isSpooled: isSpooled)
    // While greeting, the coordinator would ignore the report; it is sent after the welcome.
    if phase != .greeting { sendReport(reference, at: now) }
  }

  mutating func sendReport(_ reference: AttemptReference, at now: Double) {
    guard var report = unacknowledged[reference]?.report else { return }
    unacknowledged[reference]?.sentAt = now
    if case .finished(var result) = report.outcome, protocolVersion < ProtocolVersion.withKernels,
      KernelVariant(settings.kernelVariant).withoutCoreType.text == result.kernelVariant
    {
      // Older coordinators accept only the kernel variant that the hello named.
      result.kernelVariant = settings.kernelVariant
      report.outcome = .finished(result)
    }
    send(.result(report))
  }

  /// Sends the reports that were last sent at `time` or before, or never.
  mutating func sendReports(notSince time: Double, at now: Double) {
    guard !unacknowledged.isEmpty else { return }
    for reference in finished where unacknowledged[reference].map({ $0.sentAt ?? -.infinity <= time }) == true {
      sendReport(reference, at: now)
    }
  }

  mutating func discard(_ reference: AttemptReference) {
    guard let entry = unacknowledged.removeValue(forKey: reference) else { return }
    if entry.isSpooled { effects.append(.discardSpooled(reference, study: entry.report.study)) }
  }

  /// The number of reports that are on disk.
  var spooledCount: Int { unacknowledged.values.count { $0.isSpooled } }

  /// Releases the reports of a study that is over for this worker. Those on disk may still be wanted.
  mutating func releaseReports() {
    unacknowledged = [:]
    if let study { effects.append(.releaseSpooled(study: study)) }
  }
}
