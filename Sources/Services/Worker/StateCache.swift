import Digests
import Files
import Foundation
import ReadableText
import SearchCore
import SearchProtocol

/// States of trainings that ended early in their schedule, or are under way, on this machine's disk: one file each,
/// named after the training, the images and the weights that it started from, and the epoch. A cache: what is missing
/// is trained again.
///
/// Workers of a machine may share the folder. A file is written completely or not at all, and one that is removed while
/// it is read can be read to its end.
package struct StateCache: Sendable {
  package static var standardFolder: String { CacheFolder.standard + "/states" }
  package static let standardBytes = 2_000_000_000

  private let folder: String
  private let limit: Int

  /// - Parameter limit: the most bytes of all states together; 0 to keep none.
  package init(folder: String, limit: Int) {
    self.folder = folder
    self.limit = limit
  }

  /// Returns the path of the latest state from which this training can continue; `nil` if none is kept.
  /// - Parameters:
  ///   - data: the hash of the images; empty for drawn ones.
  ///   - weights: the hash of the content that the training starts from; `nil` from scratch.
  package func earlier(of work: Work, on data: String = "", from weights: String? = nil) -> String? {
    guard limit > 0 else { return nil }
    let end = work.kind.recipe.until ?? .max
    let name = Self.name(of: work, data, weights)
    let epochs = Folder.names(in: folder).compactMap { StateFileName.epochs(of: $0, stem: name) }
    return epochs.filter { $0 < end }.max().map { StateFileName.path(stem: "\(folder)/\(name)", epochs: $0) }
  }

  /// Returns the path for the training's state at its end; `nil` if it goes to the end of its schedule, or none are
  /// kept.
  package func place(for work: Work, on data: String = "", from weights: String? = nil) -> String? {
    guard let until = work.kind.recipe.until, let stem = stem(of: work, on: data, from: weights) else { return nil }
    return StateFileName.path(stem: stem, epochs: until)
  }

  /// Returns the beginning of the paths of the training's states, including those on the way; `nil` if none are kept.
  package func stem(of work: Work, on data: String = "", from weights: String? = nil) -> String? {
    guard limit > 0 else { return nil }
    // If this fails, the state is missing in the end.
    try? Folder.make(folder)
    return "\(folder)/\(Self.name(of: work, data, weights))"
  }

  /// Removes the states that are too many once a training has left one more (`prune`).
  /// - Returns: Why that state is not kept, for the user; `nil` if it is.
  package func keep(_ path: String) -> String? {
    let wasLeft = access(path, F_OK) == 0
    prune()
    if access(path, F_OK) == 0 { return nil }
    let problem = wasLeft ? "has no room for a training's state" : "cannot take a training's state"
    let remedy = wasLeft ? "give a larger --cache-size" : "free space there or choose another --state-cache"
    return
      "\(folder) \(problem): resumed trainings start from the beginning, with the same result; \(remedy), or give "
      + "--cache-size 0"
  }

  /// Removes the oldest states until the others fit into the limit, and what killed engines left half-written.
  package func prune() {
    TemporaryName.removeAbandoned(in: folder, ending: StateFileName.ending)
    var files = Folder.names(in: folder).compactMap { name -> (path: String, bytes: Int, time: Double)? in
      guard Self.isState(name) else { return nil }
      var status = stat()
      let path = "\(folder)/\(name)"
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      let time = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
      return (path, Int(status.st_size), time)
    }
    files.sort { $0.time > $1.time }
    var total = 0
    for file in files {
      total += file.bytes
      if total > limit { unlink(file.path) }
    }
  }

  /// The text of the work alone identifies neither the images nor the weights that a study trains itself.
  private static func name(of work: Work, _ data: String, _ weights: String?) -> String {
    let parts = [work.whole.description] + (data.isEmpty ? [] : [data]) + (weights.map { [$0] } ?? [])
    return SHA256.hexadecimal(parts.joined(separator: " ").utf8)
  }

  /// Whether a file is named as states are; no other file is touched.
  private static func isState(_ name: String) -> Bool {
    let words = name.split(separator: ".", omittingEmptySubsequences: false)
    return words.count == 3 && SHA256.isHexadecimal(words[0]) && Int(words[1]) != nil
      && name.hasSuffix(StateFileName.ending)
  }
}
