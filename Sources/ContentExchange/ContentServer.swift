import Coordination
import Digests
import Files
import Foundation
import Messaging
import SearchProtocol
import Synchronization

/// Reads pieces of contents and sends them, on its own thread, so that a slow disk delays no job.
///
/// The state machine decides what is sent and bounds how much is in flight.
package final class ContentServer: Sendable {
  /// The place of a content on this machine.
  package struct Location: Sendable {
    package var content: ContentDescription
    package var folder: String
    package var layout: ContentLayout

    package init(content: ContentDescription, folder: String, layout: ContentLayout) {
      (self.content, self.folder, self.layout) = (content, folder, layout)
    }
  }

  private enum Source: Sendable {
    /// The content was checked; its files stay open.
    case checked(ContentFiles)
    /// The content is read and checked as a whole before its first piece is given, each time its files are opened.
    case unchecked(Location)
  }

  private enum Task: Sendable {
    case give(ContentGift)
    /// Closes the content's files.
    case forget(ContentHash)
  }

  private let tasks = Mailbox<Task>()
  private let sources = Mutex<[ContentHash: Source]>([:])
  /// The largest number of unchecked contents whose files are kept open.
  private static let mostOpen = 16

  /// - Parameter send: called on the server's thread.
  package init(send: @escaping @Sendable (ContentGift, Result<ContentPiece, ContentError>) -> Void) {
    // The thread keeps this object alive until `close` ends it.
    Thread.detachNewThread { self.serve(send) }
  }

  private struct Open {
    var content: ContentHash
    var files: ContentFiles
  }

  private func serve(_ send: (ContentGift, Result<ContentPiece, ContentError>) -> Void) {
    // The most recently used one is last.
    var open: [Open] = []
    while !tasks.isOver {
      for task in tasks.receiveAll(waitingAtMost: 3600) {
        switch task {
        case .give(let gift): send(gift, Result { () throws(ContentError) in try piece(for: gift, &open) })
        case .forget(let content): open.removeAll { $0.content == content }
        }
      }
    }
  }

  private func piece(for gift: ContentGift, _ open: inout [Open]) throws(ContentError) -> ContentPiece {
    switch sources.withLock({ $0[gift.contentHash] }) {
    case .checked(let files)?: return try read(gift, from: files)
    case .unchecked(let location)?:
      if let index = open.firstIndex(where: { $0.content == gift.contentHash }) {
        open.append(open.remove(at: index))
      } else {
        if open.count >= Self.mostOpen { open.removeFirst() }
        open.append(Open(content: gift.contentHash, files: try opened(location)))
      }
      do { return try read(gift, from: open[open.count - 1].files) } catch {
        // If a worker gives the content again, its files are new ones.
        open.removeLast()
        throw error
      }
    case nil: throw .noSuchBytes
    }
  }

  private func opened(_ location: Location) throws(ContentError) -> ContentFiles {
    let files = try ContentFiles(layout: location.layout, folder: location.folder)
    guard try files.hash() == location.content.contentHash else { throw .changed(file: location.folder) }
    return files
  }

  private func read(_ gift: ContentGift, from files: ContentFiles) throws(ContentError) -> ContentPiece {
    let bytes = try files.read(gift.range)
    return ContentPiece(
      contentHash: gift.contentHash, ticket: gift.ticket, offset: gift.range.lowerBound, digest: SHA256.hash(bytes),
      bytes: bytes)
  }

  /// Adds a content. It is read as a whole and checked before any of its pieces is given.
  package func add(_ location: Location) {
    sources.withLock { $0[location.content.contentHash] = .unchecked(location) }
  }

  /// Adds a content whose files the caller has just read as a whole and verified.
  package func add(checked location: Location) throws(ContentError) {
    let files = try ContentFiles(layout: location.layout, folder: location.folder)
    sources.withLock { $0[location.content.contentHash] = .checked(files) }
  }

  package func remove(_ content: ContentHash) {
    sources.withLock { $0[content] = nil }
    tasks.postUrgently(.forget(content))
  }

  /// Queues a gift without waiting.
  package func post(_ gift: ContentGift) { tasks.postUrgently(.give(gift)) }

  package func close() { tasks.close() }
}

extension ContentServer.Location {
  /// Creates the location of a study's data set; `nil` if the set is drawn or its path is not known.
  package init?(_ data: DataRequirement) {
    let bytes = ContentLayout.bytes(of: data)
    guard let path = data.pathHint, let kind = ContentKind(data.set), let hash = ContentHash(data.contentHash) else {
      return nil
    }
    let content = ContentDescription(contentHash: hash, kind: kind, bytes: bytes)
    guard let layout = ContentLayout(content) else { return nil }
    guard kind == .arrays else {
      self.init(content: content, folder: path, layout: layout)
      return
    }
    // A file of arrays keeps its own name.
    self.init(
      content: content, folder: FilePath.folder(of: path),
      layout: ContentLayout(files: [.init(name: FilePath.name(of: path), bytes: bytes)]))
  }
}

extension Result<ContentPiece, ContentError> {
  /// Returns the message that a coordinator answers with.
  package func coordinatorsMessage(for gift: ContentGift) -> CoordinatorMessage {
    switch self {
    case .success(let piece): gift.namesContent ? .contentPiece(piece) : .dataChunk(piece.unnamed)
    case .failure(let error):
      gift.namesContent
        ? .contentRefusal(
          ContentRefusal(contentHash: gift.contentHash, subject: .request, reason: error.description.oneLine()))
        : .dataRefusal(Refusal(reason: error.description.oneLine()))
    }
  }

  /// Returns the message that a worker answers with.
  package func workersMessage(for gift: ContentGift) -> WorkerMessage {
    switch self {
    case .success(let piece): .contentPiece(piece)
    case .failure(let error):
      .contentRefusal(
        ContentRefusal(contentHash: gift.contentHash, subject: .request, reason: error.description.oneLine()))
    }
  }
}
