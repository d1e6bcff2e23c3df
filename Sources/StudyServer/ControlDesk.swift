import Foundation
import SearchCore
import Synchronization

/// Passes requests of the page's readers to the coordinator, and its answers back.
package final class ControlDesk: Sendable {
  /// Passes an intervention on to the coordinator. `answer` is called once, on any thread.
  package typealias Ask =
    @Sendable (
      _ intervention: Intervention, _ author: String, _ answer: @escaping @Sendable (InterventionAnswer) -> Void
    ) -> Void

  /// `nil` until the coordinator listens.
  private let ask = Mutex<Ask?>(nil)
  /// The maximum wait for an answer, which a long commit may delay.
  private static let answerSeconds = 40.0

  package init() {}

  package func open(_ ask: @escaping Ask) { self.ask.withLock { $0 = ask } }

  enum Failure: Error {
    case notOpen
    /// The coordinator may nevertheless carry out the request.
    case unanswered
  }

  func answer(to intervention: Intervention, by author: String) async throws(Failure) -> InterventionAnswer {
    guard let ask = ask.withLock({ $0 }) else { throw .notOpen }
    let answer = await withCheckedContinuation { continuation in
      let once = Once(continuation)
      ask(intervention, author) { once.resume($0) }
      Task {
        try? await Task.sleep(for: .seconds(Self.answerSeconds))
        once.resume(nil)
      }
    }
    guard let answer else { throw .unanswered }
    return answer
  }

  /// Resumes the continuation once, with the first answer.
  private final class Once: Sendable {
    private let continuation: Mutex<CheckedContinuation<InterventionAnswer?, Never>?>

    init(_ continuation: CheckedContinuation<InterventionAnswer?, Never>) { self.continuation = Mutex(continuation) }

    func resume(_ answer: InterventionAnswer?) {
      let waiting = continuation.withLock { waiting in
        defer { waiting = nil }
        return waiting
      }
      waiting?.resume(returning: answer)
    }
  }
}

extension API {
  // MARK: /api/control

  struct ControlRequest: Decodable {
    var verb: String
    var subject: String?
    var repetitions: Int?
    /// The name that the person gave; the address of the request is added to it.
    var author: String?
  }

  struct Done: Encodable {
    var version = API.version
    /// What was done, on one line.
    var done: String
  }
}
