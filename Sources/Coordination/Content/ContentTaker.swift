import SearchProtocol

/// Takes contents from peers that have them: several at a time, each from one peer at a time, piece by piece, until it
/// is on disk and checked as a whole. A part that one peer gave is continued later or from another peer.
struct ContentTaker: Sendable {
  let limits: Limits
  private(set) var takings: [ContentHash: Taking] = [:]
  private(set) var queue = FirstInFirstOut<ContentHash>()
  /// The contents being taken, in the order in which they were begun.
  private(set) var inWork: [ContentHash] = []
  private var outputs: [Output] = []
  /// Whether something happened that may allow a queued content to begin.
  private var mayBegin = false

  init(limits: Limits) { self.limits = limits }

  func isTaking(_ content: ContentHash) -> Bool { takings[content] != nil }

  /// Adds a source of a content; the first source begins the taking. Ignored if the description differs from the one
  /// known.
  mutating func add(_ source: Source, of content: ContentDescription) {
    if var taking = takings[content.contentHash] {
      guard taking.content == content, !taking.sources.contains(where: { $0.peer == source.peer }) else { return }
      taking.sources.append(source)
      takings[content.contentHash] = taking
      return
    }
    takings[content.contentHash] = Taking(content: content, account: source.account, sources: [source])
    queue.append(content.contentHash)
    mayBegin = true
  }

  /// Begins to take a content whose place exists already, ahead of all others.
  mutating func begin(_ content: ContentDescription, from source: Source, present: Int, at now: Double) {
    guard takings[content.contentHash] == nil else { return }
    takings[content.contentHash] = Taking(
      content: content, account: source.account, sources: [source], state: .preparing)
    inWork.insert(content.contentHash, at: 0)
    prepared(content.contentHash, present: present, at: now)
  }

  mutating func handle(_ event: ContentEvent, at now: Double) {
    switch event {
    case .prepared(let content, let present): prepared(content, present: present, at: now)
    case .whole(let content): conclude(content)
    case .stored(let content, let end):
      changeFetch(content) { $0.store(upTo: end) }.flatMap { $0 }.map {
        log(.debug, "received \($0) % of content \(content.short)")
      }
      if case .fetching(let fetch) = takings[content]?.state, fetch.isWhole, fetch.beingStored == 0 { check(content) }
    case .damaged(let content):
      if changeFetch(content, { $0.refusePiece() }) == true { setBack(content, "damaged", at: now) }
    case .wrong(let content): restart(wrong: content, at: now)
    case .failed(let content, let reason):
      guard let taking = takings[content] else { return }
      for source in taking.sources {
        outputs.append(.turnedDown(content, source: source.peer, reason: reason))
      }
      end(content)
    case .unreadable: break
    }
  }

  /// Returns whether the piece is of a content that is being fetched from this peer.
  mutating func receive(_ piece: ContentPiece, from peer: PeerID, at now: Double) -> Bool {
    guard let taking = takings[piece.contentHash], taking.sources.first?.peer == peer, case .fetching = taking.state
    else { return false }
    switch changeFetch(piece.contentHash, { $0.receive(piece, at: now) }) {
    case .next:
      takings[piece.contentHash]?.givers.insert(peer)
      outputs.append(.local(.store(piece)))
    case .outOfTurn: setBack(piece.contentHash, "out of order", at: now)
    case .dropped, nil: break
    }
    return true
  }

  /// Removes a source that does not have the content or refuses to give it.
  mutating func remove(_ source: PeerID, of content: ContentHash, at now: Double) {
    guard var taking = takings[content], let index = taking.sources.firstIndex(where: { $0.peer == source }) else {
      return
    }
    taking.sources.remove(at: index)
    takings[content] = taking
    if taking.sources.isEmpty {
      // The content may be complete, in which case it is kept although no source is left.
      if case .checking = taking.state { return }
      return end(content)
    }
    if index == 0 { changeFetch(content) { $0.restart(pause: 0, at: now) } }
  }

