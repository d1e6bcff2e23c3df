import GRDB

extension StudyStore {
  /// Continues the study with another budget. A finished study is open again if the budget is larger. Replaces the
  /// configuration file, so that it states the budget in effect.
  ///
  /// - Parameters:
  ///   - jobs: the largest number of jobs that the study may have; `nil` for no bound.
  ///   - text: the configuration file with this budget.
  ///   - change: the new and the previous budget in words, which differ.
  ///   - isLarger: whether a finished study may continue.
  /// - Returns: One line that says what changed.
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
    let goesOn = isLarger && wasFinished ? "; the study, which was finished, continues" : ""
    let line = "the budget is \(change.now) now, before it was \(change.before)\(goesOn)"
    // The file first: if the process ends between the two steps, the file has the budget that the user wants, and
    // resuming the study applies it.
    try StudyFolder(directory).writeConfiguration(text)
    try writing("change the budget of") { db in
      try db.execute(
        sql: "UPDATE study SET budget = ?, configuration = ?, checksum = ?",
        arguments: [jobs, text, RowChecksum.study(after)])
      if isLarger { try db.execute(sql: "UPDATE study SET finished = NULL") }
      // A round that the budget cut off is decided again; existing jobs stay.
      try db.execute(sql: "UPDATE job SET round = NULL, place = NULL")
      try db.execute(
        sql: "INSERT INTO event (time, kind, text) VALUES (?, ?, ?)",
        arguments: [now, StudyEvent.Kind.note.rawValue, line])
    }
    return line
  }

  /// Replaces the configuration file with another text for the same study. The budget in effect does not change.
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
