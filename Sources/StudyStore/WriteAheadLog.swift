import Dispatch
import GRDB
import GRDBSQLite
import Synchronization

/// Folds the write-ahead log into the database from a connection of its own, so that commits go on meanwhile: at the
/// latest a second after a commit, so that damage to the log meets little, and it is emptied when nothing follows.
///
/// What was written in the meantime the writer folds itself: SQLite begins the log anew only once all of it is in the
/// database, and under load there would always be something left.
final class WriteAheadLog: Sendable {
  private enum Phase {
    /// Since a time, in nanoseconds, with so many of its pages in the database.
    case growing(since: UInt64, folded: Int)
    /// After so many pages of it were in the database.
    case folding(after: Int)
    /// So many pages are in the database; before this fold, so many were.
    case folded(Int, before: Int)
    /// All is in the database, and the next commit begins the log anew.
    case drained
  }

  private struct State {
    var phase = Phase.drained
    var isTimed = false
    /// Nil once it is closed: GRDB stops the process when a closed queue is used.
    var connection: DatabaseQueue?
  }

  private static let nanosecondsUntilFolded: UInt64 = 1_000_000_000
  /// 16 MB. SQLite's own limit is a quarter of that: under load most pages change again before they are written once.
  private static let pagesUntilFolded = 4000
  /// A matter of a millisecond or two.
  private static let fewPages = 400
  /// 128 MB: no load makes the log longer.
  private static let mostPages = 32_000
  /// Without a commit for so long, the log is emptied.
  private static let restSeconds = 0.2

  /// Of the log, as SQLite told after the latest commit.
  private let pages = Atomic(0)
  private let state: Mutex<State>
  /// Where folding happens. The connection is held for a whole fold, so that closing waits for its end.
  private let queue = DispatchQueue(label: "write-ahead log")
  private let mark: StudyMark

  /// Must outlive the writer's connection, or its last commit.
  /// - Parameter connection: gives up at once where the database is locked: there is always a next time.
  init(of writer: DatabaseQueue, connection: DatabaseQueue, mark: StudyMark) {
    state = Mutex(State(connection: connection))
    self.mark = mark
    writer.writeWithoutTransaction { db in
      // Takes the place of SQLite's own checkpoints.
      _ = sqlite3_wal_hook(
        db.sqliteConnection,
        { log, _, _, pages in
          if let log {
            Unmanaged<WriteAheadLog>.fromOpaque(log).takeUnretainedValue().pages.store(Int(pages), ordering: .relaxed)
          }
          return SQLITE_OK
        }, Unmanaged.passUnretained(self).toOpaque())
    }
  }

  /// After a commit, on the writer's connection and outside of a transaction.
  func checkpointIfDue(_ writer: Database) {
    let pages = pages.load(ordering: .relaxed)
    let now = DispatchTime.now().uptimeNanoseconds
    state.withLock { state in
      switch state.phase {
      case .drained:
        state.phase = .growing(since: now, folded: 0)
        foldLater(&state)
      case .growing(let since, let done):
        if pages - done >= Self.pagesUntilFolded || now - since >= Self.nanosecondsUntilFolded {
          foldNow(&state, after: done)
        }
      case .folding:
        if pages >= Self.mostPages { _ = try? writer.checkpoint() }
      case .folded(let done, let before):
        if pages - done <= Self.fewPages || pages >= Self.mostPages {
          // Where it fails, as where the disk is full, the log goes on and is folded later.
          _ = try? writer.checkpoint()
          state.phase = .drained
          emptyLater()
        } else if done > before {
          foldNow(&state, after: done)
        } else {
          // A reader holds it up.
          state.phase = .growing(since: now, folded: done)
          foldLater(&state)
        }
      }
    }
  }

  private func foldNow(_ state: inout State, after done: Int) {
    state.phase = .folding(after: done)
    queue.async { [weak self] in self?.fold(after: done) }
  }

  private func foldLater(_ state: inout State) {
    guard !state.isTimed else { return }
    state.isTimed = true
    queue.asyncAfter(deadline: .now() + .nanoseconds(Int(Self.nanosecondsUntilFolded))) { [weak self] in
      guard let self else { return }
      let done: Int? = self.state.withLock { state in
        state.isTimed = false
        guard case .growing(_, let done) = state.phase else { return nil }
        state.phase = .folding(after: done)
        return done
      }
      if let done { fold(after: done) }
    }
  }

  /// On the queue, and not under the lock: commits go on.
  private func fold(after before: Int) {
    guard let connection = state.withLock({ $0.connection }) else { return }
    let done = try? connection.writeWithoutTransaction { try $0.checkpoint().checkpointedFrameCount }
    mark.synchronize()
    state.withLock { $0.phase = .folded(done ?? before, before: before) }
    emptyLater()
  }

  private func emptyLater() {
    queue.asyncAfter(deadline: .now() + Self.restSeconds) { [weak self] in self?.empty() }
  }

  /// Where nothing came since all was folded. Not before: the log's file is written faster where it need not grow.
  private func empty() {
    let connection: DatabaseQueue? = state.withLock { state in
      switch state.phase {
      case .folded, .drained: state.connection
      case .growing, .folding: nil
      }
    }
    // A reader may hold it up: then the next commit, or the next time, does it.
    guard let connection, (try? connection.writeWithoutTransaction({ try $0.checkpoint(.truncate) })) != nil else {
      return
    }
    state.withLock { state in
      if case .folded = state.phase { state.phase = .drained }
    }
  }

  /// Before the writer's connection: the last one to be closed tidies up.
  func close() {
    queue.sync {
      let connection = state.withLock { state in
        defer { state.connection = nil }
        return state.connection
      }
      try? connection?.close()
    }
  }
}