  /// Requests everything in flight again after the peer's connection broke.
  mutating func restart(from peer: PeerID, at now: Double) {
    let pause = limits.firstPauseSeconds
    for content in inWork where takings[content]?.sources.first?.peer == peer {
      changeFetch(content) { $0.restart(pause: pause, at: now) }
    }
  }

  /// Stops taking a content that is no longer wanted.
  mutating func cancel(_ content: ContentHash) {
    if takings[content] != nil { end(content) }
  }

  mutating func tick(at now: Double) {
    for content in inWork {
      guard case .fetching(let fetch) = takings[content]?.state, now >= fetch.pauseUntil, fetch.onTheWay > 0,
        now - max(fetch.lastSign, fetch.pauseUntil) > limits.patienceSeconds
      else { continue }
      log(
        .warning,
        "no piece of content \(content.short) arrived for \(Int(now - fetch.lastSign)) s; requesting it again")
      if fetch.silences + 1 >= limits.silences {
        guard let source = takings[content]?.sources.first?.peer else { continue }
        outputs.append(.silent(content, source: source))
        remove(source, of: content, at: now)
        continue
      }
      let pause = limits.firstPauseSeconds
      changeFetch(content) {
        $0.countSilence()
        $0.restart(pause: pause, at: now)
      }
    }
  }

  /// Begins queued contents, requests pieces, and returns the collected outputs. Called once a turn.
  mutating func nextOutputs(mayAsk: Bool, at now: Double) -> [Output] {
    if mayBegin { beginQueued() }
    if mayAsk, !inWork.isEmpty { ask(at: now) }
    defer { outputs = [] }
    return outputs
  }

  // MARK: Steps of one content

  private mutating func beginQueued() {
    mayBegin = false
    guard inWork.count < limits.contentsAtOnce, !queue.isEmpty else { return }
    var waiting = FirstInFirstOut<ContentHash>()
    while let content = queue.removeFirst() {
      guard let taking = takings[content], case .queued = taking.state else { continue }
      guard inWork.count < limits.contentsAtOnce, let source = taking.sources.first(where: mayBegin(with:)) else {
        waiting.append(content)
        continue
      }
      takings[content]?.sources.removeAll { $0 == source }
      takings[content]?.sources.insert(source, at: 0)
      takings[content]?.state = .preparing
      inWork.append(content)
      outputs.append(.local(.prepare(taking.content, account: taking.account)))
    }
    queue = waiting
  }

  private func mayBegin(with source: Source) -> Bool {
    var ofPeer = 0
    var ofAccount = 0
    for content in inWork {
      guard let other = takings[content]?.sources.first else { continue }
      if other.peer == source.peer { ofPeer += 1 }
      if other.account != nil, other.account == source.account { ofAccount += 1 }
    }
    return ofPeer < limits.contentsAPeer && ofAccount < limits.contentsAnAccount
  }

  private mutating func ask(at now: Double) {
    var outstanding: [PeerID: Int] = [:]
    for content in inWork {
      guard let taking = takings[content], let peer = taking.sources.first?.peer,
        case .fetching(let fetch) = taking.state
      else { continue }
      outstanding[peer, default: 0] += fetch.outstanding
    }
    for content in inWork {
      guard let peer = takings[content]?.sources.first?.peer else { continue }
      let room = max(0, limits.piecesAtOnce - outstanding[peer, default: 0])
      let requests = changeFetch(content) { $0.requests(room: room, at: now) } ?? []
      outstanding[peer, default: 0] += requests.count
      for request in requests { outputs.append(.ask(request, of: peer)) }
    }
  }

  private mutating func prepared(_ content: ContentHash, present: Int, at now: Double) {
    guard var taking = takings[content], case .preparing = taking.state else { return }
    guard (0...taking.content.bytes).contains(present) else { return }
    taking.hasEarlierPart = present > 0
    taking.state = .fetching(PieceFetch(taking.content, present: present, at: now))
    takings[content] = taking
    if present == taking.content.bytes { check(content) }
  }

  private mutating func check(_ content: ContentHash) {
    guard let taking = takings[content], case .fetching(var fetch) = taking.state else { return }
    returnTickets(of: &fetch, to: taking.sources.first?.peer)
    takings[content]?.state = .checking
    outputs.append(.local(.install(taking.content)))
  }

