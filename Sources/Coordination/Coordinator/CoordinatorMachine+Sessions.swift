import SearchCore
import SearchProtocol

/// Workers that connect, reconnect, and leave.
extension CoordinatorMachine {
  mutating func greet(_ hello: Hello, from peer: PeerID, key: String?, at now: Double) {
    if let reason = reasonToShutOut(hello, key: key) ?? reasonToRefuse(hello, from: peer) {
      log(.warning, "refused worker \(hello.worker) on \(hello.host): \(reason)")
      return send(.refusal(Refusal(reason: reason)), to: peer)
    }
    var allowance = sessions[peer]?.hellos ?? Allowance()
    guard allowance.spend(at: now, most: Self.hellosAtOnce, aSecond: 1) else {
      // A worker waits about a second for an answer before it repeats its hello, so it never exceeds the allowance.
      undecodable += 1
      return
    }
    sessions.recordHellos(allowance, from: peer)
    // Finished attempts that are not needed any more are left out: they are acknowledged when their reports come.
    let carried =
      hello.study == settings.study ? hello.running + hello.finished.filter(isOpen) : []
    if isFinished, carried.isEmpty, !sessions.isConnected(peer), !sessions.isHere(hello.worker) {
      // The worker has nothing to hand over and there is no work for it, so no session is needed.
      return sendDrain(peer)
    }
    if let other = sessions[peer]?.worker, other != hello.worker {
      drop(peer, reason: "lost: worker \(hello.worker) took over its connection", at: now)
    }
    let previousPeer = sessions.peer(of: hello.worker)
    if let previousPeer, previousPeer != peer { move(from: previousPeer, to: peer, at: now) }
    let identity = WorkerIdentity(
      worker: hello.worker, host: hello.host, key: key, kernelVariant: kernelVariant(of: hello) ?? hello.kernelVariant)
    let version = min(hello.newestProtocol, ProtocolVersion.newest)
    sessions.introduce(
      identity, slots: hello.slots, protocolVersion: version, hellos: allowance, at: peer, now,
      firstTimer: now + settings.heartbeatSeconds)
    if previousPeer == nil { welcomeNew(hello, key: key, at: now) }
    send(
      .welcome(
        Welcome(
          study: settings.study, studyName: settings.studyName,
          protocolVersion: version, data: settings.data,
          heartbeatSeconds: settings.heartbeatSeconds, leaseSeconds: settings.leaseSeconds)), to: peer)
    updateRest(of: hello.worker)
    if let until = standing.restingUntil(identity), until > now {
      send(.bench(Bench(reason: "this worker is benched", seconds: until - now)), to: peer)
    }
    // After a change of connection, nothing sent on the old one is still in flight.
    reconcile(
      peer, with: carried, isIntroduction: true, toleratingDeliveries: previousPeer == peer, at: now)
    if isFinished { sendDrain(peer) }
  }

  private func reasonToRefuse(_ hello: Hello, from peer: PeerID) -> String? {
    let oldest = ProtocolVersion.oldest
    let newest = ProtocolVersion.newest
    if hello.newestProtocol < oldest || hello.oldestProtocol > newest {
      return "the coordinator speaks protocol versions \(oldest) to \(newest), this worker \(hello.oldestProtocol) to "
        + "\(hello.newestProtocol); install the same build on both"
    }
    if let problem = kernelProblem(of: hello) { return problem }
    let set = settings.data.set.rawValue
    if hello.newestProtocol < ProtocolVersion.needed(for: settings.data.set) {
      return "the study trains on \(set), which this worker's build does not know; install the same build on both"
    }
    if hello.newestProtocol < ProtocolVersion.withData, let hash = hello.dataHashes[set],
      !settings.data.contentHash.isEmpty, hash != settings.data.contentHash
    {
      return
        "the worker's \(set) has content \(hash), the study trains on \(settings.data.contentHash); give the worker "
        + "the coordinator's copy"
    }
    if !sessions.isConnected(peer), !sessions.isHere(hello.worker), sessions.count >= settings.maximumWorkers {
      return "\(settings.maximumWorkers) workers are connected, which is the most that the coordinator accepts"
    }
    return nil
  }

