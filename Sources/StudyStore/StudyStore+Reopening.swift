import GRDB

extension StudyStore {
  /// Makes all set-aside jobs wait again, with no failures and losses counted; the accounts of their attempts stay. A
  /// finished study is open again.
  /// - Returns: The number of these jobs.
  public func reopenSetAside() throws(StoreError) -> Int {
    guard mode == .readWrite else {
      throw StoreError(.permission, directory, "it was opened for reading only; resume it to change it")
    }
    let now = clock()
    var count = 0
    try writing("reopen jobs in") { db in
      try db.execute(
        sql: """
          UPDATE job SET state = 'waiting', failures = 0, losses = 0, failure_reason = NULL, settled = NULL
          WHERE state = 'failed'
          """)
      count = db.changesCount
      guard count > 0 else { return }
      try db.execute(sql: "UPDATE study SET finished = NULL")
      try db.execute(
        sql: "INSERT INTO event (time, kind, text) VALUES (?, ?, ?)",
        arguments: [now, StudyEvent.Kind.note.rawValue, "\(count)\(StudyEvent.reopeningSuffix)"])
    }
    return count
  }
}
