import SearchCore
import SearchProtocol

// Adds changes and effects to the turn of the event that is being handled.
extension CoordinatorMachine {
  mutating func record(_ change: StudyChange) {
    // A worker is recorded before its first attempt.
    if !joinings.isEmpty, case .attemptStarted(_, _, let worker) = change, let entry = joinings.remove(worker) {
      record(.workerJoined(entry))
    }
    if case .workerJoined(let entry) = change { knownWorkers.insert(entry.id) }
    turn.record(change)
  }
  mutating func send(_ message: CoordinatorMessage, to peer: PeerID) { turn.perform(.send(message, to: peer)) }
  mutating func log(_ level: LogLevel, _ text: String) { turn.perform(.log(level, text)) }

  /// Records and logs a note.
  /// - Parameter once: Whether the study records the note only once, however often the decision behind it is repeated.
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
  /// The same ending with its reason on one line, as it is recorded.
  var inOneLine: UnfinishedAttempt {
    switch self {
    case .lost(let reason): .lost(reason: reason.oneLine())
    case .returned(let reason): .returned(reason: reason.oneLine())
    case .failed(let reason, let failure): .failed(reason: reason.oneLine(), failure)
    }
  }
}
