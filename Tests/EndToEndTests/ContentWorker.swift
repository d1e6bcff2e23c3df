import ContentExchange
import Coordination
import Digests
import Foundation
import Messaging
import SearchCore
import SearchProtocol
import Synchronization

/// A worker without engines: state machine, content desk, real sockets and files. It reports no free slots, so that
/// other workers train.
///
/// Runs on its own thread until it is killed; then it ends without a message, as a killed process does.
final class ContentWorker: Sendable {
  private enum Input: Sendable {
    case dealer([DealerEvent])
    case contents(WorkerContentDesk.Input)
    case offer(ContentServer.Location)
    case want(ContentHash)
    case kill
  }

  /// What the worker has observed and done.
  struct Log: Sendable {
    var given: Set<ContentHash> = []
    var refused: [ContentHash: String] = [:]
    var taken: [ContentHash: String] = [:]
    var unavailable: [ContentHash: String] = [:]
    /// Offsets of the pieces that the coordinator requested, and of those that the worker requested.
    var asked: [Int] = []
    var asks: [Int] = []
    var piecesSent = 0
    var lines: [String] = []
    var exitCode: Int32?
  }

  private let mailbox = Mailbox<Input>()
  private let log = Mutex(Log())
  private let ended = DispatchSemaphore(value: 0)
  /// The number of pieces that are sent, or kept; from then on the worker seems to hang.
  private let mostPieces: Int

  var seen: Log { log.withLock { $0 } }

  init(
    _ endpoint: String, name: String, cache: String, security: SocketSecurity = .plaintext, mostPieces: Int = .max
  ) throws {
    self.mostPieces = mostPieces
    let context = try MessagingContext()
    var options = SocketOptions()
    options.security = security
    let mailbox = mailbox
    let dealer = try DealerThread(context: context, connect: endpoint, options: options) { events in
      mailbox.post([.dealer(events)])
    }
    Thread.detachNewThread {
      self.run(name: name, dealer: dealer, cache: cache)
      // An answer that is left in the mailbox would hold its content's lock, which the end of a process releases.
      self.mailbox.close()
      _ = self.mailbox.receiveAll(waitingAtMost: 0)
      dealer.close()
      context.close()
      self.ended.signal()
    }
  }

  func offer(_ bytes: [UInt8], as content: ContentDescription, in folder: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(content.contentHash)"))
    let layout = ContentLayout(files: [.init(name: content.contentHash.text, bytes: bytes.count)])
    mailbox.postUrgently(.offer(.init(content: content, folder: folder, layout: layout)))
  }

  func want(_ content: ContentHash) { mailbox.postUrgently(.want(content)) }

  func kill() {
    mailbox.postUrgently(.kill)
    ended.wait()
  }

  private func run(name: String, dealer: DealerThread, cache: String) {
    var machine = WorkerMachine(
      settings: WorkerSettings(
        worker: name, host: "test", processID: 1, build: "test", slots: 1, kernelVariant: "none"))
    let desk = WorkerContentDesk(
      ownFolder: nil, cache: ContentStore(folder: cache, limit: 1_000_000_000), describe: { "\($0)" }, onWait: { _ in },
      post: { [mailbox] in mailbox.postUrgently(.contents($0)) })
    let begun = ContinuousClock.now
    var count: UInt64 = 0
    var ticket: UInt64 = 0
    var kept = 0
    func send(_ message: WorkerMessage) {
      var message = message
      switch message {
      case .ready: return
      case .workerHeartbeat(var heartbeat):
        heartbeat.freeSlots = 0
        message = .workerHeartbeat(heartbeat)
      case .contentPiece:
        guard seen.piecesSent < mostPieces else { return }
        log.withLock { $0.piecesSent += 1 }
      case .contentRequest(let request): if request.length > 0 { log.withLock { $0.asks.append(request.offset) } }
      default: break
      }
      count += 1
      if let frames = try? MessageCodec.encode(message, id: count) { dealer.send(frames) }
    }
    func handle(_ event: WorkerEvent) {
      let now = (ContinuousClock.now - begun) / .seconds(1)
      for effect in machine.handle(event, at: now) {
        switch effect {
        case .send(let message): send(message)
        case .locateData(let requirement): desk.locate(requirement)
        case .forgetData: desk.forgetDataSet()
        case .content(let effect): desk.run(effect)
        case .contentGiven(let content):
          desk.withdraw(content)
          log.withLock { _ = $0.given.insert(content) }
        case .contentRefused(let content, let reason):
          desk.withdraw(content)
          log.withLock { $0.refused[content] = reason }
        case .contentTaken(let content):
          let folder = desk.folder(of: content.contentHash) ?? ""
          log.withLock { $0.taken[content.contentHash] = folder }
        case .contentUnavailable(let content, let reason): log.withLock { $0.unavailable[content] = reason }
        case .log(_, let text): log.withLock { $0.lines.append(text) }
        case .exit(let code): log.withLock { $0.exitCode = code }
        case .startJob, .stopEngine, .spool, .discardSpooled, .adoptSpooled, .releaseSpooled: break
        }
      }
    }
    handle(.started)
    while true {
      for input in mailbox.receiveAll(waitingAtMost: 0.1) {
        switch input {
        case .kill: return
        case .offer(let location): handle(desk.offer(location))
        case .want(let content): handle(.contentWanted(content))
        case .contents(let input):
          for outcome in desk.outcomes(of: input) {
            switch outcome {
            case .event(let event): handle(event)
            case .message(let message): send(message)
            }
          }
        case .dealer(let events):
          for event in events {
            switch event {
            case .undeliverable: handle(.helloUndelivered)
            case .received(let frames):
              guard let message = try? MessageCodec.decode(frames, as: CoordinatorMessage.self).message else {
                continue
              }
              if case .contentRequest(let request) = message, request.length > 0 {
                log.withLock { $0.asked.append(request.offset) }
              }
              if case .contentPiece = message {
                kept += 1
                if kept > mostPieces { continue }
              }
              ticket = .random(in: 0...(.max))
              handle(.received(message, ticket: ticket))
            }
          }
        }
      }
      handle(.tick)
    }
  }
}
