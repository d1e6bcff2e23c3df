import Files
import Foundation
import ImageData
import ReadableText

/// Data sets that workers fetched, on this machine's disk: shared by all its workers, bounded, each in a folder that is there
/// whole or not at all.
///
/// | name | what |
/// |---|---|
/// | `HASH` | a data set that was checked as a whole |
/// | `HASH.partial` | one that is being fetched: files that grow in their order |
/// | `HASH.lock` | locked shared by who uses it, exclusively by who fetches or removes it |
///
/// Belongs to the thread that holds it; the lock ends with the process, however it ends.
package struct DataCache: Sendable {
  package static let standardBytes = 10_000_000_000

  package let folder: String
  /// Most bytes that all sets together may have.
  let limit: Int

  package static var standardFolder: String { CacheFolder.standard + "/data" }

  package init(folder: String, limit: Int) {
    self.folder = folder
    self.limit = limit
  }

  /// A set in use, or the place that one is being fetched to. Unlocked when released.
  package final class Place: Sendable {
    package let hash: String
    package let folder: String
    let partial: String
    fileprivate let lock: Int32

    fileprivate init(cache: String, hash: String, lock: Int32) {
      self.hash = hash
      folder = "\(cache)/\(hash)"
      partial = folder + ".partial"
      self.lock = lock
    }

    deinit {
      // Unlocked by name: a child process that is just being spawned holds the descriptor open a little longer.
      flock(lock, LOCK_UN)
      close(lock)
    }
  }

  package enum Finding: Sendable {
    case present(Place)
    /// Nobody else fetches it: so many bytes from its start are in `Place.partial`.
    case absent(Place, present: Int)
  }

  /// Looks for a set, and waits where another worker of this machine fetches it.
  /// - Parameters:
  ///   - identity: the content hash of the files in a folder.
  ///   - isCancelled: asked again and again; ends the waiting with nil.
  ///   - onWait: called once where it has to wait.
  package func find(
    _ hash: String, layout: DataLayout, identity: (String) throws -> String, isCancelled: () -> Bool,
    onWait: () -> Void = {}
  ) throws -> Finding? {
    guard Self.isHash(hash) else {
      throw ContentError.noHash(hash)
    }
    try make(folder)
    let place = Place(cache: folder, hash: hash, lock: try openLock(hash))
    var hasWaited = false
    while !isCancelled() {
      // Whoever may lock it exclusively is alone with it; whoever may not, but finds it whole, shares it.
      if flock(place.lock, LOCK_EX | LOCK_NB) == 0 {
        if isFolder(place.folder) {
          if (try? identity(place.folder)) == hash { return share(place) }
          try remove(place.folder)
        }
        try makeRoom(for: layout.bytes, except: hash)
        return .absent(place, present: try prepare(place, layout))
      }
      if isFolder(place.folder), flock(place.lock, LOCK_SH | LOCK_NB) == 0 {
        guard (try? identity(place.folder)) == hash else {
          throw ContentError.damagedInUse(folder: place.folder)
        }
        return share(place)
      }
      if !hasWaited { onWait() }
      hasWaited = true
      usleep(200_000)
    }
    return nil
  }

  private func share(_ place: Place) -> Finding {
    flock(place.lock, LOCK_SH)
    // Which set was used last decides which one goes first.
    utimes(place.folder, nil)
    return .present(place)
  }

  // MARK: Fetching

  /// Keeps bytes of the stream. `place` is one that was found absent.
  package func store(_ bytes: [UInt8], at offset: Int, in place: Place, layout: DataLayout) throws(ContentError) {
    var done = 0
    for (index, part) in layout.pieces(of: offset..<offset + bytes.count) {
      let path = "\(place.partial)/\(layout.files[index].name)"
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

  /// Checks what was fetched as a whole and puts it in its place; throws it away where it is not what it should be.
  package func install(_ place: Place, layout: DataLayout, identity: (String) throws -> String) throws -> Finding {
    let found = try? identity(place.partial)
    guard found == place.hash else {
      try remove(place.partial)
      return .absent(place, present: try prepare(place, layout))
    }
    for file in layout.files { try synchronize("\(place.partial)/\(file.name)") }
    guard rename(place.partial, place.folder) == 0 else { throw unwritable(place.folder) }
    try synchronize(folder)
    return share(place)
  }

  /// How much is there from the start. Files after the first that is not whole are thrown away.
  private func prepare(_ place: Place, _ layout: DataLayout) throws -> Int {
    try make(place.partial)
    var present = 0
    var isBroken = false
    for file in layout.files {
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
    try requireSpace(layout.bytes - present)
    return present
  }

  private func requireSpace(_ bytes: Int) throws(ContentError) {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return }
    let free = Int(status.f_bavail) * Int(status.f_frsize)
    guard free >= bytes + 64 << 20 else {
      throw .diskFull(folder: folder, free: free, needed: bytes)
    }
  }

  // MARK: The bound

  /// Removes the sets that were not used for the longest time and that nobody uses now, until there is room.
  private func makeRoom(for bytes: Int, except hash: String) throws {
    guard bytes <= limit else {
      throw ContentError.exceedsLimit(bytes: bytes, folder: folder, limit: limit)
    }
    // One worker at a time decides what goes.
    let turn = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard turn >= 0, flock(turn, LOCK_EX) == 0 else { throw unwritable(folder) }
    defer { close(turn) }
    var sets = names.filter { $0 != hash }.map { (hash: $0, bytes: size(of: $0), used: lastUse(of: $0)) }
    var total = sets.reduce(0) { $0 + $1.bytes }
    sets.sort { $0.used < $1.used }
    for set in sets where total + bytes > limit {
      guard let lock = try? openLock(set.hash) else { continue }
      defer { close(lock) }
      guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { continue }
      try remove("\(folder)/\(set.hash)")
      try remove("\(folder)/\(set.hash).partial")
      total -= set.bytes
    }
    guard total + bytes <= limit else {
      throw ContentError.limitReached(folder: folder, limit: limit, used: total)
    }
  }

  /// Of all sets, whole ones and partial ones.
  private var names: Set<String> {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return Set(entries.map { $0.hasSuffix(".partial") ? String($0.dropLast(8)) : $0 }.filter(Self.isHash))
  }

  private func size(of hash: String) -> Int {
    ["", ".partial"].reduce(0) { sum, ending in
      let path = "\(folder)/\(hash)\(ending)"
      return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).reduce(sum) { sum, file in
        var status = stat()
        return lstat("\(path)/\(file)", &status) == 0 ? sum + Int(status.st_size) : sum
      }
    }
  }

  private func lastUse(of hash: String) -> Int {
    ["", ".partial"].reduce(0) { latest, ending in
      var status = stat()
      return lstat("\(folder)/\(hash)\(ending)", &status) == 0 ? max(latest, status.st_mtim.tv_sec) : latest
    }
  }

  // MARK: Files

  /// 64 lower-case hexadecimal digits and nothing else, so that it can be a file's name.
  static func isHash(_ text: String) -> Bool {
    Hexadecimal.isNumber(text, digits: 64) && text == text.lowercased()
  }

  /// The lock's file stays when its set goes: somebody may have opened it just before, and would lock a file that is gone.
  private func openLock(_ hash: String) throws(ContentError) -> Int32 {
    let path = "\(folder)/\(hash).lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw unwritable(path) }
    return descriptor
  }

  /// Links are not followed.
  private func isFolder(_ path: String) -> Bool {
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
    guard fsync(descriptor) == 0 else { throw unwritable(path) }
  }

  private func make(_ path: String) throws(ContentError) {
    do { try Folder.make(path) } catch { throw .noFolder(path, error.reason) }
  }

  private func unwritable(_ path: String) -> ContentError { .unwritable(path: path, .last) }
}
