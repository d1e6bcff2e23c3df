import Digests
import Foundation
import ImageData
import Logging
import Messaging
import SearchProtocol

/// Reads pieces of the data set and sends them to workers, on a thread of its own, so that a slow disk holds up no job.
///
/// The coordinator's machine decides what is sent, and bounds how much is on its way.
package final class DataServer: Sendable {
  package struct Request: Sendable {
    var range: Range<Int>
    var ticket: UInt64
    var peer: [UInt8]

    package init(range: Range<Int>, ticket: UInt64, peer: [UInt8]) {
      (self.range, self.ticket, self.peer) = (range, ticket, peer)
    }
  }

  private let requests = Mailbox<Request>()

  private let source: DataSource

  /// `send` may be called from any thread.
  package init(
    source: consuming DataSource, log: Logger, send: @escaping @Sendable (_ frames: [[UInt8]], _ peer: [UInt8]) -> Void
  ) {
    self.source = source
    // Ends with `close`; until then the thread keeps this object.
    Thread.detachNewThread { self.serve(log: log, send: send) }
  }

  private func serve(log: Logger, send: (_ frames: [[UInt8]], _ peer: [UInt8]) -> Void) {
    var count: UInt64 = 0
    var hasFailed = false
    while !requests.isOver {
      for request in requests.takeAll(waitingAtMost: 3600) {
        count += 1
        let message = answer(request)
        if case .dataRefusal(let refusal) = message, !hasFailed {
          hasFailed = true
          log.error("workers cannot fetch the data set: \(refusal.reason)")
        }
        if let frames = try? MessageCodec.encode(message, id: count) { send(frames, request.peer) }
      }
    }
  }

  private func answer(_ request: Request) -> CoordinatorMessage {
    do throws(ContentError) {
      let bytes = try source.read(request.range)
      return .dataChunk(
        DataChunk(
          ticket: request.ticket, offset: request.range.lowerBound, digest: SHA256.hash(bytes), bytes: bytes))
    } catch {
      return .dataRefusal(Refusal(reason: error.description.oneLine()))
    }
  }

  /// Never waits.
  package func post(_ request: Request) { requests.postUrgently(request) }

  package func close() { requests.close() }
}
