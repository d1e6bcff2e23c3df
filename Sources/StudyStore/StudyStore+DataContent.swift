import GRDB

// The contents of a study's data set: the configuration names a set and a folder, which may contain other images later.
extension StudyStore {
  /// Notes the contents of the data set, unless the latest note says the same.
  ///
  /// - Parameter content: equal if the images are equal, such as their hash.
  /// - Returns: The contents according to the latest note if they differ; else `nil`.
  public func recordDataContent(_ content: String) throws(StoreError) -> String? {
    let before = try dataContents().last
    guard before != content else { return nil }
    guard mode == .readWrite else {
      throw StoreError(.permission, directory, "it was opened for reading only; resume it to change it")
    }
    let now = clock()
    try writing("note the data set in") { try Self.note(dataContent: content, in: $0, at: now) }
    return before
  }

  /// The contents of the data set each time that the study was worked on with other images, the latest last. Studies of
  /// earlier versions have no such notes.
  public func dataContents() throws(StoreError) -> [String] {
    let texts: [String] = try rows(
      "the events", of: "an event", "SELECT text FROM event WHERE kind = ? AND text LIKE ? ORDER BY id",
      [StudyEvent.Kind.note.rawValue, StudyEvent.dataContentPrefix + "%"]
    ) { try $0.value(0) }
    return texts.map { String($0.dropFirst(StudyEvent.dataContentPrefix.count)) }
  }

  static func note(dataContent: String, in db: Database, at time: Double) throws {
    try db.execute(
      sql: "INSERT INTO event (time, kind, text) VALUES (?, ?, ?)",
      arguments: [time, StudyEvent.Kind.note.rawValue, StudyEvent.dataContentPrefix + dataContent])
  }
}
