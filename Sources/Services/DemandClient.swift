import Foundation
import Messaging
import Processes
import SearchProtocol
import Synchronization

/// Asks a coordinator how many workers its study could use, over a connection that stays: for programs that start
/// workers, and to find out whether a worker here would reach its coordinator.
package final class DemandClient: Sendable {
  private enum Input: Sendable {
    case dealer(DealerEvent)
    case handshake(HandshakeOutcome)
  }

  /// Why there is no answer. `description` is one line.
  package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether waiting does not help: other keys are needed, or another address.
    package let isFinal: Bool
  }

  private let endpoint: String
  private let security: SocketSecurity
  private let context: MessagingContext
  private let dealer: DealerThread
  private let mailbox = Mailbox<Input>(maximumWeight: 1 << 20) { input in
    guard case .dealer(.received(let frames)) = input else { return 0 }
    return frames.reduce(100) { $0 + $1.count + 40 }
  }
  private let state = Mutex(State())

  private struct State {
    var messageID: UInt64 = 0
    var brokenHandshakes = 0
    var isConnected = false
  }

  private static let secondsBetweenQueries = 1.0
  /// The time without a connection after which the reason is looked for.
  private static let secondsUntilLook = 2.0
  /// How long to wait for a coordinator that is running, even a busy one.
  package static let patience = 10.0

  package init(endpoint: String, security: SocketSecurity) throws(MessagingError) {
    self.endpoint = endpoint
    self.security = security
    context = try MessagingContext()
    var options = SocketOptions()
    options.security = security
    options.receiveHighWaterMark = 50
    let mailbox = mailbox
    dealer = try DealerThread(
      context: context, connect: endpoint, options: options, onHandshake: { mailbox.postUrgently(.handshake($0)) },
      deliver: { mailbox.post($0.map(Input.dealer)) })
  }

  package func close() {
    mailbox.close()
    dealer.close()
    context.close()
  }

  /// Asks once. Blocks the thread; only one call at a time is allowed.
  package func ask(waitingAtMost seconds: Double) throws(Problem) -> Demand {
    let begun = MonotonicClock.now
    var nextQuery = begun
    var nextLook = begun + Self.secondsUntilLook
    // What arrived since the last question: only the latest answer matters.
    var latest: Demand?
    for input in mailbox.receiveAll(waitingAtMost: 0) { if let demand = try take(input) { latest = demand } }
    if let latest, latest.isDone { return latest }
    while true {
      let now = MonotonicClock.now
      guard now - begun < seconds else { throw silence(seconds) }
      if now >= nextQuery {
        nextQuery = now + Self.secondsBetweenQueries
        send()
      }
      if now >= nextLook, !state.withLock({ $0.isConnected }) {
        nextLook = now + Self.secondsUntilLook
        if let problem = obstacle { throw problem }
      }
      let wasConnected = state.withLock { $0.isConnected }
      var answer: Demand?
      for input in mailbox.receiveAll(waitingAtMost: 0.2) { if let demand = try take(input) { answer = demand } }
      if let answer { return answer }
      // What was sent before the connection was made has been dropped.
      if !wasConnected, state.withLock({ $0.isConnected }) { nextQuery = 0 }
    }
  }

  /// Asks again for up to `seconds` if there is no answer.
  package func ask(tryingFor seconds: Double) throws(Problem) -> Demand {
    let end = MonotonicClock.now + seconds
    while true {
      do throws(Problem) { return try ask(waitingAtMost: Self.patience) } catch {
        if error.isFinal || MonotonicClock.now >= end { throw error }
      }
    }
  }

  private func send() {
    let id = state.withLock { state in
      state.messageID += 1
      return state.messageID
    }
    guard let frames = try? MessageCodec.encode(WorkerMessage.demandQuery, id: id) else { return }
    dealer.send(frames)
  }

  private func take(_ input: Input) throws(Problem) -> Demand? {
    switch input {
    case .dealer(.received(let frames)):
      guard case .demand(let demand) = try? MessageCodec.decode(frames, as: CoordinatorMessage.self).message else {
        return nil
      }
      return demand
    case .dealer(.undeliverable):
      state.withLock { $0.isConnected = false }
      return nil
    case .handshake(let outcome):
      let broken = state.withLock { state in
        state.isConnected = outcome == .succeeded
        state.brokenHandshakes = outcome == .brokenOff ? state.brokenHandshakes + 1 : 0
        return state.brokenHandshakes
      }
      if let problem = HandshakeProblem(outcome, broken: broken, endpoint: endpoint, security: security) {
        throw Problem(description: "\(problem)", isFinal: problem.isFinal)
      }
      return nil
    }
  }

  /// What prevents a connection; `nil` if nothing is found, or something accepts connections there.
  private var obstacle: Problem? {
    switch ConnectionProbe.finding(at: endpoint) {
    case nil, .accepts?: nil
    case let finding?:
      Problem(
        description: "no coordinator at \(endpoint): \(ConnectionAdvice.reason(finding, breaksOff: false))",
        isFinal: false)
    }
  }

  private func silence(_ seconds: Double) -> Problem {
    let time = Int(seconds.rounded(.up))
    return state.withLock { $0.isConnected }
      ? Problem(
        description:
          "the coordinator at \(endpoint) did not say within \(time) s what its study needs; it is queried by many "
          + "clients at once, or is an older build", isFinal: false)
      : obstacle
        ?? Problem(
          description: "the program listening at \(endpoint) did not answer as a coordinator within \(time) s",
          isFinal: false)
  }
}

extension Demand {
  /// `3 jobs wait, 2 run, 10 are to come; 2 workers with 8 slots`, or that the study is done.
  package var text: String {
    let workforce = "\(workers) worker\(workers == 1 ? "" : "s") with \(slots) slot\(slots == 1 ? "" : "s")"
    if isDone { return "done; \(workforce)" }
    return "\(waitingJobs) jobs wait, \(runningJobs) run, \(comingJobs) are to come; \(workforce)"
      + (isPaused ? "; it is paused" : "")
  }
}
