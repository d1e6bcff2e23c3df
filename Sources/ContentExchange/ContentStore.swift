import Coordination
import Files
import Foundation
import ImageData
import ReadableText
import SearchProtocol

/// Contents on this machine's disk, up to a limit. The folder of each is there completely or not at all.
///
/// | name | what |
/// |---|---|
/// | `HASH` | a content that was checked as a whole |
/// | `HASH.partial` | one that is being taken: files that grow in their order |
/// | `HASH.json` | what it is, and the key of the worker that gave it |
/// | `HASH.lock` | locked: shared while the content is used, exclusively while it is taken or removed |
///
/// A `Place` belongs to the thread that holds it; its lock ends with the process, however that ends.
package struct ContentStore: Sendable {
  /// What is removed if there is no room.
  package enum Keeping: Sendable {
    /// The least recently used contents: all can be fetched again. If a full disk interrupts taking one, its part
    /// stays, to be continued.
    case latest
    /// Only parts of contents that are not being taken now. If a full disk interrupts taking one, its part is removed.
    case all
  }

  package static let standardCacheBytes = 10_000_000_000

  package let folder: String
  /// The largest number of bytes that all contents together may have.
  package let limit: Int
  package let keeping: Keeping

  /// The cache that all workers of a machine share.
  package static var standardCacheFolder: String { CacheFolder.standard + "/data" }

  package init(folder: String, limit: Int, keeping: Keeping = .latest) {
    self.folder = folder
    self.limit = limit
    self.keeping = keeping
  }

  /// A content in use, or the place of one that is being taken. Unlocked when released.
  package final class Place: Sendable {
    package let content: ContentDescription
    package let layout: ContentLayout
    package let folder: String
    package let partial: String
    fileprivate let lock: FileLock

    fileprivate init(_ content: ContentDescription, layout: ContentLayout, store: String, lock: FileLock) {
      self.content = content
      self.layout = layout
      folder = "\(store)/\(content.contentHash)"
      partial = folder + ".partial"
      self.lock = lock
    }
  }

  package enum Finding: Sendable {
    case present(Place)
    /// Reserved for the caller: no other process takes the content. `Place.partial` holds `present` leading bytes.
    case absent(Place, present: Int)
  }

  /// Looks for a content, and waits while another process of this machine takes it.
  /// - Parameters:
  ///   - layout: the files, if they are not those of the content's kind.
  ///   - key: the key of the worker that gives the content.
  ///   - isCancelled: polled while waiting; ends the wait, and the result is `nil`.
  ///   - onWait: called once if the call has to wait.
  package func find(
    _ content: ContentDescription, layout: ContentLayout? = nil, key: String? = nil, isCancelled: () -> Bool,
    onWait: () -> Void = {}
  ) throws(ContentError) -> Finding? {
    guard let layout = layout ?? ContentLayout(content) else { throw .otherSize(content.kind, bytes: content.bytes) }
    try make(folder)
    func place(_ lock: FileLock) -> Place { Place(content, layout: layout, store: folder, lock: lock) }
    var hasWaited = false
    while !isCancelled() {
      // The process with the exclusive lock is alone with the content. If another holds a lock and the content is
      // complete, this process shares it.
      if let place = try lock(content.contentHash, .exclusive).map(place) {
        if isFolder(place.folder) {
          if isWhole(place, in: place.folder) { return try share(place) }
          try remove(place.folder)
        }
        try makeRoom(for: content)
        return .absent(place, present: try prepare(place, key: key))
      }
      if isFolder("\(folder)/\(content.contentHash)"), let place = try lock(content.contentHash, .shared).map(place) {
        guard isWhole(place, in: place.folder) else { throw .damagedInUse(folder: place.folder) }
        return try share(place)
      }
      if !hasWaited { onWait() }
      hasWaited = true
      usleep(200_000)
    }
    return nil
  }

  private func isWhole(_ place: Place, in folder: String) -> Bool {
    (try? place.layout.hash(in: folder)) == place.content.contentHash
  }

  private func share(_ place: Place) throws(ContentError) -> Finding {
    do { try place.lock.change(to: .shared, waits: true) } catch { throw .unwritable(path: place.folder, error.reason) }
    // The time of the last use decides which content is removed first.
    utimes(place.folder, nil)
    return .present(place)
  }

  /// Returns all complete contents. Their bytes are not read.
  package func contents() -> [StoredContent] {
    names.sorted().compactMap { hash in
      guard isFolder("\(folder)/\(hash)"), let record = ContentRecord.read(recordPath(hash)),
        record.content.contentHash == hash
      else { return nil }
      return StoredContent(description: record.content, key: record.key)
    }
  }

  package func location(of content: ContentDescription) -> ContentServer.Location? {
    guard let layout = ContentLayout(content) else { return nil }
    return ContentServer.Location(
      content: content, folder: "\(folder)/\(content.contentHash)", layout: layout)
  }

  // MARK: Taking

  /// Stores bytes of the stream. `place` must be one that was found absent.
  package func store(_ bytes: [UInt8], at offset: Int, in place: Place) throws(ContentError) {
    var done = 0
    for (index, part) in place.layout.pieces(of: offset..<offset + bytes.count) {
      let path = "\(place.partial)/\(place.layout.files[index].name)"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
      guard descriptor >= 0 else { throw unwritable(path) }
      defer { close(descriptor) }
      let piece = done..<done + part.count
      do {
        try bytes.withUnsafeBytes { bytes in
          Result { () throws(SystemError) in
            try Descriptor.write(UnsafeRawBufferPointer(rebasing: bytes[piece]), to: descriptor, at: part.lowerBound)
          }
        }.get()
      } catch { throw .unwritable(path: path, error) }
      done += part.count
    }
  }

  /// Checks the complete content and moves it into place, or discards it if its hash is not the expected one.
  package func install(_ place: Place, key: String? = nil) throws(ContentError) -> Finding {
    guard isWhole(place, in: place.partial) else {
      try remove(place.partial)
      return .absent(place, present: try prepare(place, key: key))
    }
    for file in place.layout.files { try synchronize("\(place.partial)/\(file.name)") }
    try synchronize(place.partial)
    guard rename(place.partial, place.folder) == 0 else { throw unwritable(place.folder) }
    try synchronize(folder)
    return try share(place)
  }

  /// Gives up a place after an error, or if nothing was stored in it. Removes what it holds if `keeping` is `.all`.
  package func giveUp(_ place: Place) {
    guard keeping == .all else { return }
    try? remove(place.partial)
    try? remove(recordPath(place.content.contentHash))
  }

  /// Removes a content that is no longer needed or was damaged, unless it is in use.
  package func remove(_ content: ContentHash) throws(ContentError) {
    guard let lock = try lock(content, .exclusive) else { return }
    defer { withExtendedLifetime(lock) {} }
    try removeFiles(of: content)
  }

  func removeFiles(of hash: ContentHash) throws(ContentError) {
    try remove("\(folder)/\(hash)")
    try remove("\(folder)/\(hash).partial")
    try remove(recordPath(hash))
  }

  /// Prepares the place and returns the number of leading bytes that are there. Files after the first incomplete one
  /// are removed.
  private func prepare(_ place: Place, key: String?) throws(ContentError) -> Int {
    let record = ContentRecord(content: place.content, key: key)
    let path = recordPath(place.content.contentHash)
    if ContentRecord.read(path) != record { try record.write(to: path) }
    try make(place.partial)
    var present = 0
    var isBroken = false
    for file in place.layout.files {
      let path = "\(place.partial)/\(file.name)"
      var status = stat()
      guard lstat(path, &status) == 0 else {
        isBroken = true
        continue
      }
      let size = Int(status.st_size)
      guard !isBroken, status.st_mode & S_IFMT == S_IFREG, size <= file.bytes else {
        try remove(path)
        isBroken = true
        continue
      }
      present += size
      if size < file.bytes { isBroken = true }
    }
    do { try requireSpace(place.layout.bytes - present, for: place.content.kind) } catch {
      giveUp(place)
      throw error
    }
    return present
  }

  private func requireSpace(_ bytes: Int, for kind: ContentKind) throws(ContentError) {
    guard let free = FreeSpace.bytes(at: folder) else { return }
    guard free >= bytes + 64 << 20 else { throw .diskFull(kind, folder: folder, free: free, needed: bytes) }
  }

  // MARK: Files

  func recordPath(_ hash: ContentHash) -> String { "\(folder)/\(hash).json" }

  /// Locks a content. The lock file stays when the content is removed: another process may have opened it just before,
  /// and would then lock a deleted file.
  /// - Returns: `nil` if another process holds the lock.
  func lock(_ hash: ContentHash, _ kind: FileLock.Kind) throws(ContentError) -> FileLock? {
    let path = "\(folder)/\(hash).lock"
    do { return try FileLock.file(path, kind, waits: false, mode: 0o644) } catch {
      if case .held = error { return nil }
      throw .unwritable(path: path, error.reason)
    }
  }

  /// Whether there is a folder at `path`. Links are not followed.
  func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private func remove(_ path: String) throws(ContentError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw .unremovable(path: path, reason: ImageData.reason(of: error).inOneLine)
    }
  }

  private func synchronize(_ path: String) throws(ContentError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unwritable(path) }
    defer { close(descriptor) }
    do { try Descriptor.synchronize(descriptor) } catch { throw .unwritable(path: path, error) }
  }

  private func make(_ path: String) throws(ContentError) {
    do { try Folder.make(path) } catch { throw .noFolder(path, error.reason) }
  }

  private func unwritable(_ path: String) -> ContentError { .unwritable(path: path, .last) }
}
