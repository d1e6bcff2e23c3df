import Coordination
import Digests
import Foundation
import Messaging
import SearchProtocol
import Synchronization

/// Takes contents to the disk: makes their places, keeps their pieces, and checks the whole.
///
/// Belongs to one thread, its owner's. What takes long runs on threads of its own, and answers through `answer`; pieces
/// and wholes in the order in which they were given.
package final class ContentKeeper {
  /// What became of something, for the owner's thread.
  package struct Answer: Sendable {
    package let event: ContentEvent
    fileprivate let content: ContentHash
    fileprivate let search: Search
    /// Held for as long as the content is used or taken.
    fileprivate let place: OpenPlace?
  }

  /// One that another has taken the place of ends.
  fileprivate final class Search: Sendable {
    private let isOver = Mutex(false)
    var isCancelled: Bool { isOver.withLock { $0 } }
    func cancel() { isOver.withLock { $0 = true } }
  }

  /// Its end is known to the disk's thread.
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
  ///   - describe: one line for people, of what the disk says.
  ///   - onWait: another process of this machine takes the content just now.
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

  /// One that was found or taken, and not released since.
  package func content(of hash: ContentHash) -> ContentDescription? { works[hash]?.place?.place.content }

  /// Where it is.
  package func folder(of content: ContentHash) -> String? { works[content]?.place?.place.folder }

  /// `give` is not for a keeper.
  package func run(_ effect: ContentEffect) {
    switch effect {
    case .give: break
    case .prepare(let content, let key): prepare(content, key: key)
    case .store(let piece): keep(piece)
    case .install(let content): install(content.contentHash)
    case .release(let content): release(content)
    }
  }

  /// The event, where it is not of something that was released.
  package func event(of answer: Answer) -> ContentEvent? {
    guard works[answer.content]?.search === answer.search else { return nil }
    works[answer.content]?.place = answer.place
    if answer.place == nil { works[answer.content] = nil }
    return answer.event
  }

  // MARK: Steps

  /// Waiting for another process may take long: a thread each.
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
      // What follows a piece that was not kept is asked for again, as that one is.
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
    // After what is to be kept of it.
    tasks.postUrgently { if open.end.withLock({ $0 }) == 0 { store.giveUp(open.place) } }
  }
}
