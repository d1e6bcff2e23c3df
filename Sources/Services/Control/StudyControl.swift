import Coordination
import Files
import Foundation
import Processes
import SearchCore
import SearchProtocol
import Studies
import StudyStore

/// Why a study cannot be controlled from here.
package enum ControlError: Error, Hashable, CustomStringConvertible {
  /// A process that takes no requests from here works on the study.
  case busy(study: String, StoreError)
  /// The socket exists, and cannot be used.
  case unreachable(study: String, SystemError)
  /// The coordinator belongs to another user.
  case foreign(study: String)
  /// The coordinator was asked, and ended or did not answer for a long time.
  case unanswered(study: String)

  package var description: String {
    switch self {
    case .busy(let study, let error):
      "study \(study): it is in use by a process that takes no requests from this machine "
        + "(\(error.holder ?? "it did not say which")); make the request there, or when that process has ended"
    case .unreachable(let study, let error): "study \(study): its coordinator cannot be reached: \(error)"
    case .foreign(let study): "study \(study): its coordinator belongs to another user; only that user can control it"
    case .unanswered(let study):
      "study \(study): its coordinator did not answer; status shows whether the request was carried out"
    }
  }
}

/// Carries out requests on a study: by its coordinator if one is running, otherwise on its record.
package enum StudyControl {
  package struct Outcome {
    package var answer: InterventionAnswer
    /// Whether a running coordinator answered.
    package var byCoordinator: Bool
  }

  /// How long to wait for a coordinator that is starting, or for another process that has the study for a moment.
  private static let patienceSeconds = 5.0
  private static let answerSeconds = 90

  /// - Throws: `ControlError`, `StoreError`.
  package static func ask(_ wanted: Intervention, by author: String, of folder: String) throws -> Outcome {
    let intervention: Intervention
    do { intervention = try resolved(wanted, in: folder) } catch let error as StudyError {
      return Outcome(answer: .refused("\(error)"), byCoordinator: false)
    }
    let deadline = MonotonicClock.now + patienceSeconds
    while true {
      if let answer = try askCoordinator(intervention, by: author, of: folder) {
        return Outcome(answer: answer, byCoordinator: true)
      }
      do {
        return Outcome(answer: try record(intervention, by: author, in: folder), byCoordinator: false)
      } catch let error as StoreError where error.code == .inUse {
        guard MonotonicClock.now < deadline else { throw ControlError.busy(study: folder, error) }
        Thread.sleep(forTimeInterval: 0.1)
      }
    }
  }

  /// Returns those of the jobs that a verb applies to, as they are on record: open ones to cancel, set-aside ones to
  /// retry.
  package static func jobs(
    _ numbers: JobNumbers, for verb: Intervention.Verb, of folder: String
  ) throws -> [Int64] {
    let store = try StudyStore.open(directory: folder, mode: .readOnly)
    defer { store.close() }
    let states: Set<JobState> = verb == .retry ? [.setAside] : [.waiting, .running]
    return try store.jobs().filter { numbers.contains($0.id) && states.contains($0.state) }.map(\.id).sorted()
  }

  /// Looks up rows of the frontier and its knee on the record, which does not interrupt a coordinator.
  private static func resolved(_ intervention: Intervention, in folder: String) throws -> Intervention {
    guard case .add(let text, let repetitions) = intervention, CandidateNames.needsFrontier(text) else {
      return intervention
    }
    let store = try StudyStore.open(directory: folder, mode: .readOnly)
    defer { store.close() }
    let names = CandidateNames(of: store, definition: try StudyDefinition(of: store))
    return .add(candidate: try names.candidate(text).description, repetitions: repetitions)
  }

  // MARK: Through the coordinator

  /// Returns the coordinator's answer; `nil` if none listens.
  private static func askCoordinator(
    _ intervention: Intervention, by author: String, of folder: String
  ) throws -> InterventionAnswer? {
    let connection: LocalConnection
    do { connection = try LocalSocket.connect(to: ControlSocket.name, in: folder) } catch {
      switch error.number {
      // A coordinator that was killed leaves the socket's name behind.
      case ENOENT, ECONNREFUSED, ENOTDIR, ENOTSOCK: return nil
      // If the folder is not accessible, the error of opening the study says more.
      case EACCES, EPERM:
        guard access(FilePath.join(folder, ControlSocket.name), F_OK) == 0 else { return nil }
        throw ControlError.foreign(study: folder)
      default: throw ControlError.unreachable(study: folder, error)
      }
    }
    // The superuser may control studies of all users.
    guard connection.isOwn || geteuid() == 0 else { throw ControlError.foreign(study: folder) }
    connection.setPatience(seconds: answerSeconds)
    var isAsked = false
    do {
      try connection.write(line: ControlMessage(intervention, by: author).line)
      isAsked = true
      guard let line = try connection.readLine(mostBytes: ControlMessage.mostBytes),
        let answer = ControlMessage(line)?.answer
      else { throw ControlError.unanswered(study: folder) }
      return answer
    } catch let error as SystemError {
      // The coordinator ended while it was asked, or has not answered within `answerSeconds`.
      if isAsked || [EPIPE, ECONNRESET].contains(error.number) { throw ControlError.unanswered(study: folder) }
      throw ControlError.unreachable(study: folder, error)
    }
  }

  // MARK: On the record

  /// Does what the coordinator's state machine would do, in one transaction.
  private static func record(
    _ intervention: Intervention, by author: String, in folder: String
  ) throws -> InterventionAnswer {
    let store = try StudyStore.open(directory: folder, mode: .readWrite)
    defer { store.close() }
    let definition = try StudyDefinition(of: store)
    let action: InterventionRequest.Action
    do { action = try InterventionDesk(of: store, definition: definition).action(for: intervention) } catch {
      return .refused(error.reason.oneLine())
    }
    let settings = CoordinatorSettings(
      study: try store.identity().studyID, studyName: definition.name,
      data: DataRequirement(set: definition.recipe.data.set, contentHash: "", pathHint: nil),
      jobBudget: definition.jobBudget)
    var machine = CoordinatorMachine(
      settings: settings, jobs: try store.jobs(), past: try store.past(), strategy: try definition.makeStrategy())
    let turn = machine.handle(
      .intervened(InterventionRequest(number: 0, author: author.oneLine(limit: 200), action: action)), at: 0)
    try store.record(turn.commit)
    for case .answer(_, let answer) in turn.afterCommit { return answer }
    return PendingRequests.stopping
  }
}
