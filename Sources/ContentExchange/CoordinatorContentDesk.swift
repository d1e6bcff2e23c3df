import Coordination
import Foundation
import SearchProtocol
import Synchronization

/// A coordinator's contents, on its disk and in transit to workers. Belongs to the coordinator's thread.
package final class CoordinatorContentDesk {
  /// The result of a step, for the coordinator's thread.
  package enum Input: Sendable {
    case kept(ContentKeeper.Answer)
    case unreadable(ContentHash, reason: String)
  }

  private let store: ContentStore
  private let server: ContentServer
  private let keeper: ContentKeeper
  /// The contents that were on disk at the start.
  package let stored: [StoredContent]

  /// - Parameters:
  ///   - dataSet: the study's data set if workers can fetch it. The caller has just read it as a whole.
  ///   - send: called from any thread.
  ///   - post: called from any thread.
  /// - Throws: if the data set's files cannot be opened.
  package init(
    store: ContentStore, dataSet: ContentServer.Location?,
    send: @escaping @Sendable (_ frames: [[UInt8]], _ peer: [UInt8]) -> Void, post: @escaping @Sendable (Input) -> Void
  ) throws(ContentError) {
    self.store = store
    stored = store.contents()
    let count = Mutex<UInt64>(0)
    let server = ContentServer { gift, result in
      let id = count.withLock { count in
        count += 1
        return count
      }
      if let frames = try? MessageCodec.encode(result.coordinatorsMessage(for: gift), id: id) {
        send(frames, gift.peer.bytes)
      }
      if case .failure(let error) = result { post(.unreadable(gift.contentHash, reason: "\(error)")) }
    }
    self.server = server
    keeper = ContentKeeper(store: store, describe: { "\($0)" }, answer: { post(.kept($0)) })
    do throws(ContentError) {
      if let dataSet { try server.add(checked: dataSet) }
    } catch {
      server.close()
      throw error
    }
    for content in stored { store.location(of: content.description).map { server.add($0) } }
  }

  package func run(_ effect: ContentEffect) {
    if case .give(let gift) = effect { server.post(gift) } else { keeper.run(effect) }
  }

  package func event(of input: Input) -> ContentEvent? {
    switch input {
    case .unreadable(let content, let reason): return .unreadable(content, reason: reason)
    case .kept(let answer):
      let event = keeper.event(of: answer)
      if case .whole(let hash)? = event, let content = keeper.content(of: hash) {
        store.location(of: content).map { server.add($0) }
      }
      return event
    }
  }

  package func close() { server.close() }
}
