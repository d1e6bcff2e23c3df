import BasisEngine
import Configuration
import ContentExchange
import Coordination
import Digests
import Files
import Foundation
import SearchCore
import SearchProtocol
import Studies

/// Checks the checkpoint that a study's trainings start from, and puts it into the study's contents.
package enum StartWeights {
  /// - Returns: the number of the study's validation images that the network was trained on; `nil` if the study does
  ///   not start from a checkpoint.
  /// - Throws: `ServiceError.start` if no training of the study can start from the file.
  package static func check(_ definition: StudyDefinition) throws -> SeenImages? {
    guard definition.configuration.startWeights != nil, let path = definition.startCheckpoint else { return nil }
    let checkpoint: Checkpoint
    do { checkpoint = try Checkpoint(path: path) } catch {
      guard case .checkpoint(_, let reason) = error else { throw error }
      throw ServiceError.start(path, reason)
    }
    do { try checkpoint.requireStart(of: definition.recipe.architecture) } catch {
      throw ServiceError.start(path, "\(error)")
    }
    return checkpoint.seen(
      ofValidation: definition.recipe.data, content: try? definition.dataPlace.content().identity)
  }

  /// Puts the checkpoint into the folder of the study's contents unless it is there, regardless of how much workers may
  /// give.
  /// - Throws: `ServiceError.start` if neither the folder nor the path has it, `ContentError`.
  static func bring(_ definition: StudyDefinition, into folder: String) throws {
    guard let weights = definition.configuration.startWeights, let hash = ContentHash(weights) else { return }
    let store = ContentStore(folder: folder, limit: .max, keeping: .all)
    let isThere = store.contents().contains { $0.description.contentHash == hash }
    guard let path = definition.startCheckpoint else {
      if isThere { return }
      throw ServiceError.start(
        "\(hash.short)", "it is not in \(folder); name its file with start.checkpoint, or put it there")
    }
    if isThere, access(path, F_OK) != 0 { return }
    let bytes: [UInt8]
    do { bytes = try StartFile.bytes(path) } catch { throw ServiceError.start(path, "\(error)") }
    let content = ContentDescription(contentHash: hash, kind: .blob, bytes: bytes.count)
    guard case .absent(let place, let present)? = try store.find(content, isCancelled: { false }) else { return }
    try store.store(Array(bytes[present...]), at: present, in: place)
    guard case .present = try store.install(place) else {
      throw ServiceError.start(path, "it was changed while it was being read; start again")
    }
  }
}
