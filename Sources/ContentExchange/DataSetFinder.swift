import Coordination
import Foundation
import ImageData
import SearchProtocol

/// A worker's way to the study's data set: in its own places, in the machine's cache, or from the coordinator into the
/// cache.
///
/// Belongs to the worker's thread, as the keeper does that makes its place in the cache.
package final class DataSetFinder {
  /// What a search found in folders, for the worker's thread.
  package struct Answer: Sendable {
    fileprivate let requirement: DataRequirement
    fileprivate let found: Result<DataSearch.Found, ContentError>
  }

  private enum State {
    case idle
    /// In folders.
    case searching(DataRequirement)
    /// In the cache; nowhere else, for this reason.
    case preparing(ContentDescription, reason: String)
    case fetching(ContentDescription)
  }

  private let ownFolder: String?
  private let keeper: ContentKeeper
  private let describe: @Sendable (any Error) -> String
  private let answer: @Sendable (Answer) -> Void
  private var state = State.idle
  /// Where the study's data set is; nil for embedded ones.
  package private(set) var path: String?

  /// - Parameter describe: one line for the user of a worker that gives up.
  package init(
    ownFolder: String?, keeper: ContentKeeper, describe: @escaping @Sendable (any Error) -> String,
    answer: @escaping @Sendable (Answer) -> Void
  ) {
    (self.ownFolder, self.keeper, self.describe, self.answer) = (ownFolder, keeper, describe, answer)
  }

  /// Reading 184 MB takes a while: heartbeats go on meanwhile.
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

  /// What is found from now on, or is being waited for, is of no use.
  package func forget() {
    if case .preparing(let content, _) = state { keeper.run(.release(content.contentHash)) }
    state = .idle
  }

  /// The event, where the search is over and answers what was asked last.
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

  /// What an event of the keeper's is for the machine.
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

  /// In the cache: of one file it is that.
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
