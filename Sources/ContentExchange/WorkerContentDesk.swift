import Coordination
import Foundation
import SearchProtocol

/// A worker's contents: its data set, what its clients fetch, and what they give. Belongs to the worker's thread.
package final class WorkerContentDesk {
  /// The result of a step, for the worker's thread.
  package enum Input: Sendable {
    case found(DataSetFinder.Answer)
    case kept(ContentKeeper.Answer)
    case read(ContentGift, Result<ContentPiece, ContentError>)
  }

  /// What an input leads to.
  package enum Outcome {
    case event(WorkerEvent)
    case message(WorkerMessage)
  }

  private let keeper: ContentKeeper
  private let finder: DataSetFinder
  private let server: ContentServer

  /// - Parameters:
  ///   - ownFolder: the place that the user named for the data set.
  ///   - describe: returns one line for the user about an error of the disk.
  ///   - post: called from any thread.
  package init(
    ownFolder: String?, cache: ContentStore, describe: @escaping @Sendable (any Error) -> String,
    onWait: @escaping @Sendable (_ waiting: String) -> Void, post: @escaping @Sendable (Input) -> Void
  ) {
    keeper = ContentKeeper(
      store: cache, describe: describe,
      onWait: { onWait("waiting for another worker on this machine that is fetching \($0.kind.title)") },
      answer: { post(.kept($0)) })
    finder = DataSetFinder(
      ownFolder: ownFolder, keeper: keeper, describe: describe, answer: { post(.found($0)) })
    server = ContentServer { gift, result in post(.read(gift, result)) }
  }

  deinit { server.close() }

  /// The path of the study's data set; `nil` if the set is embedded.
  package var dataPath: String? { finder.path }

  /// Returns the folder of a content that was taken.
  package func folder(of content: ContentHash) -> String? { keeper.folder(of: content) }

  /// Returns the file of a content that consists of one file.
  package func file(of content: ContentDescription) -> String? {
    guard let folder = folder(of: content.contentHash), let layout = ContentLayout(content), layout.files.count == 1
    else { return nil }
    return "\(folder)/\(layout.files[0].name)"
  }

  package func locate(_ requirement: DataRequirement) { finder.locate(requirement) }

  /// Cancels the search for the data set; an answer that arrives later is ignored.
  package func forgetDataSet() { finder.forget() }

  package func run(_ effect: ContentEffect) {
    if case .give(let gift) = effect { server.post(gift) } else { keeper.run(effect) }
  }

  /// Offers a content to the coordinator. Returns the event for the state machine. The files must stay unchanged until
  /// the content is given or refused.
  package func offer(_ location: ContentServer.Location) -> WorkerEvent {
    server.add(location)
    return .contentOffered(location.content)
  }

  /// Stops serving a content that was given or refused.
  package func withdraw(_ content: ContentHash) { server.remove(content) }

  package func outcomes(of input: Input) -> [Outcome] {
    switch input {
    case .found(let answer): return finder.event(of: answer).map { [.event($0)] } ?? []
    case .kept(let answer): return keeper.event(of: answer).map { [.event(finder.event(for: $0))] } ?? []
    case .read(let gift, let result):
      let message = Outcome.message(result.workersMessage(for: gift))
      guard case .failure(let error) = result else { return [message] }
      return [message, .event(.content(.unreadable(gift.contentHash, reason: "\(error)")))]
    }
  }
}
