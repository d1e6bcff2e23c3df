import SearchProtocol

// The types that describe a content being taken and its sources, and the taker's invariants.
extension ContentTaker {
  struct Limits: Sendable {
    /// The maximum number of outstanding pieces of one peer.
    var piecesAtOnce = 4
    /// The maximum number of contents taken at the same time: in total, of one account, and of one peer.
    var contentsAtOnce = 4
    var contentsAnAccount = 4
    var contentsAPeer = 4
    /// The maximum number of seconds to wait for the next piece.
    var patienceSeconds = 30.0
    /// The number of seconds before pieces that did not arrive correctly are requested again. Doubles each time, up to
    /// `lastPauseSeconds`.
    var firstPauseSeconds = 1.0
    var lastPauseSeconds = 60.0
    /// The number of complete but wrong transfers after which a source is given up, if it alone gave all the bytes.
    var attempts = 3
    /// The number of consecutive silences (no piece came) and of consecutive setbacks (a wrong piece came) after which
    /// a source is given up.
    var silences = Int.max
    var setbacks = Int.max
  }

  struct Source: Hashable, Sendable {
    var peer: PeerID
    /// The sources of one account share the limit `contentsAnAccount`.
    var account: String?
  }

  enum State: Sendable {
    case queued
    /// A place on disk is being made for the content.
    case preparing
    case fetching(PieceFetch)
    /// All bytes are stored and are being checked as a whole.
    case checking
  }

  struct Taking: Sendable {
    let content: ContentDescription
    /// The account of the first source.
    let account: String?
    /// The peers that have the content; the first one is asked. Empty only while the complete content is being checked.
    var sources: [Source]
    var state = State.queued
    var attempts = 0
    /// The peers that gave the stored part. A part from before this taking has no known giver (`hasEarlierPart`).
    var givers: Set<PeerID> = []
    var hasEarlierPart = false

    /// Whether, if the complete content is wrong, only one peer can be to blame.
    var isFromOneGiver: Bool { givers.count == 1 && !hasEarlierPart }
  }

  /// The actions of a turn, in this order.
  enum Output: Hashable, Sendable {
    case local(ContentEffect)
    case ask(ContentRequest, of: PeerID)
    /// The content is on disk. `sources` are the other peers that announced it.
    case taken(ContentDescription, account: String?, sources: [PeerID])
    /// A source that is given up, and why.
    case turnedDown(ContentHash, source: PeerID, reason: String)
    /// A source that is given up because it does not answer; it may be added again.
    case silent(ContentHash, source: PeerID)
    /// The taking ended without the content: no source is left, it cannot be kept, or it is no longer wanted.
    case ended(ContentDescription, account: String?)
    case log(LogLevel, String)
  }

  /// Returns a description of each violated invariant; empty if all hold.
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
      if isInWork != inWork.contains(hash) {
        broken.append("content \(hash.short) is listed as in work but waits, or the other way round")
      }
      guard case .fetching(let fetch) = taking.state else { continue }
      broken += fetch.invariants()
      if let peer = taking.sources.first?.peer { outstanding[peer, default: 0] += fetch.outstanding }
    }
    for hash in inWork where takings[hash] == nil {
      broken.append("content \(hash.short) is in work, but is not being taken")
    }
    for (peer, count) in outstanding where count > 2 * limits.piecesAtOnce {
      broken.append("\(count) pieces of \(peer) in memory")
    }
    return broken
  }
}
