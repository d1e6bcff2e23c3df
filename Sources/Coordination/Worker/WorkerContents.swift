import SearchProtocol

/// The study's data set, as a worker knows it.
enum DataSetState: Equatable, Sendable {
  /// No welcome has named one.
  case unknown
  /// Being looked for on this machine, or fetched.
  case sought(DataRequirement)
  case located(DataRequirement)
}

/// A content that a client of the worker wants.
enum WantedContent: Equatable, Sendable {
  /// What it is was asked of the coordinator, then.
  case asked(at: Double)
  /// It is being fetched.
  case taken
}

/// A content that a client of the worker has.
enum OfferedContent: Equatable, Sendable {
  case waiting
  /// Announced to the coordinator, then, and not answered for.
  case announced(at: Double)
}

/// All contents of a worker: those that it fetches and those that it gives.
struct WorkerContents: Sendable {
  struct Offer: Sendable {
    let description: ContentDescription
    var state = OfferedContent.waiting
  }

  /// That the coordinator has not answered for. It takes no more of a worker.
  static let announcementsAtOnce = 4

  var giver = ContentGiver(limits: ContentGiver.Limits(piecesAPeer: 4, piecesAtOnce: 4))
  var taker: ContentTaker
  var dataSet = DataSetState.unknown
  var wanted: [ContentHash: WantedContent] = [:]
  /// Contents of the study that were wanted and are on this machine, held until another study comes.
  var here: Set<ContentHash> = []
  private(set) var offers: [ContentHash: Offer] = [:]
  /// In the order in which they were offered.
  private(set) var order: [ContentHash] = []

  /// Those that are being fetched are to be asked for again. Returns them.
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

  /// True where it was offered.
  mutating func withdraw(_ hash: ContentHash) -> Bool {
    guard offers.removeValue(forKey: hash) != nil else { return false }
    order.removeAll { $0 == hash }
    giver.remove(hash)
    return true
  }

  /// Those to announce now, which are announced from now on.
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

  /// Another coordinator, or the same after a restart: it knows of nothing.
  mutating func forgetAnnouncements() {
    for hash in order { offers[hash]?.state = .waiting }
  }

  /// What does not hold; empty where all is well.
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
