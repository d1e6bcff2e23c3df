import Coordination
import Files
import Foundation
import SearchProtocol

/// What stands beside a content on disk: what it is, and whose. Written before its first byte.
struct ContentRecord: Codable, Hashable {
  var content: ContentDescription
  /// Of the worker that gave it, where it has one.
  var key: String?

  private static let mostBytes = 4096

  /// Nil where there is none that can be read.
  static func read(_ path: String) -> ContentRecord? {
    guard let bytes = try? RegularFile.read(path, mostBytes: mostBytes, followsLinks: false),
      let record = try? JSONDecoder().decode(ContentRecord.self, from: Data(bytes)),
      record.content.bytes > 0
    else { return nil }
    return record
  }

  /// On disk when this returns.
  func write(to path: String) throws(ContentError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let data = try? encoder.encode(self) else { return }
    do { try OutputFile(path).write(data) } catch {
      throw .unwritable(path: path, SystemError(error.number ?? EINVAL))
    }
  }
}