  private mutating func welcomeNew(_ hello: Hello, key: String?, at now: Double) {
    let worker = WorkerRecord(
      id: hello.worker, host: hello.host, processID: hello.processID, slots: hello.slots,
      kernelVariant: kernelVariant(of: hello) ?? hello.kernelVariant, build: hello.build)
    joinings.add(worker)
    recordJoiningIfRoom(of: hello.worker, key: key, at: now)
    log(.info, "worker \(hello.worker) on \(hello.host) joined with \(hello.slots) slots")
    if let round = strategy.roundSize, sessions.slots > round, !hasNotedSlots {
      hasNotedSlots = true
      note(
        "\(sessions.slots) slots are more than a round of \(round) trainings, so some will be idle; set strategy.round "
          + "to \(sessions.slots) or more to use all")
    }
    noteVariant(KernelVariant(worker.kernelVariant), of: hello.worker)
  }

  /// Moves a reconnected worker's session, with everything it holds, to its new connection.
  private mutating func move(from old: PeerID, to new: PeerID, at now: Double) {
    sessions.move(from: old, to: new, firstTimer: now + settings.heartbeatSeconds)
    guard let session = sessions[new] else { return }
    // What was in flight on the old connection never arrives.
    contents.forget(old, at: now)
    for job in session.jobs { jobs.updateLease(job) { $0.move(to: new) } }
    for (id, straggler) in stragglers where straggler.peer == old { stragglers[id]?.peer = new }
  }

  /// Handles a message that the transport could not deliver to the peer.
  mutating func lose(_ peer: PeerID, whichMissed message: CoordinatorMessage, at now: Double) {
    askers.forget(peer)
    if case .job(let assignment) = message, let lease = jobs.lease(of: assignment.reference.job),
      lease.attempt == assignment.reference.attempt, lease.peer == peer
    {
      // The attempt never began: neither a failure nor a loss.
      end(assignment.reference.job, .returned(reason: "could not be delivered"), at: now)
    }
    drop(peer, reason: "lost: its connection is broken", at: now)
  }

  /// Ends the session of a worker that cannot be heard or reached. Its attempts go on without a connection: the worker
  /// has a short time to come back with them.
  mutating func drop(_ peer: PeerID, reason: String, at now: Double) {
    guard let session = remove(peer, reason: reason, at: now) else { return }
    lastLoss = now
    log(.warning, "worker \(session.worker) \(reason)")
    strikeForConnection(of: session, at: now)
    for job in session.jobs {
      guard let lease = jobs.lease(of: job) else { continue }
      let deadline = min(lease.deadline, now + settings.reattachSeconds)
      jobs.updateLease(job) { $0.detach(until: deadline) }
      detachedTimers.insert(Timer(due: deadline, subject: (job, lease.attempt)))
    }
  }

  /// Ends the session of a worker that says goodbye. Attempts it has not reported are lost.
  mutating func dismiss(_ peer: PeerID, reason: String, at now: Double) {
    guard let session = sessions[peer] else { return }
    for job in session.jobs.sorted() { giveUp(job, reason: "worker \(session.worker) left without it", at: now) }
    _ = remove(peer, reason: reason.isEmpty ? "left" : reason, at: now)
    log(.info, "worker \(session.worker) left: \(reason)")
    if isFinished, !settings.keepsRunning, canStopEarly(at: now) { stop() }
  }

  mutating func remove(_ peer: PeerID, reason: String, at now: Double) -> Session? {
    guard let session = sessions.remove(peer) else { return nil }
    forgetStragglers(at: peer, reason: "worker \(session.worker) is gone, and another attempt continues")
    speeds.forget(session.worker)
    contents.forget(peer, at: now)
    standing.keep(departed: session.worker, among: sessions)
    if joinings.remove(session.worker) == nil {
      record(.workerLeft(id: session.worker, reason: reason.oneLine()))
    }
    return session
  }

  // MARK: The record of workers

  mutating func recordJoiningIfRoom(of worker: String, key: String?, at now: Double) {
    if let entry = joinings.recordIfRoom(worker, of: key, at: now) { record(.workerJoined(entry)) }
  }
}
