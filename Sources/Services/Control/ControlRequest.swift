import Coordination
import SearchCore
import SearchProtocol

/// A request to a running coordinator, and the receiver of its answer.
package struct ControlRequest: Sendable {
  package var intervention: Intervention
  /// `user@host`, or the name that the user gave.
  package var author: String
  /// Called once, on the coordinator's thread, or on the caller's if the coordinator has ended; must not wait.
  package var answer: @Sendable (InterventionAnswer) -> Void

  package init(
    _ intervention: Intervention, by author: String, answer: @escaping @Sendable (InterventionAnswer) -> Void
  ) {
    self.intervention = intervention
    self.author = author
    self.answer = answer
  }
}

/// The requests that a coordinator has not answered yet. Belongs to its thread.
struct PendingRequests {
  private var answers: [Int: @Sendable (InterventionAnswer) -> Void] = [:]
  private var lastNumber = 0

  static let stopping = InterventionAnswer.refused("the coordinator is stopping; try again when it has ended")

  /// Returns the request for the state machine; `nil` if the desk refuses it, which has been answered then.
  mutating func request(for request: ControlRequest, _ desk: InterventionDesk) -> InterventionRequest? {
    do {
      let action = try desk.action(for: request.intervention)
      lastNumber += 1
      answers[lastNumber] = request.answer
      return InterventionRequest(number: lastNumber, author: request.author.oneLine(limit: 200), action: action)
    } catch {
      request.answer(.refused(error.reason.oneLine()))
      return nil
    }
  }

  mutating func answer(_ number: Int, _ answer: InterventionAnswer) { answers.removeValue(forKey: number)?(answer) }

  /// Refuses all requests, since nothing more is done.
  mutating func refuseAll() {
    for number in answers.keys.sorted() { answer(number, Self.stopping) }
  }
}
