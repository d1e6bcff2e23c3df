import Dispatch
import GRDB
import GRDBSQLite
import Synchronization

/// Folds the write-ahead log into the database on a separate connection, so that commits go on meanwhile. It does so a
/// second after a commit at the latest, so that damage to the log affects little, and empties the log when no commit
/// follows.
///
/// What is committed during a fold, the writer folds itself: SQLite begins the log anew only once all of it is in the
/// database, and under load something would always be left.
final class WriteAheadLog: Sendable {
  private enum Phase {
    /// The log has been growing since this time, in nanoseconds; `folded` of its pages are in the database.
    case growing(since: UInt64, folded: Int)
    /// A fold is running. Before it, this many pages were in the database.
    case folding(after: Int)
    /// A fold has ended: this many pages are in the database; before the fold, `before` were.
    case folded(Int, before: Int)
    /// All pages are in the database, and the next commit begins the log anew.
    case drained
  }

  private struct State {
    var phase = Phase.drained
    var isTimed = false
    /// `nil` once closed: GRDB stops the process if a closed queue is used.
    var connection: DatabaseQueue?
  }

  private static let nanosecondsUntilFolded: UInt64 = 1_000_000_000
  /// 16 MB. SQLite's own limit is a quarter of that. Under load most pages change again before they are written once.
  private static let pagesUntilFolded = 4000
  /// Folding this many takes a millisecond or two.
  private static let fewPages = 400
  /// 128 MB. No load makes the log longer.
  private static let mostPages = 32_000
  /// The log is emptied after this many seconds without a commit.
  private static let restSeconds = 0.2

  /// The length of the log in pages, as SQLite reported it after the latest commit.
  private let pages = Atomic(0)
  private let state: Mutex<State>
  /// The serial queue on which folds run. A fold holds the connection until it ends, so that closing waits for it.
  private let queue = DispatchQueue(label: "write-ahead log")
  private let mark: StudyMark

  /// Must outlive the writer's connection, or its last commit.
  /// - Parameter connection: must give up at once if the database is locked: there is always a next time.
  init(of writer: DatabaseQueue, connection: DatabaseQueue, mark: StudyMark) {
    state = Mutex(State(connection: connection))
    self.mark = mark
    writer.writeWithoutTransaction { db in
      // Replaces SQLite's own checkpoints.
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

  /// Folds the log if necessary. Call this after a commit, on the writer's connection and outside of a transaction.
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
          // If this fails (disk full, say), the log goes on and is folded later.
          _ = try? writer.checkpoint()
          state.phase = .drained
          emptyLater()
        } else if done > before {
          foldNow(&state, after: done)
        } else {
          // A reader holds up the fold.
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

  /// Runs on the queue, without holding the lock, so that commits go on.
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

  /// Empties the log if no commit followed the last fold. Not earlier, because the log is written faster while its file
  /// need not grow.
  private func empty() {
    let connection: DatabaseQueue? = state.withLock { state in
      switch state.phase {
      case .folded, .drained: state.connection
      case .growing, .folding: nil
      }
    }
    // A reader may hold this up; then the next commit or the next call does it.
    guard let connection, (try? connection.writeWithoutTransaction({ try $0.checkpoint(.truncate) })) != nil else {
      return
    }
    state.withLock { state in
      if case .folded = state.phase { state.phase = .drained }
    }
  }

  /// Closes the connection. Must come before the writer's connection closes: the last one to close tidies up.
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
