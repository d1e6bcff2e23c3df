import Coordination
import Foundation
import ImageData
import Logging
import SearchProtocol
import Synchronization

/// A worker's way to the study's data set: in its own places, in the machine's cache, or from the coordinator into the cache.
///
/// Belongs to the worker's thread. What takes long runs on threads of its own, and answers through `answer`.
package final class WorkerData {
  /// What became of a search, for the thread that it belongs to.
  package struct Answer: Sendable {
    var requirement: DataRequirement
    var event: WorkerEvent
    /// Held for as long as the data set is used or fetched.
    var place: DataCache.Place?
  }

  private let ownFolder: String?
  private let cache: DataCache
  private let log: Logger
  private let describe: @Sendable (any Error) -> String
  private let answer: @Sendable (Answer) -> Void
  private var requirement: DataRequirement?
  private var place: DataCache.Place?
  private var search = Search()
  /// Where the study's data set is; nil for embedded ones.
  package private(set) var path: String?

  /// One that another has taken the place of ends.
  private final class Search: Sendable {
    private let isOver = Mutex(false)
    var isCancelled: Bool { isOver.withLock { $0 } }
    func cancel() { isOver.withLock { $0 = true } }
  }

  /// - Parameter describe: one line for the user of a worker that gives up.
  package init(
    ownFolder: String?, cache: DataCache, log: Logger, describe: @escaping @Sendable (any Error) -> String,
    answer: @escaping @Sendable (Answer) -> Void
  ) {
    self.ownFolder = ownFolder
    self.cache = cache
    self.log = log
    self.describe = describe
    self.answer = answer
  }

  deinit { search.cancel() }

  /// Reading 184 MB takes a while, waiting for another worker's download longer: heartbeats go on meanwhile.
  package func locate(_ requirement: DataRequirement) {
    search.cancel()
    search = Search()
    self.requirement = requirement
    place = nil
    let (ownFolder, cache, search, describe, answer, log) = (ownFolder, cache, search, describe, answer, log)
    Thread.detachNewThread {
      func say(_ event: WorkerEvent, _ place: DataCache.Place? = nil) {
        answer(Answer(requirement: requirement, event: event, place: place))
      }
      do {
        switch try DataSearch.find(requirement, ownFolder: ownFolder) {
        case .embedded: say(.dataLocated(path: nil))
        case .folder(let folder): say(.dataLocated(path: folder))
        case .nowhere(let reason):
          guard let layout = DataLayout(requirement.set) else { return say(.dataMissing(reason)) }
          let finding = try cache.find(
            requirement.contentHash, layout: layout, identity: Self.identity, isCancelled: { search.isCancelled },
            onWait: { log.notice("waiting for another worker of this machine, which fetches the data set") })
          if let finding { Self.tell(finding, layout, reason: reason, say) }
        }
      } catch {
        say(.dataMissing(describe(error)))
      }
    }
  }

  /// The event, where it answers what was asked last.
  package func take(_ answer: Answer) -> WorkerEvent? {
    guard answer.requirement == requirement else { return nil }
    place = answer.place
    if case .dataLocated(let found) = answer.event { path = found }
    return answer.event
  }

  /// Nil where that went well.
  package func store(_ bytes: [UInt8], at offset: Int) -> WorkerEvent? {
    guard let place, let layout = requirement.flatMap({ DataLayout($0.set) }) else { return nil }
    do {
      try cache.store(bytes, at: offset, in: place, layout: layout)
      return nil
    } catch {
      return .dataMissing(describe(error))
    }
  }

  package func install() {
    guard let requirement, let place, let layout = DataLayout(requirement.set) else { return }
    let (cache, describe, answer) = (cache, describe, answer)
    Thread.detachNewThread {
      func say(_ event: WorkerEvent, _ place: DataCache.Place?) {
        answer(Answer(requirement: requirement, event: event, place: place))
      }
      do {
        let finding = try cache.install(place, layout: layout, identity: Self.identity)
        Self.tell(finding, layout, reason: "what was fetched is not the study's data set", say)
      } catch {
        say(.dataMissing(describe(error)), nil)
      }
    }
  }

  private static func tell(
    _ finding: DataCache.Finding, _ layout: DataLayout, reason: String, _ say: (WorkerEvent, DataCache.Place?) -> Void
  ) {
    switch finding {
    case .present(let place): say(.dataLocated(path: place.folder), place)
    case .absent(let place, let present):
      say(.dataAbsent(present: present, bytes: layout.bytes, reason: reason), place)
    }
  }

  private static let identity: @Sendable (String) throws -> String = { folder in
    try DataContent.cifar10(directory: folder).identity
  }
}
