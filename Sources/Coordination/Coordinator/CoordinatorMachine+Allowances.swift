import SearchCore
import SearchProtocol

/// A rate limit: `most` uses at once, then `aSecond` uses a second. Times are seconds of a monotonic clock.
struct Allowance: Sendable {
  private var spent = 0.0
  private var time = -Double.infinity

  mutating func spend(at now: Double, most: Double, aSecond: Double) -> Bool {
    if now > time {
      spent = max(0, spent - (now - max(time, 0)) * aSecond)
      time = now
    }
    guard spent + 1 <= most else { return false }
    spent += 1
    return true
  }
}

/// Limits on what one peer can make the coordinator send and record: in proportion to what a worker needs, however many
/// messages the peer sends.
extension CoordinatorMachine {
  static let hellosAtOnce = 20.0
  static let kernelVariantsRecorded = 16

  /// Returns whether the attempt could still yield something useful, at any worker.
  func isOpen(_ reference: AttemptReference) -> Bool {
    if jobs.mayBeMissing(reference.job, attempt: reference.attempt) { return true }
    guard let job = jobs[reference.job], reference.attempt <= job.attempts else { return false }
    if isStraggler(reference) { return true }
    return job.isWaiting || job.lease?.attempt == reference.attempt
  }

  /// Returns the entries of a worker's list that deserve an answer: all open attempts of this worker, and of the others
  /// (whose only answer is CANCEL) as many per heartbeat as the worker has slots, since it cannot train more.
  mutating func worthAnswering(
    _ listed: [AttemptReference], of peer: PeerID, isIntroduction: Bool, at now: Double
  ) -> [AttemptReference] {
    guard var session = sessions[peer] else { return [] }
    if now - session.cancelsSince >= settings.heartbeatSeconds || session.cancelsSince > now {
      session.cancelsSince = now
      session.cancels = 0
    }
    var answered: [AttemptReference] = []
    for reference in listed {
      let mayBeMissing = isIntroduction && jobs.mayBeMissing(reference.job, attempt: reference.attempt)
      if !mayBeMissing, !isOpen(reference) || claim(reference, by: session.identity) != .own {
        guard session.cancels < session.slots else { continue }
        session.cancels += 1
      }
      answered.append(reference)
    }
    sessions.recordCancels(session.cancels, since: session.cancelsSince, of: peer)
    return answered
  }
}
