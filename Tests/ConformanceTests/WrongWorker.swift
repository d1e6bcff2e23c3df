import Foundation
import Messaging
import SearchProtocol
import Synchronization

/// A worker with a chosen fault. It sends hello, ready and heartbeats, and accepts jobs that it never trains.
final class WrongWorker: Sendable {
  enum Fault: CaseIterable, Sendable {
    /// Its first hello names a study.
    case carriesStudy
    /// It never sends a second hello.
    case helloOnce
    case noHeartbeats
    /// It sends a message that cannot be decoded.
    case unreadable
    /// It leaves when it receives an unknown message.
    case leavesAtNoise
    /// It does not answer jobs.
    case ignoresJobs
  }

  private let mailbox = Mailbox<DealerEvent>()
  private let isOver = Mutex(false)

  /// - Parameter fault: `nil` for no fault except that the worker never ends and never trains.
  init(_ endpoint: String, _ fault: Fault?) throws {
    let context = try MessagingContext()
    let mailbox = mailbox
    let dealer = try DealerThread(context: context, connect: endpoint) { mailbox.post($0) }
    Thread.detachNewThread {
      self.run(dealer, fault)
      dealer.close()
      context.close()
    }
  }

  func end() { isOver.withLock { $0 = true } }

  private func run(_ dealer: DealerThread, _ fault: Fault?) {
    var count: UInt64 = 0
    var isWelcome = false
    var (nextHello, nextBeat) = (0.0, 0.0)
    let begun = ContinuousClock.now
    func send(_ message: WorkerMessage) {
      count += 1
      if let frames = try? MessageCodec.encode(message, id: count) { dealer.send(frames) }
    }
    var hellos = 0
    while !isOver.withLock({ $0 }) {
      let now = (ContinuousClock.now - begun) / .seconds(1)
      if !isWelcome, now >= nextHello, hellos < (fault == .helloOnce ? 1 : 1000) {
        nextHello = now + 0.5
        hellos += 1
        send(
          .hello(
            Hello(
              worker: "wrong", host: "h", processID: 1, oldestProtocol: 1, newestProtocol: ProtocolVersion.newest,
              build: "", slots: 1, kernelVariant: "none", dataHashes: [:],
              study: fault == .carriesStudy ? "other" : nil)))
      }
      if isWelcome, fault != .noHeartbeats, now >= nextBeat {
        nextBeat = now + 0.5
        send(.workerHeartbeat(WorkerHeartbeat(running: [], freeSlots: 1)))
      }
      for event in mailbox.receiveAll(waitingAtMost: 0.05) {
        guard case .received(let frames) = event else {
          // A hello that was not delivered does not count.
          hellos -= isWelcome ? 0 : 1
          continue
        }
        do {
          switch try MessageCodec.decode(frames, as: CoordinatorMessage.self).message {
          case .welcome:
            if !isWelcome {
              isWelcome = true
              send(.ready(Ready(freeSlots: 1)))
              if fault == .unreadable { dealer.send([[1, 2, 3]]) }
            }
          case .job(let job) where fault != .ignoresJobs: send(.accept(job.reference))
          default: break
          }
        } catch {
          guard fault == .leavesAtNoise else { continue }
          send(.bye(Bye(reason: "what is this?")))
          return
        }
      }
    }
  }
}