  private mutating func conclude(_ content: ContentHash) {
    guard let taking = takings[content] else { return }
    remove(content)
    outputs.append(.taken(taking.content, account: taking.account, sources: taking.sources.map(\.peer)))
  }

  private mutating func restart(wrong content: ContentHash, at now: Double) {
    guard var taking = takings[content], case .checking = taking.state else { return }
    if taking.sources.isEmpty { return end(content) }
    taking.attempts += 1
    let isToBlame = taking.attempts >= limits.attempts && taking.isFromOneGiver
    var fetch = PieceFetch(taking.content, present: 0, at: now)
    if !isToBlame {
      let seconds = fetch.pause(
        setbacks: taking.attempts, first: limits.firstPauseSeconds, last: limits.lastPauseSeconds, at: now)
      log(
        .warning,
        "the received bytes are not content \(content.short); fetching it again in \(Int(seconds.rounded(.up))) s")
    }
    taking.givers = []
    taking.hasEarlierPart = false
    taking.state = .fetching(fetch)
    takings[content] = taking
    if isToBlame {
      let times = taking.attempts == 1 ? "" : ", which was fetched \(taking.attempts) times"
      turnDown(content, "the bytes sent are not content \(content.short)\(times)", at: now)
      takings[content]?.attempts = 0
    }
  }

  private mutating func setBack(_ content: ContentHash, _ how: String, at now: Double) {
    guard case .fetching(let fetch) = takings[content]?.state else { return }
    log(.warning, "a piece of content \(content.short) arrived \(how)")
    let setbacks = fetch.setbacks + 1
    guard setbacks < limits.setbacks else {
      return turnDown(content, "pieces of content \(content.short) arrived \(how) repeatedly", at: now)
    }
    let (first, last) = (limits.firstPauseSeconds, limits.lastPauseSeconds)
    let seconds = changeFetch(content) { $0.pause(setbacks: setbacks, first: first, last: last, at: now) } ?? 0
    log(.warning, "requesting content \(content.short) again in \(Int(seconds.rounded(.up))) s")
  }

  /// Gives up the source that is being asked and continues with the next one.
  private mutating func turnDown(_ content: ContentHash, _ reason: String, at now: Double) {
    guard let source = takings[content]?.sources.first?.peer else { return }
    if case .fetching(var fetch) = takings[content]?.state {
      returnTickets(of: &fetch, to: source)
      takings[content]?.state = .fetching(fetch)
    }
    outputs.append(.turnedDown(content, source: source, reason: reason))
    remove(source, of: content, at: now)
  }

  private mutating func returnTickets(of fetch: inout PieceFetch, to peer: PeerID?) {
    let tickets = fetch.collectTickets()
    guard !tickets.isEmpty, let peer else { return }
    outputs.append(
      .ask(ContentRequest(contentHash: fetch.content.contentHash, offset: 0, length: 0, returned: tickets), of: peer))
  }

  private mutating func end(_ content: ContentHash) {
    guard let taking = takings[content] else { return }
    if case .queued = taking.state {} else { outputs.append(.local(.release(content))) }
    remove(content)
    outputs.append(.ended(taking.content, account: taking.account))
  }

  private mutating func remove(_ content: ContentHash) {
    takings[content] = nil
    inWork.removeAll { $0 == content }
    // Drop entries of takings that ended before they began.
    if queue.count > 2 * takings.count + 64 {
      let takings = takings
      queue = queue.filtered { takings[$0] != nil }
    }
    mayBegin = true
  }

  @discardableResult
  private mutating func changeFetch<Value>(_ content: ContentHash, _ change: (inout PieceFetch) -> Value) -> Value? {
    guard case .fetching(var fetch) = takings[content]?.state else { return nil }
    let value = change(&fetch)
    takings[content]?.state = .fetching(fetch)
    return value
  }

  private mutating func log(_ level: LogLevel, _ text: String) { outputs.append(.log(level, text)) }
}
