import Coordination
import Digests
import Foundation
import Messaging
import SearchProtocol
import TestSupport
import Testing

@testable import ContentExchange

/// Keepers, servers and desks on real files and threads.
@Suite("contents on disk, as the machines want them")
struct DeskTests {
  private let place: Place

  init() throws { place = try Place() }

  private func bytes(_ count: Int, seed: Int = 1) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ seed) }
  }

  private func described(_ bytes: [UInt8], kind: ContentKind = .blob) -> ContentDescription {
    ContentDescription(contentHash: ContentHash(bytes: SHA256.hash(bytes))!, kind: kind, bytes: bytes.count)
  }

  private func pieces(_ bytes: [UInt8], of content: ContentHash) -> [ContentPiece] {
    stride(from: 0, to: bytes.count, by: ContentPiece.maximumBytes).map { offset in
      let piece = Array(bytes[offset..<min(bytes.count, offset + ContentPiece.maximumBytes)])
      return ContentPiece(contentHash: content, ticket: 1, offset: offset, digest: SHA256.hash(piece), bytes: piece)
    }
  }

  private final class Inbox<Element: Sendable>: Sendable {
    let mailbox = Mailbox<Element>()

    /// The next element; `nil` after half a minute.
    func next() -> Element? { mailbox.receiveAll(waitingAtMost: 30).first }
  }

  /// Runs one effect and returns the event that follows from it.
  private func run(
    _ effect: ContentEffect, _ keeper: ContentKeeper, _ inbox: Inbox<ContentKeeper.Answer>
  ) throws -> ContentEvent? {
    keeper.run(effect)
    return keeper.event(of: try #require(inbox.next()))
  }

  private func keeper(_ store: ContentStore, _ inbox: Inbox<ContentKeeper.Answer>) -> ContentKeeper {
    ContentKeeper(store: store, describe: { "\($0)" }, answer: { [mailbox = inbox.mailbox] in mailbox.post([$0]) })
  }

  private func store(_ name: String = "store", keeping: ContentStore.Keeping = .all) -> ContentStore {
    ContentStore(folder: place.path(name), limit: 10_000_000, keeping: keeping)
  }

  @Test("a keeper makes a place, keeps pieces in their order, refuses damaged ones, and checks the whole")
  func keep() throws {
    let bytes = bytes(ContentPiece.maximumBytes * 2 + 9)
    let content = described(bytes)
    let hash = content.contentHash
    let inbox = Inbox<ContentKeeper.Answer>()
    let keeper = keeper(store(), inbox)
    #expect(try run(.prepare(content, account: "k"), keeper, inbox) == .prepared(hash, present: 0))
    let pieces = pieces(bytes, of: hash)
    #expect(try run(.store(pieces[0]), keeper, inbox) == .stored(hash, end: ContentPiece.maximumBytes))
    var damaged = pieces[1]
    damaged.bytes[3] ^= 1
    #expect(try run(.store(damaged), keeper, inbox) == .damaged(hash))
    #expect(try run(.store(pieces[2]), keeper, inbox) == .damaged(hash), "the one before it is not there")
    // The stored bytes remain for the next fetch, also by another process.
    keeper.run(.release(hash))
    let next = self.keeper(store(), inbox)
    #expect(
      try run(.prepare(content, account: "k"), next, inbox) == .prepared(hash, present: ContentPiece.maximumBytes))
    for piece in pieces[1...] { _ = try run(.store(piece), next, inbox) }
    #expect(try run(.install(content), next, inbox) == .whole(hash))
    #expect(next.folder(of: hash) == place.path("store/\(hash)"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.path("store/\(hash)/content"))) == Data(bytes))
    #expect(store().contents() == [StoredContent(description: content, key: "k")])
  }

  @Test("a whole that is another content is thrown away")
  func wrong() throws {
    let bytes = bytes(5000)
    let content = described(self.bytes(5000, seed: 2))
    let inbox = Inbox<ContentKeeper.Answer>()
    let keeper = keeper(store(), inbox)
    _ = try run(.prepare(content, account: nil), keeper, inbox)
    _ = try run(.store(pieces(bytes, of: content.contentHash)[0]), keeper, inbox)
    #expect(try run(.install(content), keeper, inbox) == .wrong(content.contentHash))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: place.path("store/\(content.contentHash).partial")) == [])
    #expect(store().contents().isEmpty)
  }

  @Test("events of what was released change nothing")
  func released() throws {
    let content = described(bytes(5000))
    let inbox = Inbox<ContentKeeper.Answer>()
    let keeper = keeper(store(), inbox)
    keeper.run(.prepare(content, account: nil))
    let answer = try #require(inbox.next())
    keeper.run(.release(content.contentHash))
    #expect(keeper.event(of: answer) == nil && keeper.folder(of: content.contentHash) == nil)
  }

  @Test("where the disk takes nothing, the reason comes back and nothing of the content stays")
  func unwritable() throws {
    let bytes = bytes(5000)
    let content = described(bytes)
    let inbox = Inbox<ContentKeeper.Answer>()
    let keeper = keeper(store(), inbox)
    _ = try run(.prepare(content, account: nil), keeper, inbox)
    // A link to a device that is always full.
    #expect(symlink("/dev/full", place.path("store/\(content.contentHash).partial/content")) == 0)
    guard
      case .failed(let hash, let reason)? = try run(
        .store(pieces(bytes, of: content.contentHash)[0]), keeper, inbox)
    else {
      Issue.record("no failure")
      return
    }
    #expect(hash == content.contentHash && reason.contains("cannot be written"))
    let left = try FileManager.default.contentsOfDirectory(atPath: place.path("store"))
    #expect(left == ["\(content.contentHash).lock"], "\(left)")
  }

  @Test("a server gives pieces of what it was told of, checks what it did not read itself, and tells what was changed")
  func serve() throws {
    let bytes = bytes(9000)
    try Data(bytes).write(to: URL(fileURLWithPath: place.path("file")))
    let content = described(bytes)
    let location = ContentServer.Location(
      content: content, folder: place.path(""), layout: ContentLayout(files: [.init(name: "file", bytes: 9000)]))
    let inbox = Inbox<Result<ContentPiece, ContentError>>()
    let server = ContentServer { [mailbox = inbox.mailbox] in mailbox.post([$1]) }
    defer { server.close() }
    func ask(_ content: ContentDescription, _ range: Range<Int>) throws -> Result<ContentPiece, ContentError> {
      server.post(
        ContentGift(contentHash: content.contentHash, range: range, ticket: 7, peer: PeerID(bytes: [])))
      return try #require(inbox.next())
    }
    #expect(try ask(content, 0..<3) == .failure(.noSuchBytes))
    server.add(location)
    let piece = try ask(content, 100..<300).get()
    #expect(piece.bytes == Array(bytes[100..<300]) && piece.digest == SHA256.hash(piece.bytes) && piece.ticket == 7)
    // The file is not served under another content's name.
    var lie = location
    lie.content = described(self.bytes(9000, seed: 5))
    server.add(lie)
    #expect(try ask(lie.content, 0..<9) == .failure(.changed(file: place.path(""))))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: place.path("file")))
    try file.write(contentsOf: [99])
    try file.close()
    #expect(try ask(content, 0..<3) == .failure(.changed(file: "file")))
    // The file is opened again, read as a whole, and turns out to be another content.
    #expect(try ask(content, 0..<3) == .failure(.changed(file: place.path(""))))
  }

  @Test("a coordinator's desk lists what is there, gives it, and speaks to each worker in its version")
  func coordinator() throws {
    let bytes = bytes(4000)
    let content = described(bytes)
    let inbox = Inbox<ContentKeeper.Answer>()
    let keeper = keeper(store(), inbox)
    _ = try run(.prepare(content, account: nil), keeper, inbox)
    _ = try run(.store(pieces(bytes, of: content.contentHash)[0]), keeper, inbox)
    _ = try run(.install(content), keeper, inbox)
    let sent = Inbox<[[UInt8]]>()
    let posted = Inbox<CoordinatorContentDesk.Input>()
    let desk = try CoordinatorContentDesk(
      store: store(), dataSet: nil, send: { [mailbox = sent.mailbox] frames, _ in mailbox.post([frames]) },
      post: { [mailbox = posted.mailbox] in mailbox.post([$0]) })
    defer { desk.close() }
    #expect(desk.stored == [StoredContent(description: content, key: nil)])
    for namesContent in [true, false] {
      var gift = ContentGift(contentHash: content.contentHash, range: 5..<50, ticket: 7, peer: PeerID(bytes: [1]))
      gift.namesContent = namesContent
      desk.run(.give(gift))
      let message = try MessageCodec.decode(try #require(sent.next()), as: CoordinatorMessage.self).message
      switch message {
      case .contentPiece(let piece): #expect(namesContent && piece.bytes == Array(bytes[5..<50]))
      case .dataChunk(let piece): #expect(!namesContent && piece.bytes == Array(bytes[5..<50]))
      default: Issue.record("\(message)")
      }
    }
    // The worker and the machine are told that the content has changed on disk.
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: place.path("store/\(content.contentHash)/content")))
    try file.write(contentsOf: [99])
    try file.close()
    desk.run(.give(ContentGift(contentHash: content.contentHash, range: 5..<50, ticket: 7, peer: PeerID(bytes: [1]))))
    guard
      case .contentRefusal? = try MessageCodec.decode(
        try #require(sent.next()), as: CoordinatorMessage.self
      ).message as CoordinatorMessage?
    else {
      Issue.record("no refusal")
      return
    }
    guard case .unreadable(content.contentHash, _)? = desk.event(of: try #require(posted.next())) else {
      Issue.record("not told")
      return
    }
  }
}
