import GRDB

// What a study's data set contains: the configuration names a set and a folder, in which other images may lie later.
extension StudyStore {
  /// Notes what the data set contains, where the latest note does not say so already.
  ///
  /// - Parameter content: equal where the images are, such as their hash.
  /// - Returns: what the latest note says where that is something else.
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

  /// What its data set contained whenever it was worked on, the latest last. Studies of earlier versions do not say.
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
