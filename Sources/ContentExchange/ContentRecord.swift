import Coordination
import Files
import Foundation
import SearchProtocol

/// The record next to a content on disk: what the content is and who gave it. Written before the content's first byte.
struct ContentRecord: Codable, Hashable {
  var content: ContentDescription
  /// The key of the worker that gave the content, if that worker has one.
  var key: String?

  private static let mostBytes = 4096

  /// Returns the record, or `nil` if there is none that can be read.
  static func read(_ path: String) -> ContentRecord? {
    guard let bytes = try? RegularFile.read(path, mostBytes: mostBytes, followsLinks: false),
      let record = try? JSONDecoder().decode(ContentRecord.self, from: Data(bytes)),
      (1...FieldLimits.contentBytes).contains(record.content.bytes)
    else { return nil }
    return record
  }

  /// Writes the record. It is on disk when the call returns.
  func write(to path: String) throws(ContentError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let data = try? encoder.encode(self) else { return }
    do { try OutputFile(path).write(data) } catch {
      throw .unwritable(path: path, SystemError(error.number ?? EINVAL))
    }
  }
}
