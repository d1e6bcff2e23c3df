import GRDB
import SearchCore

/// What the jobs of a study of these schemas have in common: it follows from the recorded configuration.
struct StoredKind {
  private let template: WorkTemplate

  init(_ db: Database, _ directory: String) throws {
    var entries: [String: String] = [:]
    let cursor = try Row.fetchCursor(db, sql: "SELECT key, value FROM configuration_entry")
    while let row = try cursor.next() {
      let entry = RowReader(row: row, directory: directory, what: "a configuration entry")
      entries[try entry.value(0)] = try entry.value(1, as: String.self)
    }
    try self.init(entries: entries, directory)
  }

  init(entries: [String: String], _ directory: String) throws {
    do { template = WorkTemplate(kind: .proxyTraining(try TrainingRecipe(entries: entries)), studySeed: 0) } catch {
      throw StoreError.damaged(directory, "\(error)")
    }
  }

  func work(_ candidate: Candidate, repetition: Int, seed: Int64) -> Work {
    template.work(candidate, repetition: repetition, seed: UInt64(bitPattern: seed))
  }
}
