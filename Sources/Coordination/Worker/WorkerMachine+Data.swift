import SearchCore
import SearchProtocol

/// A data set on its way from the coordinator, from its first byte to its last.
struct DataFetch: Sendable {
  var bytes: Int
  /// So many bytes from the start are on disk.
  var stored: Int
  /// So many from the start have been asked for.
  var requested: Int
  var chunksOnTheWay = 0
  /// Of chunks that have arrived, to be returned with the next request.
  var tickets: [UInt64] = []
  var lastSign: Double
  /// Something came that was not expected: what is still on its way is let in and dropped, then asked for again.
  var hasToRestart = false
  var isComplete = false
  var attempts = 0
  var toldTenths = 0
  /// Times in a row that something other came than what was next.
  var setbacks = 0
  var askedAt = -Double.infinity
  /// Nothing is asked for before.
  var pauseUntil = -Double.infinity
}

/// The data set of a study that this machine lacks. Chunks come in order on one connection, or, with the connection, not at
/// all; then the rest is asked for again.
extension WorkerMachine {
  mutating func beginFetching(present: Int, bytes: Int, reason: String, at now: Double) {
    guard let wanted, phase == .locating || phase == .greeting else { return }
    guard protocolVersion >= ProtocolVersion.withData else {
      return doWithoutData("\(reason); this coordinator is too old to give it: install the same build on both")
    }
    let attempts = (fetch?.attempts ?? 0) + 1
    guard attempts <= settings.dataAttempts else {
      return doWithoutData("\(reason); it was fetched \(settings.dataAttempts) times: restart the coordinator")
    }
    guard (1...FieldLimits.dataBytes).contains(bytes), (0...bytes).contains(present) else {
      return doWithoutData(reason)
    }
    log(
      .notice,
      "fetching \(wanted.set.rawValue) from the coordinator, \((bytes - present + 999_999) / 1_000_000) MB: \(reason)")
    fetch = DataFetch(bytes: bytes, stored: present, requested: present, lastSign: now, attempts: attempts)
    if present == bytes { return concludeFetching() }
    // What was fetched as a whole, and is not the study's, has failed already.
    if attempts > 1 { pauseFetching(setbacks: attempts - 1, at: now) }
    if phase == .locating { askForData(at: now) }
  }

  /// After a welcome: whatever was on its way belongs to the past.
  mutating func resumeFetching(at now: Double) {
    guard fetch?.isComplete == false else { return }
    restartFetching(at: now)
  }

  mutating func askAgainForData(at now: Double) {
    guard let fetch, !fetch.isComplete, now >= fetch.pauseUntil else { return }
    if fetch.chunksOnTheWay == 0 { return askForData(at: now) }
    guard now - max(fetch.lastSign, fetch.pauseUntil) > settings.dataPatienceSeconds else { return }
    log(.warning, "no data came from the coordinator for \(Int(now - fetch.lastSign)) s; asking again")
    restartFetching(at: now)
  }

  private mutating func restartFetching(at now: Double) {
    fetch?.chunksOnTheWay = 0
    fetch?.hasToRestart = true
    fetch?.lastSign = now
    // However often it is greeted or welcomed again.
    if let fetch { self.fetch?.pauseUntil = max(fetch.pauseUntil, fetch.askedAt + settings.firstDataPauseSeconds) }
    askForData(at: now)
  }

  /// Pauses that double: a coordinator, or what is between, that goes on like this is not asked all the time.
  private mutating func pauseFetching(setbacks: Int, at now: Double) {
    let seconds = min(
      settings.lastDataPauseSeconds, settings.firstDataPauseSeconds * pow2(min(setbacks - 1, 30)))
    fetch?.setbacks = setbacks
    fetch?.pauseUntil = now + seconds
    log(.warning, "asking again for the data set in \(Int(seconds.rounded(.up))) s")
  }

  private func pow2(_ exponent: Int) -> Double { Double(1 << exponent) }

  private mutating func askForData(at now: Double) {
    guard var fetch, let wanted, phase == .locating, !fetch.isComplete, now >= fetch.pauseUntil else { return }
    if fetch.hasToRestart {
      guard fetch.chunksOnTheWay == 0 else { return }
      fetch.hasToRestart = false
      fetch.requested = fetch.stored
    }
    while fetch.requested < fetch.bytes, fetch.chunksOnTheWay < settings.dataChunksAtOnce {
      let length = min(DataChunk.maximumBytes, fetch.bytes - fetch.requested)
      send(
        .dataRequest(
          DataRequest(
            contentHash: wanted.contentHash, offset: fetch.requested, length: length, returned: fetch.tickets)))
      fetch.tickets = []
      fetch.requested += length
      fetch.chunksOnTheWay += 1
      fetch.askedAt = now
    }
    self.fetch = fetch
  }

  mutating func store(_ chunk: DataChunk, isIntact: Bool, at now: Double) {
    guard var fetch, !fetch.isComplete, phase == .locating || phase == .greeting else { return }
    fetch.lastSign = now
    fetch.chunksOnTheWay = max(0, fetch.chunksOnTheWay - 1)
    if fetch.tickets.count < FieldLimits.dataTickets { fetch.tickets.append(chunk.ticket) }
    let expected = min(DataChunk.maximumBytes, fetch.bytes - fetch.stored)
    if isIntact, chunk.offset == fetch.stored, chunk.bytes.count == expected {
      effects.append(.storeData(offset: chunk.offset, bytes: chunk.bytes))
      fetch.stored += expected
      fetch.setbacks = 0
      let tenths = 10 * fetch.stored / fetch.bytes
      if tenths > fetch.toldTenths, fetch.stored < fetch.bytes {
        fetch.toldTenths = tenths
        log(.debug, "\(10 * tenths) % of the data set is here")
      }
    } else if !fetch.hasToRestart {
      log(.warning, "a piece of the data set arrived \(isIntact ? "out of its turn" : "damaged")")
      fetch.hasToRestart = true
      self.fetch = fetch
      return pauseFetching(setbacks: fetch.setbacks + 1, at: now)
    }
    self.fetch = fetch
    if fetch.stored == fetch.bytes { concludeFetching() } else { askForData(at: now) }
  }

  private mutating func concludeFetching() {
    guard let wanted, let tickets = fetch?.tickets else { return }
    fetch?.isComplete = true
    fetch?.tickets = []
    if !tickets.isEmpty {
      send(.dataRequest(DataRequest(contentHash: wanted.contentHash, offset: 0, length: 0, returned: tickets)))
    }
    effects.append(.installData(wanted))
  }

  /// There is no way to the data set.
  mutating func doWithoutData(_ reason: String) {
    fetch = nil
    guard phase == .locating else {
      // The next welcome asks again, or asks for another.
      wanted = nil
      return
    }
    log(.error, reason)
    exit(code: 1, saying: reason)
  }
}
