import GRDB

extension StudyStore {
  /// The study goes on with another budget: a finished one is open again where it is larger. Its configuration file is
  /// replaced, so that it tells of the budget that holds.
  ///
  /// - Parameters:
  ///   - budget: most jobs that the study may have; nil for no bound.
  ///   - text: the configuration file that says so.
  /// - Returns: what changed, in one line; nil where the budget is the same.
  public func changeBudget(to budget: Int?, text: String) throws(StoreError) -> String? {
    let before = try identity()
    guard before.budget != budget else { return nil }
    guard mode == .readWrite else {
      throw StoreError(.permission, directory, "it was opened for reading only; resume it to change it")
    }
    let isLarger = (budget ?? .max) > (before.budget ?? .max)
    let wasFinished = try isFinished
    let now = clock()
    var after = before
    after.budget = budget
    after.configurationText = text
    let goesOn = isLarger && wasFinished ? ", and the study, which was finished, goes on" : ""
    let change = "the budget is \(Self.text(budget)) now, before it was \(Self.text(before.budget))\(goesOn)"
    try writing("change the budget of") { db in
      try db.execute(
        sql: "UPDATE study SET budget = ?, configuration = ?, checksum = ?",
        arguments: [budget, text, RowChecksum.study(after)])
      if isLarger { try db.execute(sql: "UPDATE study SET finished = NULL") }
      // A round that the budget cut off is decided again; what is a job already stays one.
      try db.execute(sql: "UPDATE job SET round = NULL")
      try db.execute(
        sql: "INSERT INTO event (time, kind, text) VALUES (?, ?, ?)",
        arguments: [now, StudyEvent.Kind.note.rawValue, change])
    }
    try StudyFolder(directory).writeConfiguration(text)
    return change
  }

  private static func text(_ budget: Int?) -> String { budget.map { "\($0) jobs" } ?? "without bound" }
}
