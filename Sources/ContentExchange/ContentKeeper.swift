import Coordination
import Digests
import Foundation
import Messaging
import SearchProtocol
import Synchronization

/// Takes contents to disk: prepares their places, stores their pieces, and checks complete contents.
///
/// Belongs to one thread, its owner's. Slow steps run on other threads and report through `answer`. Pieces are stored
/// and contents installed in the order in which this was requested.
package final class ContentKeeper {
  /// The result of a step, for `event(of:)` on the owner's thread.
  package struct Answer: Sendable {
    package let event: ContentEvent
    fileprivate let content: ContentHash
    fileprivate let search: Search
    /// Keeps the content locked as long as it is used or being taken.
    fileprivate let place: OpenPlace?
  }

  /// Identifies one search for a content. It is cancelled when the content is released or a newer search replaces it.
  fileprivate final class Search: Sendable {
    private let isOver = Mutex(false)
    var isCancelled: Bool { isOver.withLock { $0 } }
    func cancel() { isOver.withLock { $0 = true } }
  }

  /// A place and `end`, the number of leading bytes stored in it, which the disk's thread keeps up to date.
  fileprivate final class OpenPlace: Sendable {
    let place: ContentStore.Place
    let key: String?
    let end: Mutex<Int>

    init(_ place: ContentStore.Place, key: String?, end: Int) {
      self.place = place
      self.key = key
      self.end = Mutex(end)
    }
  }

  private struct Work {
    var search: Search
    var place: OpenPlace?
  }

  private let store: ContentStore
  private let describe: @Sendable (any Error) -> String
  private let answer: @Sendable (Answer) -> Void
  private let onWait: @Sendable (ContentDescription) -> Void
  private let tasks = Mailbox<@Sendable () -> Void>()
  private var works: [ContentHash: Work] = [:]

  /// - Parameters:
  ///   - describe: returns one line for the user about an error of the disk.
  ///   - onWait: called if another process of this machine is taking the content.
  package init(
    store: ContentStore, describe: @escaping @Sendable (any Error) -> String,
    onWait: @escaping @Sendable (ContentDescription) -> Void = { _ in }, answer: @escaping @Sendable (Answer) -> Void
  ) {
    (self.store, self.describe, self.onWait, self.answer) = (store, describe, onWait, answer)
    let tasks = tasks
    Thread.detachNewThread {
      while !tasks.isOver { for task in tasks.receiveAll(waitingAtMost: 3600) { task() } }
    }
  }

  deinit {
    for work in works.values { work.search.cancel() }
    tasks.close()
  }

  /// Returns a content that was found or prepared, and not released since.
  package func content(of hash: ContentHash) -> ContentDescription? { works[hash]?.place?.place.content }

  /// Returns the folder of such a content. It exists once the content is complete.
  package func folder(of content: ContentHash) -> String? { works[content]?.place?.place.folder }

  /// Carries out an effect. `give` is not for a keeper and is ignored.
  package func run(_ effect: ContentEffect) {
    switch effect {
    case .give: break
    case .prepare(let content, let key): prepare(content, key: key)
    case .store(let piece): keep(piece)
    case .install(let content): install(content.contentHash)
    case .release(let content): release(content)
    }
  }

  /// Returns the event, or `nil` if the content was released in the meantime.
  package func event(of answer: Answer) -> ContentEvent? {
    guard works[answer.content]?.search === answer.search else { return nil }
    works[answer.content]?.place = answer.place
    if answer.place == nil { works[answer.content] = nil }
    return answer.event
  }

  // MARK: Steps

  /// Uses one thread per content, since waiting for another process may take long.
  private func prepare(_ content: ContentDescription, key: String?) {
    release(content.contentHash)
    let search = Search()
    works[content.contentHash] = Work(search: search)
    let (store, describe, onWait, answer) = (store, describe, onWait, answer)
    Thread.detachNewThread {
      func say(_ event: ContentEvent, _ place: OpenPlace?) {
        answer(Answer(event: event, content: content.contentHash, search: search, place: place))
      }
      do {
        let finding = try store.find(
          content, key: key, isCancelled: { search.isCancelled }, onWait: { onWait(content) })
        switch finding {
        case .present(let place)?: say(.whole(content.contentHash), OpenPlace(place, key: key, end: content.bytes))
        case .absent(let place, let present)?:
          say(.prepared(content.contentHash, present: present), OpenPlace(place, key: key, end: present))
        case nil: break
        }
      } catch { say(.failed(content.contentHash, reason: describe(error)), nil) }
    }
  }

  private func keep(_ piece: ContentPiece) {
    post(of: piece.contentHash) { store, open in
      // Pieces that follow one that was not stored are requested again, as that one is.
      guard open.end.withLock({ $0 }) == piece.offset, SHA256.hash(piece.bytes) == piece.digest else {
        return .damaged(piece.contentHash)
      }
      try store.store(piece.bytes, at: piece.offset, in: open.place)
      let end = piece.offset + piece.bytes.count
      open.end.withLock { $0 = end }
      return .stored(piece.contentHash, end: end)
    }
  }

  private func install(_ content: ContentHash) {
    post(of: content) { store, open in
      switch try store.install(open.place, key: open.key) {
      case .present: return .whole(content)
      case .absent(_, let present):
        open.end.withLock { $0 = present }
        return .wrong(content)
      }
    }
  }

  private func post(
    of content: ContentHash, _ step: @escaping @Sendable (ContentStore, OpenPlace) throws -> ContentEvent
  ) {
    guard let work = works[content], let open = work.place else { return }
    let (store, describe, answer, search) = (store, describe, answer, work.search)
    tasks.postUrgently {
      do {
        let event = try step(store, open)
        answer(Answer(event: event, content: content, search: search, place: open))
      } catch {
        store.giveUp(open.place)
        answer(Answer(event: .failed(content, reason: describe(error)), content: content, search: search, place: nil))
      }
    }
  }

  private func release(_ content: ContentHash) {
    guard let work = works.removeValue(forKey: content) else { return }
    work.search.cancel()
    guard let open = work.place else { return }
    let store = store
    // Runs after the content's pieces that are still queued.
    tasks.postUrgently { if open.end.withLock({ $0 }) == 0 { store.giveUp(open.place) } }
  }
}
