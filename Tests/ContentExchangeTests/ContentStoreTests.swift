import Coordination
import Digests
import Foundation
import SearchCore
import SearchProtocol
import Synchronization
import TestSupport
import Testing

@testable import ContentExchange

/// The store on real files, with contents of 2200 bytes in three files.
@Suite("the store of contents")
struct ContentStoreTests {
  private let place: Place
  private let layout = ContentLayout(files: [
    .init(name: "a", bytes: 1000), .init(name: "b", bytes: 500), .init(name: "c", bytes: 700),
  ])

  init() throws { place = try Place() }

  private func cache(limit: Int = 100_000, keeping: ContentStore.Keeping = .latest) -> ContentStore {
    ContentStore(folder: place.path("data"), limit: limit, keeping: keeping)
  }

  private func content(_ seed: Int) -> [UInt8] {
    (0..<2200).map { UInt8(truncatingIfNeeded: $0 * 13 + $0 / 256 + seed) }
  }

  private func hash(_ bytes: [UInt8]) -> ContentHash { ContentHash(bytes: SHA256.hash(bytes))! }

  private func described(_ hash: ContentHash) -> ContentDescription {
    ContentDescription(contentHash: hash, kind: .blob, bytes: 2200)
  }

  @Test("a record of a content larger than any is none", arguments: [-1, 0, Int.max])
  func sizeOnRecord(bytes: Int) throws {
    let path = place.path("record.json")
    var record = ContentRecord(content: described(hash(content(0))))
    try record.write(to: path)
    #expect(ContentRecord.read(path) == record)
    record.content.bytes = bytes
    try record.write(to: path)
    #expect(ContentRecord.read(path) == nil)
  }

