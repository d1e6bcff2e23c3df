import ReadableText
import SearchProtocol

/// A content on the coordinator's disk, and the key of the worker that gave it.
public struct StoredContent: Hashable, Sendable {
  public var description: ContentDescription
  /// The key of the worker that gave the content; `nil` without keys.
  public var key: String?

  public init(description: ContentDescription, key: String?) {
    self.description = description
    self.key = key
  }
}

/// Limits on the contents of a study that a coordinator stores.
public struct ContentLimits: Hashable, Sendable {
  /// The maximum number of bytes of all contents; 0 if workers may give none.
  public var bytes: Int
  /// The maximum number of bytes of the contents that workers with one key gave.
  public var bytesAKey: Int
  /// The maximum number of announced contents that are not stored yet: of one worker, and of all workers.
  public var announcementsAWorker = 4
  public var announcements = 1024

  public static let standardBytes = 10_000_000_000

  /// - Parameter bytes: The maximum number of bytes of all contents; workers with one key may give half of it.
  public init(bytes: Int = standardBytes) {
    self.bytes = max(0, bytes)
    bytesAKey = self.bytes / 2
  }
}

/// All contents of a coordinator: stored, being taken, and being given.
struct CoordinatorContents: Sendable {
  let limits: ContentLimits
  var giver: ContentGiver
  var taker: ContentTaker
  /// Whether it was logged already that the data set cannot be read.
  var isDataSetUnreadable = false
  private(set) var stored: [ContentHash: StoredContent] = [:]
  /// The number of bytes of the stored contents and of those being taken.
  private(set) var bytes = 0
  private(set) var bytesByKey: [String: Int] = [:]
  /// The contents that each worker has announced and that are not stored yet.
  private(set) var announced: [PeerID: Set<ContentHash>] = [:]

  init(limits: ContentLimits, giving: ContentGiver.Limits, taking: ContentTaker.Limits, stored: [StoredContent]) {
    self.limits = limits
    giver = ContentGiver(limits: giving)
    taker = ContentTaker(limits: taking)
    for content in stored { keep(content) }
  }

  enum Answer: Equatable, Sendable {
    /// The content is stored already.
    case known
    /// The content will be requested in its turn.
    case accepted
    /// The worker has announced too many contents, or its description differs from another worker's; it will announce
    /// the content again.
    case tooMany
    /// The reason for the refusal, in one line.
    case refused(String)
  }

  mutating func announce(_ content: ContentDescription, by source: ContentTaker.Source) -> Answer {
    let hash = content.contentHash
    if stored[hash] != nil || giver.contents[hash] != nil { return .known }
    if announced[source.peer]?.contains(hash) == true { return .accepted }
    guard announced[source.peer, default: []].count < limits.announcementsAWorker else { return .tooMany }
    if let taking = taker.takings[hash] {
      guard taking.content == content else { return .tooMany }
    } else {
      guard taker.takings.count < limits.announcements else { return .tooMany }
      if let reason = reasonToRefuse(content, key: source.account) { return .refused(reason) }
      reserve(content.bytes, key: source.account)
    }
    announced[source.peer, default: []].insert(hash)
    taker.add(source, of: content)
    return .accepted
  }

  private func reasonToRefuse(_ content: ContentDescription, key: String?) -> String? {
    guard limits.bytes > 0 else { return "this coordinator accepts no contents" }
    let size = Readable.bytes(content.bytes)
    guard content.bytes <= limits.bytes - bytes else {
      return
        "the content has \(size), and the study's contents at the coordinator may have "
        + "\(Readable.bytes(limits.bytes)), of which \(Readable.bytes(bytes)) are in use; raise the limit there"
    }
    if let key {
      let used = bytesByKey[key, default: 0]
      guard content.bytes <= limits.bytesAKey - used else {
        return
          "the content has \(size), and workers of one key may give \(Readable.bytes(limits.bytesAKey)), of which "
          + "\(Readable.bytes(used)) are in use; raise the limit at the coordinator"
      }
    }
    return nil
  }

  /// Adds a content that was taken or that was stored from the start.
  mutating func keep(_ content: StoredContent) {
    guard stored.updateValue(content, forKey: content.description.contentHash) == nil else { return }
    reserve(content.description.bytes, key: content.key)
    giver.add(content.description.contentHash, bytes: content.description.bytes)
  }

  /// Removes a content that cannot be read any more; workers that have it may give it again. Returns whether it was
  /// stored.
  mutating func lose(_ hash: ContentHash) -> Bool {
    guard let content = stored.removeValue(forKey: hash) else { return false }
    release(content.description.bytes, key: content.key)
    giver.remove(hash)
    return true
  }

  private mutating func reserve(_ bytes: Int, key: String?) {
    self.bytes += bytes
    if let key { bytesByKey[key, default: 0] += bytes }
  }

  mutating func release(_ bytes: Int, key: String?) {
    self.bytes -= bytes
    guard let key, let left = bytesByKey[key] else { return }
    bytesByKey[key] = left == bytes ? nil : left - bytes
  }

  mutating func forgetAnnouncement(of hash: ContentHash, by peer: PeerID) {
    announced[peer]?.remove(hash)
    if announced[peer]?.isEmpty == true { announced[peer] = nil }
  }

  /// Forgets a worker whose connection is gone.
  mutating func forget(_ peer: PeerID, at now: Double) {
    giver.forget(peer)
    for hash in (announced.removeValue(forKey: peer) ?? []).sorted() { taker.remove(peer, of: hash, at: now) }
  }

  /// Returns a description of each violated invariant; empty if all hold.
  func invariants() -> [String] {
    var broken = giver.invariants() + taker.invariants()
    let sizes =
      stored.values.map { ($0.description.bytes, $0.key) } + taker.takings.values.map { ($0.content.bytes, $0.account) }
    if bytes != sizes.reduce(0, { $0 + $1.0 }) { broken.append("\(bytes) bytes of contents are counted wrongly") }
    if bytes > max(limits.bytes, stored.values.reduce(0) { $0 + $1.description.bytes }) {
      broken.append("contents have \(bytes) bytes, at most \(limits.bytes) are allowed")
    }
    for (key, used) in bytesByKey where used != sizes.reduce(0, { $0 + ($1.1 == key ? $1.0 : 0) }) {
      broken.append("\(used) bytes of key \(key) are counted wrongly")
    }
    for (peer, hashes) in announced {
      if hashes.count > limits.announcementsAWorker { broken.append("\(hashes.count) announcements of \(peer)") }
      for hash in hashes where taker.takings[hash]?.sources.contains(where: { $0.peer == peer }) != true {
        broken.append("\(peer) has announced content \(hash.short), but is not a source of it")
      }
    }
    for (hash, taking) in taker.takings {
      if stored[hash] != nil { broken.append("content \(hash.short) is being taken, but is stored already") }
      for source in taking.sources where announced[source.peer]?.contains(hash) != true {
        broken.append("\(source.peer) is a source of content \(hash.short), but has not announced it")
      }
    }
    return broken
  }
}
