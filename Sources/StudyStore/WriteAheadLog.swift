import GRDB
import GRDBSQLite
import Synchronization

/// Folds the write-ahead log into the database from a connection of its own, so that commits go on meanwhile. What was
/// written in the meantime the writer folds itself: SQLite begins the log anew only once all of it is in the database, and
/// under load there would always be something left.
final class WriteAheadLog: Sendable {
  private enum Phase {
    case growing
    case folding
    /// So many pages of the log are in the database.
    case folded(pages: Int)
  }

  /// 16 MB. SQLite's own limit is a quarter of that: under load most pages change again before they are written once.
  private static let pagesUntilFolded = 4000
  /// A matter of a millisecond or two.
  private static let fewPages = 400
  /// 128 MB: no load makes the log longer.
  private static let mostPages = 32_000

  /// Of the log, as SQLite told after the latest commit.
  private let pages = Atomic(0)
  private let phase = Mutex(Phase.growing)
  private let connection: DatabaseQueue

  /// Must outlive the writer's connection, or its last commit.
  init(of writer: DatabaseQueue, connection: DatabaseQueue) {
    self.connection = connection
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
  func attend(_ writer: Database) {
    let pages = pages.load(ordering: .relaxed)
    phase.withLock { phase in
      switch phase {
      case .growing:
        if pages >= Self.pagesUntilFolded { fold(&phase) }
      case .folding:
        if pages >= Self.mostPages { _ = try? writer.checkpoint() }
      case .folded(let done):
        guard pages - done <= Self.fewPages || pages >= Self.mostPages else { return fold(&phase) }
        // Where it fails, as where the disk is full, the log goes on and is folded later.
        _ = try? writer.checkpoint()
        phase = .growing
      }
    }
  }

  private func fold(_ phase: inout Phase) {
    phase = .folding
    connection.asyncWriteWithoutTransaction { [self] db in
      let done = try? db.checkpoint().checkpointedFrameCount
      self.phase.withLock { $0 = .folded(pages: done ?? 0) }
    }
  }

  /// Before the writer's connection: the last one to be closed tidies up.
  func close() { try? connection.close() }
}
