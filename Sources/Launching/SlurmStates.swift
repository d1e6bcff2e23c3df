extension PlacedWorker {
  /// Creates a worker from what is known of its Slurm job.
  /// - Parameters:
  ///   - row: the controller's answer; `nil` if it has forgotten the job.
  ///   - account: the accounting's answer, if the site has accounting and the controller has forgotten the job.
  ///   - slots: the number requested; `nil` for as many as a node has.
  package init(slurm id: String, row: SlurmRow?, account: SlurmRow?, record: SlurmRecord, slots: Int?) {
    let run = record.runs.last
    let state =
      (row ?? account).map { PlacedState(slurm: $0, record: record) }
      ?? PlacedState(slurmForgotten: record)
    // An earlier run does not tell where the next one will be.
    let begun = if case .pending = state { false } else { true }
    self.init(
      id: id, host: begun ? (row ?? account)?.nodes ?? run?.host : nil, processID: begun ? run?.processID : nil,
      slots: (begun ? run?.processors : nil) ?? slots, state: state, since: begun ? run?.since : nil)
  }
}

extension PlacedState {
  package init(slurm row: SlurmRow, record: SlurmRecord) {
    let run = record.runs.last
    switch row.state {
    case "PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD":
      self = .pending(reason: Self.waiting(row.reason, after: record))
    case "CONFIGURING":
      self = .pending(reason: "its node is being prepared")
    case "SUSPENDED", "STOPPED":
      self = .pending(reason: "suspended by Slurm")
    case "RUNNING", "RESIZING", "SIGNALING":
      self = run?.told == nil ? .running : .leaving
    case "COMPLETING", "STAGE_OUT":
      self = Self.completing(run)
    case "COMPLETED":
      self = Self.left(run) ?? .ended(.done, detail: nil)
    case "CANCELLED", "REVOKED":
      // Told by `launch stop` and cancelled because it took too long, or cancelled before it began.
      self = .ended(.cancelled, detail: run == nil ? "before it started" : nil)
    case "PREEMPTED":
      self = .ended(.preempted, detail: nil)
    case "NODE_FAIL", "BOOT_FAIL":
      self = .ended(.nodeFailure, detail: row.nodes.map { "node \($0)" })
    case "TIMEOUT", "DEADLINE":
      self = .ended(.timeLimit, detail: "ended by Slurm at the limit")
    case "OUT_OF_MEMORY":
      // A job also has this state if only an engine was killed for its memory, which its worker reports. If the worker
      // did not end with 0, it was killed itself.
      self = run?.ended == 0 ? .ended(.done, detail: nil) : .ended(.outOfMemory, detail: Self.moreMemory)
    case "FAILED":
      self = .ended(.failed, detail: Self.failure(run, reason: row.reason))
    default:
      self = .pending(reason: "Slurm says \(row.state)")
    }
  }

  /// The state of a job whose processes Slurm is ending: its record tells how they ended, or Slurm will say so next. A
  /// preempted job may be queued again.
  private static func completing(_ run: SlurmRecord.Run?) -> PlacedState {
    guard let run, run.told != "end" else { return .running }
    if run.ended == 0 { return left(run) ?? .ended(.done, detail: nil) }
    if run.ended != nil || run.failure != nil { return .ended(.failed, detail: failure(run, reason: nil)) }
    return run.told == nil ? .running : .leaving
  }

  /// The state of a job that Slurm has forgotten.
  package init(slurmForgotten record: SlurmRecord) {
    guard let run = record.runs.last else {
      self = .ended(.cancelled, detail: "Slurm no longer knows it, and it never started")
      return
    }
    if run.ended == 0 {
      self = Self.left(run) ?? .ended(.done, detail: nil)
    } else if run.ended != nil || run.failure != nil {
      self = .ended(.failed, detail: Self.failure(run, reason: nil))
    } else if run.told == "end" {
      self = .ended(.cancelled, detail: "told to end by Slurm, which no longer knows it")
    } else {
      self = .ended(.nodeFailure, detail: "Slurm no longer knows it, and it left no record of its end")
    }
  }

  private static let moreMemory = "ask for more with --memory-per-slot"

  /// The state of a worker that ended with 0 because its time was nearly up; `nil` for other workers.
  private static func left(_ run: SlurmRecord.Run?) -> PlacedState? {
    run?.told == "time-limit" ? .ended(.timeLimit, detail: "handed its jobs back before the limit") : nil
  }

  private static func failure(_ run: SlurmRecord.Run?, reason: String?) -> String {
    if let failure = run?.failure { return failure }
    if let code = run?.ended, code != 0 {
      return "exit code \(code); its log says why"
    }
    return reason.map { "Slurm says \($0)" } ?? "it left no record of its end"
  }

  /// Why a job waits: how it came to wait again, and Slurm's reason with its meaning.
  private static func waiting(_ reason: String?, after record: SlurmRecord) -> String? {
    let meaning = reason.map { word in meanings[word].map { "\(word): \($0)" } ?? word }
    guard let run = record.runs.last else { return meaning }
    // A job that is preempted or requeued gets a signal; one whose node fails does not.
    let again = run.told == "end" ? "preempted and queued again" : "queued again after its node \(run.host) failed"
    return [again, meaning].compactMap(\.self).joined(separator: "; ")
  }

  /// The meaning of the most common long-lasting reasons, and what a user can do.
  private static let meanings = [
    "Resources": "waits for free processors",
    "Priority": "jobs of higher priority go first",
    "BeginTime": "Slurm delays its start for a moment",
    "JobHeldUser": "held by its user; release it with scontrol release",
    "JobHeldAdmin": "held by an administrator",
    "PartitionTimeLimit": "--time is longer than the partition allows; it never starts",
    "PartitionNodeLimit": "more nodes than the partition allows; it never starts",
    "PartitionConfig": "no node of the partition is large enough; it never starts: reduce --slots or the memory",
    "PartitionDown": "the partition starts no jobs on its nodes now",
    "PartitionInactive": "the partition is disabled",
    "BadConstraints": "no node satisfies --constraint; it never starts",
    "AssocGrpCpuLimit": "the account uses all processors that it is allowed",
    "QOSMaxJobsPerUserLimit": "the user runs as many jobs as the QOS allows",
    "QOSMaxCpuPerUserLimit": "the user uses all processors that the QOS allows",
    "InvalidAccount": "unknown account; name another with --account",
    "InvalidQOS": "unknown QOS; name another with --qos",
    "ReqNodeNotAvail": "a requested node is not available",
  ]
}
