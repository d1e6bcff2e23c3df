import SearchCore
import SearchProtocol

/// A chunk that is on its way to a worker.
struct DataTicket: Sendable {
  var number: UInt64
  var sentAt: Double
}

/// Pieces of the data set on their way to all workers, and those that wait for a place among them.
struct DataTraffic: Sendable {
  struct Request: Sendable {
    var offset: Int
    var length: Int
    var ticket: UInt64
    var peer: PeerID
    /// Of the session that asked.
    var serial: UInt64
  }

  var onTheWay = 0
  var waiting = FirstInFirstOut<Request>()
}

/// The data set for workers that lack it, without holding more than a few chunks of it in memory, however many workers ask and
/// whether they read what they asked for or not: a worker has a few chunks on their way to it, all workers together some more,
/// and the next comes only for the ticket of one that has arrived.
extension CoordinatorMachine {
  mutating func supply(_ request: DataRequest, to peer: PeerID, ticket: UInt64, at now: Double) {
    guard var session = sessions[peer] else { return }
    let before = session.dataTickets.count
    if !request.returned.isEmpty { session.dataTickets.removeAll { request.returned.contains($0.number) } }
    dataTraffic.onTheWay -= before - session.dataTickets.count
    defer {
      sessions[peer] = session
      sendWaitingData(at: now)
    }
    guard request.length > 0 else { return }
    guard settings.dataBytes > 0, request.contentHash == settings.data.contentHash,
      request.length <= settings.dataBytes, request.offset <= settings.dataBytes - request.length
    else {
      return send(.dataRefusal(Refusal(reason: "the coordinator has no such data to give")), to: peer)
    }
    guard session.dataTickets.count + session.dataRequestsWaiting < settings.dataChunksAWorker else {
      // More than it may ask for; it asks again when it has heard nothing for a while.
      undecodable += 1
      return
    }
    session.dataRequestsWaiting += 1
    dataTraffic.waiting.append(
      .init(offset: request.offset, length: request.length, ticket: ticket, peer: peer, serial: session.serial))
    if dataTraffic.waiting.count > (sessions.count + 16) * 2 * settings.dataChunksAWorker {
      // Requests of workers that have left; new ones of those who come and go would pile up behind a full line.
      dataTraffic.waiting = dataTraffic.waiting.filtered { sessions[$0.peer]?.serial == $0.serial }
    }
  }

  private mutating func sendWaitingData(at now: Double) {
    while dataTraffic.onTheWay < settings.dataChunksAtOnce, let next = dataTraffic.waiting.removeFirst() {
      guard sessions[next.peer]?.serial == next.serial else { continue }
      sessions[next.peer]?.dataRequestsWaiting -= 1
      sessions[next.peer]?.dataTickets.append(DataTicket(number: next.ticket, sentAt: now))
      dataTraffic.onTheWay += 1
      turn.perform(.sendData(offset: next.offset, length: next.length, ticket: next.ticket, to: next.peer))
    }
  }

  /// A worker that is alive returns its tickets within seconds. Where it does not, something was lost that cannot be lost; the
  /// place is worth more than the question.
  mutating func forgetOldTickets(of peer: PeerID, at now: Double) {
    guard var session = sessions[peer] else { return }
    let before = session.dataTickets.count
    session.dataTickets.removeAll { now - $0.sentAt > settings.dataTicketSeconds }
    dataTraffic.onTheWay -= before - session.dataTickets.count
    sessions[peer] = session
    sendWaitingData(at: now)
  }

  /// The session's connection is gone, and everything that was on it.
  mutating func returnTickets(of session: inout Session) {
    dataTraffic.onTheWay -= session.dataTickets.count
    session.dataTickets = []
    session.dataRequestsWaiting = 0
  }
}
