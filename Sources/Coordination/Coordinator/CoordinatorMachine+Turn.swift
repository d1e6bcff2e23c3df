import SearchCore
import SearchProtocol

// What the event that is being handled asks for.
extension CoordinatorMachine {
  mutating func record(_ change: StudyChange) {
    // A worker is on record before its first attempt.
    if !joinings.isEmpty, case .attemptStarted(_, _, let worker) = change, let entry = joinings.remove(worker) {
      record(.workerJoined(entry))
    }
    if case .workerJoined(let entry) = change { knownWorkers.insert(entry.id) }
    turn.record(change)
  }
  mutating func send(_ message: CoordinatorMessage, to peer: PeerID) { turn.perform(.send(message, to: peer)) }
  mutating func log(_ level: LogLevel, _ text: String) { turn.perform(.log(level, text)) }

  /// On record, and in the log.
  /// - Parameter once: a study has it no second time, however often a decision is taken again.
  mutating func note(_ text: String, once: Bool = false, _ level: LogLevel = .notice) {
    record(once ? .notedOnce(text) : .noted(text))
    log(level, text)
  }

  mutating func stop() {
    phase = .stopped(isFinished: isFinished)
    turn.perform(.stop)
  }
}

extension UnfinishedAttempt {
  /// As it is recorded.
  var inOneLine: UnfinishedAttempt {
    switch self {
    case .lost(let reason): .lost(reason: reason.oneLine())
    case .returned(let reason): .returned(reason: reason.oneLine())
    case .failed(let reason, let failure): .failed(reason: reason.oneLine(), failure)
    }
  }
}