  /// The hash of the concatenated files, as for CIFAR-10.
  private func identity(_ folder: String) throws -> ContentHash {
    hash(try ["a", "b", "c"].flatMap { Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
  }

  private func find(
    _ cache: ContentStore, _ hash: ContentHash, key: String? = nil
  ) throws -> ContentStore.Finding? {
    try cache.find(described(hash), layout: layout, key: key, isCancelled: { false })
  }

  /// Fetches in pieces of 300 bytes, beginning after the bytes that are on disk.
  private func fetch(_ bytes: [UInt8], _ cache: ContentStore, upTo end: Int = 2200) throws -> ContentStore.Finding? {
    guard case .absent(let place, var offset) = try find(cache, hash(bytes)) else { return nil }
    while offset < end {
      let next = min(end, offset + 300)
      try cache.store(Array(bytes[offset..<next]), at: offset, in: place)
      offset = next
    }
    return end < 2200 ? .absent(place, present: end) : try cache.install(place)
  }

  @Test("a set is fetched over the bounds of its files, and is found from then on")
  func fetch() throws {
    let bytes = content(1)
    guard case .present(let fetched) = try fetch(bytes, cache()) else {
      Issue.record("not installed")
      return
    }
    #expect(try identity(fetched.folder) == hash(bytes))
    guard case .present(let found) = try find(cache(), hash(bytes)) else {
      Issue.record("not found")
      return
    }
    #expect(found.folder == fetched.folder)
    #expect(!place.exists("data/\(hash(bytes)).partial"))
  }

  @Test("an interrupted fetch goes on where it was, whatever it left", arguments: [0, 1, 999, 1000, 1300, 1500, 2199])
  func resume(at end: Int) throws {
    let bytes = content(2)
    do { _ = try fetch(bytes, cache(), upTo: end) }
    guard case .absent(_, let present)? = try find(cache(), hash(bytes)) else {
      Issue.record("not absent")
      return
    }
    #expect(present == end)
    guard case .present = try fetch(bytes, cache()) else {
      Issue.record("not installed")
      return
    }
  }

  @Test("what is not the set is thrown away, before it is installed and after")
  func wrongContent() throws {
    let bytes = content(3)
    var wrong = bytes
    wrong[1234] ^= 1
    let cache = cache()
    guard case .absent(let target, 0)? = try find(cache, hash(bytes)) else { return }
    try cache.store(wrong, at: 0, in: target)
    guard case .absent(_, 0) = try cache.install(target) else {
      Issue.record("installed what it is not")
      return
    }
    try cache.store(bytes, at: 0, in: target)
    do {
      guard case .present = try cache.install(target) else {
        Issue.record("not installed")
        return
      }
    }
    try place.write("rot", to: "data/\(hash(bytes))/b")
    // The content is in use, so the store does not remove it.
    #expect(throws: ContentError.self) { try find(cache, hash(bytes)) }
    withExtendedLifetime(target) {}
  }

  @Test("a set that rotted and is not in use is fetched again")
  func rot() throws {
    let bytes = content(4)
    do { _ = try fetch(bytes, cache()) }
    try place.write("rot", to: "data/\(hash(bytes))/b")
    guard case .present = try fetch(bytes, cache()) else {
      Issue.record("not fetched again")
      return
    }
    #expect(try identity(place.path("data/\(hash(bytes))")) == hash(bytes))
  }

  @Test("of workers that lack a set at the same moment one fetches it, and the others wait for it")
  func sharing() throws {
    let bytes = content(5)
    let fetches = Mutex(0)
    let found = Mutex(0)
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      do {
        let cache = cache()
        switch try find(cache, hash(bytes)) {
        case .absent(let target, let present)?:
          fetches.withLock { $0 += 1 }
          try cache.store(Array(bytes[present...]), at: present, in: target)
          if case .present = try cache.install(target) {
            found.withLock { $0 += 1 }
          }
        case .present?: found.withLock { $0 += 1 }
        case nil: break
        }
      } catch { failures.withLock { $0.append("\(error)") } }
    }
    #expect(failures.withLock { $0 } == [])
    #expect(fetches.withLock { $0 } == 1)
    #expect(found.withLock { $0 } == 8)
  }

  @Test("waiting for another worker ends when it is called off")
  func cancellation() throws {
    let bytes = content(6)
    let first = try find(cache(), hash(bytes))
    var asked = 0
    let second = try cache().find(
      described(hash(bytes)), layout: layout,
      isCancelled: {
        asked += 1
        return asked > 2
      })
    #expect(second == nil)
    withExtendedLifetime(first) {}
  }

  @Test(
    "the cache keeps to its bound: what was used last or is in use stays, and there is an error where that is too much"
  )
  func bound() throws {
    let cache = cache(limit: 5000)
    do { _ = try fetch(content(1), cache) }
    do { _ = try fetch(content(2), cache) }
    let old = [timeval(tv_sec: 1000, tv_usec: 0), timeval(tv_sec: 1000, tv_usec: 0)]
    utimes(place.path("data/\(hash(content(2)))"), old)
    do {
      let third = try fetch(content(3), cache)
      #expect(!place.exists("data/\(hash(content(2)))"))
      #expect(place.exists("data/\(hash(content(1)))"))
      let first = try find(cache, hash(content(1)))
      let error = #expect(throws: ContentError.self) { try find(cache, hash(content(4))) }
      #expect(error == .limitReached(folder: place.path("data"), limit: 5000, used: 4400))
      withExtendedLifetime((first, third)) {}
    }
    #expect(throws: ContentError.self) { try find(self.cache(limit: 2199), hash(content(5))) }
    guard case .absent? = try find(cache, hash(content(4))) else {
      Issue.record("no room was made")
      return
    }
  }

  @Test(
    "nothing but a hash becomes a file's name",
    arguments: ["", "..", "../../x", String(repeating: "A", count: 64), "a/b"])
  func names(name: String) {
    #expect(ContentHash(name) == nil)
    let data = DataRequirement(set: .cifar10, contentHash: name, pathHint: place.path("data"))
    #expect(ContentServer.Location(data) == nil)
    #expect(!place.exists("data"))
  }

  @Test(
    "a store that keeps all refuses what has no room; only parts that nobody is at go, with all that they will have")
  func keepingAll() throws {
    let cache = cache(limit: 7000, keeping: .all)
    do { _ = try fetch(content(1), cache) }
    do { _ = try fetch(content(2), cache, upTo: 300) }
    let third = try fetch(content(3), cache)
    // A part in use counts with its whole length.
    let fourth = try find(cache, hash(content(4)))
    #expect(!place.exists("data/\(hash(content(2))).partial") && !place.exists("data/\(hash(content(2))).json"))
    let error = #expect(throws: ContentError.self) { try find(cache, hash(content(5))) }
    #expect(error == .limitReached(folder: place.path("data"), limit: 7000, used: 6600))
    for number in [1, 3] { #expect(place.exists("data/\(hash(content(number)))")) }
    withExtendedLifetime((third, fourth)) {}
  }

  @Test(
    "what is there is listed with whose it is, also by the next process; a part is not, nor what a stranger put there")
  func listing() throws {
    let cache = cache(keeping: .all)
    guard case .absent(let target, 0)? = try find(cache, hash(content(1)), key: "k") else {
      Issue.record("not absent")
      return
    }
    try cache.store(content(1), at: 0, in: target)
    _ = try cache.install(target, key: "k")
    _ = try fetch(content(2), cache, upTo: 300)
    let stray = hash(content(3))
    try FileManager.default.createDirectory(atPath: place.path("data/\(stray)"), withIntermediateDirectories: true)
    try place.write("{", to: "data/\(stray).json")
    #expect(
      self.cache(keeping: .all).contents() == [StoredContent(description: described(hash(content(1))), key: "k")])
  }

  @Test("a layout maps every byte of its stream to the right file")
  func pieces() {
    #expect(layout.bytes == 2200)
    #expect(layout.pieces(of: 0..<2200).map(\.range) == [0..<1000, 0..<500, 0..<700])
    #expect(layout.pieces(of: 999..<1001).map(\.range) == [999..<1000, 0..<1])
    #expect(layout.pieces(of: 1600..<1700).map(\.file) == [2])
    let cifar10 = ContentDescription(contentHash: hash([]), kind: .cifar10, bytes: 184_380_000)
    #expect(ContentLayout(cifar10)?.files.count == 6)
    func bytes(_ set: ImageSet, _ bytes: Int? = nil) -> Int {
      ContentLayout.bytes(of: DataRequirement(set: set, contentHash: "", pathHint: nil, bytes: bytes))
    }
    #expect(bytes(.cifar10) == 184_380_000 && bytes(.shapes10) == 0)
    #expect(bytes(.cifar100) == 184_440_000 && bytes(.arrays, 77) == 77 && bytes(.arrays) == 0)
    let arrays = ContentDescription(contentHash: hash([]), kind: .arrays, bytes: 77)
    #expect(ContentLayout(arrays)?.files == [.init(name: "content", bytes: 77)])
    #expect(ContentLayout(ContentDescription(contentHash: hash([]), kind: .cifar10, bytes: 1)) == nil)
  }

  @Test("a source gives the files' bytes, also when their folder is gone, and nothing once a file was changed")
  func source() throws {
    let bytes = content(7)
    try FileManager.default.createDirectory(atPath: place.path("set"), withIntermediateDirectories: true)
    for (name, range) in [("a", 0..<1000), ("b", 1000..<1500), ("c", 1500..<2200)] {
      try Data(bytes[range]).write(to: URL(fileURLWithPath: place.path("set/\(name)")))
    }
    let source = try ContentFiles(layout: layout, folder: place.path("set"))
    try FileManager.default.moveItem(atPath: place.path("set"), toPath: place.path("moved"))
    #expect(try source.read(0..<2200) == bytes)
    #expect(try source.read(990..<1600) == Array(bytes[990..<1600]))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: place.path("moved/b")))
    try file.write(contentsOf: [1])
    try file.close()
    var failed = false
    do { _ = try source.read(990..<1600) } catch { failed = error.description.contains("changed") }
    #expect(failed)
  }
}
