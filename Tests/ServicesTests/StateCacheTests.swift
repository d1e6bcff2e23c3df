import Files
import Foundation
import SearchCore
import SearchProtocol
import TestSupport
import Testing

@testable import Services

@Suite("states of trainings")
struct StateCacheTests {
  private func work(_ seed: UInt64, until: Int?) -> Work {
    var recipe = TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .shapes10, trainImages: 10, validationImages: 10, splitSeed: 1),
      epochs: 9)
    recipe.until = until
    return Work(candidate: .dense, kind: .proxyTraining(recipe), repetition: 0, seed: seed)
  }

  @Test("a training goes on from the latest state before its end, of the same training only")
  func latest() throws {
    let place = try Place()
    let cache = StateCache(folder: place.path("states"), limit: 1000)
    #expect(cache.place(for: work(1, until: nil)) == nil && cache.earlier(of: work(1, until: nil)) == nil)
    for until in [2, 5] {
      try Data([1]).write(to: URL(fileURLWithPath: #require(cache.place(for: work(1, until: until)))))
    }
    #expect(cache.earlier(of: work(1, until: nil)) == cache.place(for: work(1, until: 5)))
    #expect(cache.earlier(of: work(1, until: 5)) == cache.place(for: work(1, until: 2)))
    #expect(cache.earlier(of: work(1, until: 2)) == nil && cache.earlier(of: work(2, until: nil)) == nil)
    // The states that a training leaves on its way have the same places, whatever its end.
    for until in [6, nil] {
      let stem = try #require(cache.stem(of: work(1, until: until)))
      #expect(StateFileName.path(stem: stem, epochs: 5) == cache.place(for: work(1, until: 5)))
    }
    // States from other weights do not count, which a study's own start may have under the same text.
    let path = try #require(cache.place(for: work(1, until: 3), from: "a"))
    try Data([1]).write(to: URL(fileURLWithPath: path))
    #expect(cache.earlier(of: work(1, until: nil), from: "a") == path)
    #expect(cache.earlier(of: work(1, until: nil), from: "b") == nil)
    #expect(cache.earlier(of: work(1, until: nil), on: "other images", from: "a") == nil)
    let none = StateCache(folder: place.path("states"), limit: 0)
    #expect(none.earlier(of: work(1, until: nil)) == nil && none.place(for: work(1, until: 2)) == nil)
    #expect(none.stem(of: work(1, until: nil)) == nil)
  }

  @Test("the oldest go first, and nothing else of the folder goes")
  func prune() throws {
    let place = try Place()
    let cache = StateCache(folder: place.path("states"), limit: 25)
    for (index, seed) in [3, 1, 2].enumerated() {
      let path = try #require(cache.place(for: work(UInt64(seed), until: 1)))
      try Data(repeating: 0, count: 10).write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: Double(1000 + index))], ofItemAtPath: path)
    }
    let others = ["states/other.txt", "states/mine.state", "states/mine.1.state"]
    for other in others { try place.write(String(repeating: "x", count: 100), to: other) }
    // A file half-written by an engine that was killed, one that an engine is writing, and one of something else.
    let half = try [4, 5].map { try #require(cache.place(for: work($0, until: 1))) + ".0123456789abcdef.partial" }
    for path in half { try Data([1]).write(to: URL(fileURLWithPath: path)) }
    try place.write("x", to: "states/other.txt.0123456789abcdef.partial")
    let lock = try FileLock(open(half[1], O_RDONLY), waits: false)
    withExtendedLifetime(lock) { cache.prune() }
    #expect(half.map { FileManager.default.fileExists(atPath: $0) } == [false, true])
    #expect(place.exists("states/other.txt.0123456789abcdef.partial"))
    #expect(cache.earlier(of: work(3, until: nil)) == nil)
    #expect(cache.earlier(of: work(1, until: nil)) != nil && cache.earlier(of: work(2, until: nil)) != nil)
    #expect(others.allSatisfy { place.exists($0) })
  }

  @Test("a state that is not there is told with what to do")
  func missing() throws {
    let place = try Place()
    try place.write("a file", to: "states")
    let cache = StateCache(folder: place.path("states"), limit: 1000)
    let path = try #require(cache.place(for: work(1, until: 1)))
    let problem = try #require(cache.keep(path))
    #expect(problem.contains("cannot take a training's state") && problem.contains("another --state-cache"))
  }

  @Test("a state that is larger than all states may be is told with what to do; one that fits is kept")
  func tooLarge() throws {
    let place = try Place()
    let cache = StateCache(folder: place.path("states"), limit: 25)
    let path = try #require(cache.place(for: work(1, until: 1)))
    try Data(repeating: 0, count: 26).write(to: URL(fileURLWithPath: path))
    let problem = try #require(cache.keep(path))
    #expect(problem.contains("has no room for a training's state") && problem.contains("a larger --cache-size"))
    try Data(repeating: 0, count: 25).write(to: URL(fileURLWithPath: path))
    #expect(cache.keep(path) == nil && cache.earlier(of: work(1, until: nil)) == path)
  }
}
