import SearchProtocol

// What a taker knows of each content and what it asks for, and what holds between them.
extension ContentTaker {
  struct Limits: Sendable {
    /// Of one peer.
    var piecesAtOnce = 4
    /// Contents in work: of all, of one account, and of one peer.
    var contentsAtOnce = 4
    var contentsAnAccount = 4
    var contentsAPeer = 4
    /// How long the next piece may take.
    var patienceSeconds = 30.0
    /// Before pieces are asked for again that did not arrive as they should; twice as long each further time, up to the
    /// last.
    var firstPauseSeconds = 1.0
    var lastPauseSeconds = 60.0
    /// Wholes that were not the content.
    var attempts = 3
    /// Times in a row that nothing came, or something other than what was next, until a source is given up.
    var silences = Int.max
    var setbacks = Int.max
  }

  struct Source: Hashable, Sendable {
    var peer: PeerID
    /// Those of one account share what one of them may have.
    var account: String?
  }

  enum State: Sendable {
    case queued
    /// A place is being made for it.
    case preparing
    case fetching(PieceFetch)
    /// All is there, and is checked as a whole.
    case checking
  }

  struct Taking: Sendable {
    let content: ContentDescription
    /// Of the source that came first.
    let account: String?
    /// The first one is asked. Empty only where all is there and is being checked.
    var sources: [Source]
    var state = State.queued
    var attempts = 0
    /// Those that gave what is there of it; a part from before this taking has nobody.
    var givers: Set<PeerID> = []
    var hasEarlierPart = false

    /// Where the whole is wrong: nobody else can be to blame.
    var isFromOneGiver: Bool { givers.count == 1 && !hasEarlierPart }
  }

  /// What is to be done, in this order.
  enum Output: Hashable, Sendable {
    case local(ContentEffect)
    case ask(ContentRequest, of: PeerID)
    /// It is on disk. `sources`: who has it besides.
    case taken(ContentDescription, account: String?, sources: [PeerID])
    /// One that is not asked any more, and why.
    case turnedDown(ContentHash, source: PeerID, reason: String)
    /// One that is not asked any more because it does not answer: it may come again.
    case silent(ContentHash, source: PeerID)
    /// Nobody is left to take it from.
    case ended(ContentDescription, account: String?)
    case log(LogLevel, String)
  }

  /// What does not hold; empty where all is well.
  func invariants() -> [String] {
    var broken: [String] = []
    var outstanding: [PeerID: Int] = [:]
    for (hash, taking) in takings {
      let isChecked = if case .checking = taking.state { true } else { false }
      if taking.sources.isEmpty, !isChecked { broken.append("content \(hash.short) has no source") }
      if Set(taking.sources.map(\.peer)).count < taking.sources.count {
        broken.append("content \(hash.short) has a source twice")
      }
      let isInWork = if case .queued = taking.state { false } else { true }
      if isInWork != inWork.contains(hash) { broken.append("content \(hash.short) is in work, or is not") }
      guard case .fetching(let fetch) = taking.state else { continue }
      broken += fetch.invariants()
      if let peer = taking.sources.first?.peer { outstanding[peer, default: 0] += fetch.outstanding }
    }
    for hash in inWork where takings[hash] == nil {
      broken.append("content \(hash.short) is in work, and is not there")
    }
    for (peer, count) in outstanding where count > 2 * limits.piecesAtOnce {
      broken.append("\(count) pieces of \(peer) in memory")
    }
    return broken
  }
}
