import Files
import Foundation
import TestSupport
import Testing

@Suite("locks of files")
struct FileLockTests {
  private let place: Place
  init() throws { place = try Place() }

  @Test("a file is locked once, made where there is none, and free when the lock has gone")
  func file() throws {
    let path = place.path("lock")
    #expect(!FileLock.isHeld(path) && !place.exists("lock"))
    var lock: FileLock? = try FileLock.file(path, waits: false)
    #expect(FileLock.isHeld(path))
    #expect(throws: FileLock.Failure.held) { try FileLock.file(path, waits: false) }
    withExtendedLifetime(lock) {}
    lock = nil
    #expect(!FileLock.isHeld(path))
    lock = try FileLock.file(path, waits: false)
    withExtendedLifetime(lock) {}
  }

  @Test("those that share a file keep off one that wants it alone; the last of them can have it")
  func sharing() throws {
    func opened() throws -> Int32 {
      let descriptor = open(place.path("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      try #require(descriptor >= 0)
      return descriptor
    }
    let first = try FileLock(opened(), .shared, waits: false)
    var second: FileLock? = try FileLock(opened(), .shared, waits: false)
    #expect(throws: FileLock.Failure.held) { try first.change(to: .exclusive, waits: false) }
    withExtendedLifetime(second) {}
    second = nil
    try first.change(to: .exclusive, waits: false)
    let third = try opened()
    #expect(throws: FileLock.Failure.held) { try FileLock(third, .shared, waits: false) }
    try first.change(to: .shared, waits: false)
    // The descriptor is still the caller's after the failed lock.
    _ = try FileLock(third, .shared, waits: false)
  }

  @Test("folders are locked one after the other; what is none says what the system says")
  func folders() async throws {
    let path = place.folder.path
    var lock: FileLock? = try FileLock.folder(path)
    let waiting = Task.detached { try FileLock.folder(path) }
    #expect(throws: FileLock.Failure.held) { try FileLock.folder(path, waits: false) }
    withExtendedLifetime(lock) {}
    lock = nil
    _ = try await waiting.value
    try place.write("x", to: "file")
    #expect(throws: FileLock.Failure.unopened(SystemError(ENOTDIR))) { try FileLock.folder(place.path("file")) }
    #expect(throws: FileLock.Failure.unopened(SystemError(ENOENT))) { try FileLock.folder(place.path("none")) }
  }

  @Test("a link is not followed, and a pipe is not waited for")
  func strange() throws {
    #expect(symlink(place.path("made"), place.path("link")) == 0)
    #expect(throws: FileLock.Failure.unopened(SystemError(ELOOP))) {
      try FileLock.file(place.path("link"), waits: false)
    }
    #expect(mkfifo(place.path("pipe"), 0o600) == 0)
    _ = try? FileLock.file(place.path("pipe"), waits: false)
    #expect(!FileLock.isHeld(place.path("pipe")) && !place.exists("made"))
  }

  @Test("names of a folder, sorted; none of what is not there")
  func names() throws {
    for name in ["b", "a", ".c"] { try place.write("", to: name) }
    #expect(Folder.names(in: place.folder.path) == [".c", "a", "b"])
    #expect(Folder.names(in: place.path("none")).isEmpty && Folder.names(in: place.path("a")).isEmpty)
  }
}
