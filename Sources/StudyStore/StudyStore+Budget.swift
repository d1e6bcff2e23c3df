import GRDB

extension StudyStore {
  /// The study goes on with another budget: a finished one is open again where it is larger. Its configuration file is
  /// replaced, so that it tells of the budget that holds.
  ///
  /// - Parameters:
  ///   - jobs: most jobs that the study may have; nil for no bound.
  ///   - text: the configuration file that says so.
  ///   - change: what the budget is and what it was, in words; it differs.
  ///   - isLarger: a finished study may go on.
  /// - Returns: what changed, in one line.
  public func changeBudget(
    toJobs jobs: Int?, text: String, _ change: (now: String, before: String), isLarger: Bool
  ) throws(StoreError) -> String {
    let before = try identity()
    guard mode == .readWrite else {
      throw StoreError(.permission, directory, "it was opened for reading only; resume it to change it")
    }
    let wasFinished = try isFinished
    let now = clock()
    var after = before
    after.budget = jobs
    after.configurationText = text
    let goesOn = isLarger && wasFinished ? ", and the study, which was finished, goes on" : ""
    let line = "the budget is \(change.now) now, before it was \(change.before)\(goesOn)"
    // First: where it ends between the two, the file says what is to hold, and the study is resumed with that.
    try StudyFolder(directory).writeConfiguration(text)
    try writing("change the budget of") { db in
      try db.execute(
        sql: "UPDATE study SET budget = ?, configuration = ?, checksum = ?",
        arguments: [jobs, text, RowChecksum.study(after)])
      if isLarger { try db.execute(sql: "UPDATE study SET finished = NULL") }
      // A round that the budget cut off is decided again; what is a job already stays one.
      try db.execute(sql: "UPDATE job SET round = NULL, place = NULL")
      try db.execute(
        sql: "INSERT INTO event (time, kind, text) VALUES (?, ?, ?)",
        arguments: [now, StudyEvent.Kind.note.rawValue, line])
    }
    return line
  }

  /// The configuration file is another, which says the same but for the budget; that holds already.
  public func replaceConfiguration(with text: String) throws(StoreError) {
    var identity = try identity()
    identity.configurationText = text
    try writing("replace the configuration of") { db in
      try db.execute(
        sql: "UPDATE study SET configuration = ?, checksum = ?", arguments: [text, RowChecksum.study(identity)])
    }
    try StudyFolder(directory).writeConfiguration(text)
  }
}
