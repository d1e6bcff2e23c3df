import Coordination
import Files
import Foundation
import SearchProtocol

// Makes room for a content, and decides what must stay.
extension ContentStore {
  /// Removes contents that may go and are not in use, the least recently used first, until there is room.
  func makeRoom(for content: ContentDescription) throws(ContentError) {
    guard content.bytes <= limit else {
      throw .exceedsLimit(content.kind, bytes: content.bytes, folder: folder, limit: limit)
    }
    // One process at a time decides what is removed.
    let turn: FileLock
    do { turn = try FileLock.folder(folder) } catch { throw .unwritable(path: folder, error.reason) }
    defer { withExtendedLifetime(turn) {} }
    var others = names.filter { $0 != content.contentHash }.map {
      (hash: $0, bytes: size(of: $0), used: lastUse(of: $0))
    }
    var total = others.reduce(0) { $0 + $1.bytes }
    others.sort { $0.used < $1.used }
    for other in others where total + content.bytes > limit {
      if keeping == .all, isFolder("\(folder)/\(other.hash)") { continue }
      guard let lock = try? lock(other.hash, .exclusive) else { continue }
      defer { withExtendedLifetime(lock) {} }
      try removeFiles(of: other.hash)
      total -= other.bytes
    }
    guard total + content.bytes <= limit else { throw .limitReached(folder: folder, limit: limit, used: total) }
  }

  /// The names of all contents, complete and partial ones.
  var names: Set<ContentHash> {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return Set(entries.compactMap { ContentHash($0.hasSuffix(".partial") ? String($0.dropLast(8)) : $0) })
  }

  /// Returns the size of a content. One that is being taken counts with its full length.
  private func size(of hash: ContentHash) -> Int {
    let present = ["", ".partial"].reduce(0) { sum, ending in
      let path = "\(folder)/\(hash)\(ending)"
      return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).reduce(sum) { sum, file in
        var status = stat()
        return lstat("\(path)/\(file)", &status) == 0 ? sum + Int(status.st_size) : sum
      }
    }
    return max(present, ContentRecord.read(recordPath(hash))?.content.bytes ?? 0)
  }

  private func lastUse(of hash: ContentHash) -> Int {
    ["", ".partial"].reduce(0) { latest, ending in
      var status = stat()
      return lstat("\(folder)/\(hash)\(ending)", &status) == 0 ? max(latest, status.st_mtim.tv_sec) : latest
    }
  }
}
