import Coordination
import Foundation
import ImageData
import SearchProtocol

/// Provides the study's data set to a worker: from the worker's own places, from the machine's cache, or from the
/// coordinator through the cache.
///
/// Belongs to the worker's thread, as does the keeper that prepares the data set's place in the cache.
package final class DataSetFinder {
  /// The result of a search in folders, for the worker's thread.
  package struct Answer: Sendable {
    fileprivate let requirement: DataRequirement
    fileprivate let found: Result<DataSearch.Found, ContentError>
  }

  private enum State {
    case idle
    /// Searching in folders.
    case searching(DataRequirement)
    /// Looking in the cache; the data set is in no folder, for this reason.
    case preparing(ContentDescription, reason: String)
    case fetching(ContentDescription)
  }

  private let ownFolder: String?
  private let keeper: ContentKeeper
  private let describe: @Sendable (any Error) -> String
  private let answer: @Sendable (Answer) -> Void
  private var state = State.idle
  /// The path of the study's data set; `nil` if the set is embedded.
  package private(set) var path: String?

  /// - Parameter describe: returns one line for the user of a worker that gives up.
  package init(
    ownFolder: String?, keeper: ContentKeeper, describe: @escaping @Sendable (any Error) -> String,
    answer: @escaping @Sendable (Answer) -> Void
  ) {
    (self.ownFolder, self.keeper, self.describe, self.answer) = (ownFolder, keeper, describe, answer)
  }

  /// Starts the search, on another thread: reading 184 MB takes a while, and heartbeats must go on meanwhile.
  package func locate(_ requirement: DataRequirement) {
    forget()
    state = .searching(requirement)
    let (ownFolder, answer) = (ownFolder, answer)
    Thread.detachNewThread {
      answer(
        Answer(
          requirement: requirement,
          found: Result { () throws(ContentError) in try DataSearch.find(requirement, ownFolder: ownFolder) }))
    }
  }

  /// Cancels the search: results that arrive later are ignored, and waiting for the cache ends.
  package func forget() {
    if case .preparing(let content, _) = state { keeper.run(.release(content.contentHash)) }
    state = .idle
  }

  /// Returns the event that ends the search; `nil` if the answer is not that of the last search, or if the search goes
  /// on in the cache.
  package func event(of answer: Answer) -> WorkerEvent? {
    guard case .searching(let requirement) = state, requirement == answer.requirement else { return nil }
    state = .idle
    switch answer.found {
    case .success(.embedded): return found(nil)
    case .success(.folder(let folder)): return found(folder)
    case .success(.nowhere(let reason)):
      guard let kind = ContentKind(requirement.set) else { return .dataMissing(reason) }
      guard let hash = ContentHash(requirement.contentHash) else {
        return .dataMissing(describe(ContentError.noHash(requirement.contentHash)))
      }
      let content = ContentDescription(
        contentHash: hash, kind: kind, bytes: ContentLayout.bytes(of: requirement))
      state = .preparing(content, reason: reason)
      keeper.run(.prepare(content, account: nil))
      return nil
    case .failure(let error): return .dataMissing(describe(error))
    }
  }

  /// Converts an event of the keeper into one for the worker's state machine.
  package func event(for event: ContentEvent) -> WorkerEvent {
    switch (event, state) {
    case (.prepared(let hash, let present), .preparing(let content, let reason)) where hash == content.contentHash:
      state = .fetching(content)
      return .dataAbsent(present: present, bytes: content.bytes, reason: reason)
    case (.failed(let hash, let reason), .preparing(let content, _)) where hash == content.contentHash:
      state = .idle
      return .dataMissing(reason)
    case (.whole(let hash), .preparing(let content, _)) where hash == content.contentHash:
      return found(path(of: content))
    case (.whole(let hash), .fetching(let content)) where hash == content.contentHash:
      _ = found(path(of: content))
      return .content(event)
    default: return .content(event)
    }
  }

  /// Returns the path in the cache: of arrays the file, of other sets the folder.
  private func path(of content: ContentDescription) -> String? {
    guard let folder = keeper.folder(of: content.contentHash) else { return nil }
    guard content.kind == .arrays, let file = ContentLayout(content)?.files.first else { return folder }
    return "\(folder)/\(file.name)"
  }

  private func found(_ folder: String?) -> WorkerEvent {
    state = .idle
    path = folder
    return .dataLocated(path: folder)
  }
}
