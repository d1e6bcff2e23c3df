import SearchProtocol

/// The state of the study's data set at a worker.
enum DataSetState: Equatable, Sendable {
  /// No welcome has named a data set.
  case unknown
  /// The data set is being looked for on this machine, or fetched.
  case sought(DataRequirement)
  case located(DataRequirement)
}

/// The state of a content that a client of the worker wants.
enum WantedContent: Equatable, Sendable {
  /// The coordinator was asked what the content is.
  case asked(at: Double)
  /// The content is being fetched.
  case taken
}

/// The state of a content that a client of the worker has.
enum OfferedContent: Equatable, Sendable {
  case waiting
  /// The content was announced to the coordinator, which has not answered yet.
  case announced(at: Double)
}

/// All contents of a worker: those that it fetches and those that it gives.
struct WorkerContents: Sendable {
  struct Offer: Sendable {
    let description: ContentDescription
    var state = OfferedContent.waiting
  }

  /// The maximum number of announced contents that the coordinator has not answered for. The coordinator accepts no
  /// more from one worker.
  static let announcementsAtOnce = 4

  var giver = ContentGiver(limits: ContentGiver.Limits(piecesAPeer: 4, piecesAtOnce: 4))
  var taker: ContentTaker
  var dataSet = DataSetState.unknown
  var wanted: [ContentHash: WantedContent] = [:]
  /// The contents of the study that were wanted and are on this machine; kept until another study comes.
  var here: Set<ContentHash> = []
  private(set) var offers: [ContentHash: Offer] = [:]
  /// The offered contents in the order in which they were offered.
  private(set) var order: [ContentHash] = []

  /// Marks the wanted contents that are being fetched as to be asked for again. Returns them.
  mutating func interruptWanted() -> [ContentHash] {
    let taken = wanted.filter { $0.value == .taken }.keys.sorted()
    for hash in taken { wanted[hash] = .asked(at: -.infinity) }
    return taken
  }

  mutating func offer(_ content: ContentDescription) {
    guard offers[content.contentHash] == nil else { return }
    offers[content.contentHash] = Offer(description: content)
    order.append(content.contentHash)
    giver.add(content.contentHash, bytes: content.bytes)
  }

  /// Withdraws an offer. Returns whether there was one.
  mutating func withdraw(_ hash: ContentHash) -> Bool {
    guard offers.removeValue(forKey: hash) != nil else { return false }
    order.removeAll { $0 == hash }
    giver.remove(hash)
    return true
  }

  /// Returns the contents to announce now, and marks them as announced.
  mutating func announcements(repeatedAfter seconds: Double, at now: Double) -> [ContentDescription] {
    guard !order.isEmpty else { return [] }
    var due: [ContentDescription] = []
    for hash in order.prefix(Self.announcementsAtOnce) {
      guard let offer = offers[hash] else { continue }
      if case .announced(let time) = offer.state, now - time < seconds { continue }
      offers[hash]?.state = .announced(at: now)
      due.append(offer.description)
    }
    return due
  }

  /// Forgets all announcements, because a new or restarted coordinator does not know them.
  mutating func forgetAnnouncements() {
    for hash in order { offers[hash]?.state = .waiting }
  }

  /// Returns a description of each violated invariant; empty if all hold.
  func invariants() -> [String] {
    var broken = giver.invariants() + taker.invariants()
    if Set(order) != Set(offers.keys) || order.count != offers.count { broken.append("offers and their order differ") }
    if Set(giver.contents.keys) != Set(offers.keys) { broken.append("offers and what can be given differ") }
    for (hash, state) in wanted where state == .taken && !taker.isTaking(hash) {
      broken.append("content \(hash.short) is not being fetched")
    }
    return broken
  }
}
