import Foundation
import TestSupport
import Testing

@testable import Keys

@Suite("rings of keys")
struct KeyRingTests {
  private let place: Place
  init() throws { place = try Place() }

  private func names(_ folder: String = "keys") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: place.path(folder))) ?? []).sorted()
  }

  @Test("a ring is made once and grows; the coordinator knows everyone's key")
  func grows() throws {
    let first = try KeyRing(extending: place.path("keys"), names: [], count: 2)
    #expect(first.isNew && first.workers.map(\.name) == ["worker-1", "worker-2"])
    let more = try KeyRing(extending: place.path("keys"), names: ["node7"], count: 3)
    #expect(!more.isNew && more.coordinatorKey == first.coordinatorKey)
    #expect(more.workers.map(\.name) == ["node7", "worker-3"])
    let known = try AuthorizedKeysFile(path: first.authorizedKeys).keys.names
    #expect(known.count == 4 && more.workers.allSatisfy { known[$0.key] == $0.name })
    #expect(try KeyRing(extending: place.path("keys"), names: [], count: 0).workers.isEmpty)
  }

  @Test("calls at the same time each add their worker")
  func atOnce() async throws {
    let folder = place.path("keys")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask { _ = try KeyRing(extending: folder, names: ["node\(number)"], count: 0) }
      }
      try await group.waitForAll()
    }
    #expect(names() == ["coordinator"] + (0..<8).map { "node\($0)" })
    let ring = try KeyRing(extending: folder, names: [], count: 0)
    #expect(try AuthorizedKeysFile(path: ring.authorizedKeys).keys.names.count == 8)
  }

  @Test("a call that fails leaves nothing of its own behind, and all that was there")
  func allOrNothing() throws {
    _ = try KeyRing(extending: place.path("keys"), names: [], count: 1)
    let taken = #expect(throws: KeyError.self) {
      try KeyRing(extending: place.path("keys"), names: ["new", "worker-1"], count: 0)
    }
    #expect(taken?.description.contains("never overwritten") == true)
    #expect(names() == ["coordinator", "worker-1"])
    // The list cannot be read, so no key is made: it could not be added.
    try place.write("nonsense\n", to: "keys/coordinator/authorized-keys")
    #expect(throws: KeyError.self) { try KeyRing(extending: place.path("keys"), names: ["new"], count: 0) }
    #expect(names() == ["coordinator", "worker-1"])
    try place.write("x", to: "file")
    #expect(throws: KeyError.self) { try KeyRing(extending: place.path("file"), names: [], count: 1) }
    #expect(throws: KeyError.self) { try KeyRing(extending: place.path("no/such"), names: [], count: 1) }
    #expect(!place.exists("no"))
  }
}
