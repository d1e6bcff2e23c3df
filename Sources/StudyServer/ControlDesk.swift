import Foundation
import SearchCore
import Synchronization

/// What readers of the page ask of a study, on its way to the coordinator and back.
package final class ControlDesk: Sendable {
  /// Asks for it; the answer comes once, on whatever thread.
  package typealias Ask =
    @Sendable (
      _ intervention: Intervention, _ author: String, _ answer: @escaping @Sendable (InterventionAnswer) -> Void
    ) -> Void

  /// Nil until the coordinator listens.
  private let ask = Mutex<Ask?>(nil)
  /// For an answer, which a long commit may hold up.
  private static let answerSeconds = 40.0

  package init() {}

  package func open(_ ask: @escaping Ask) { self.ask.withLock { $0 = ask } }

  enum Failure: Error {
    case notOpen
    /// It may be done all the same.
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

  /// The first answer counts.
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
    /// What a person calls itself; the address that it comes from is added.
    var author: String?
  }

  struct Done: Encodable {
    var version = API.version
    /// What it did, on one line.
    var done: String
  }
}
