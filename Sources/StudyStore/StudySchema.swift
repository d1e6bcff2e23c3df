import GRDB

/// The tables, as a list of changes from one version to the next. A released migration is never edited: a change of the
/// schema is a new migration at the end, with a test that opens a study of the version before it.
enum StudySchema {
  /// A study has version n once the first n of these have been applied.
  private static func migrations(of directory: String) -> [(name: String, apply: @Sendable (Database) throws -> Void)] {
    [
      ("study, jobs, attempts, results, workers, events", { try $0.execute(sql: version1) }),
      (
        "checksums of rows; fewer indices in the way of recording",
        { db in
          try db.execute(sql: version2)
          try TrainingRows.fillInChecksums(db, directory: directory)
        }
      ),
      ("failure accounts, benched workers", { try $0.execute(sql: version3) }),
      (
        "works, observations; a budget of its own",
        { db in
          try db.execute(sql: version4)
          try TrainingRows.moveToWorks(db, directory: directory)
          try db.execute(sql: version4End)
        }
      ),
      ("interventions, results that were struck out", { try $0.execute(sql: version5) }),
    ]
  }

  /// - Parameter directory: for the error if a row cannot be read.
  static func migrator(of directory: String) -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for (index, migration) in migrations(of: directory).enumerated() {
      migrator.registerMigration("\(index + 1): \(migration.name)", migrate: migration.apply)
    }
    return migrator
  }

  static let newestVersion = migrations(of: "").count
  /// The first version in which rows have checksums.
  static let checkedVersion = 2
  /// The first version in which a job is a work, and a result an observation.
  static let worksVersion = 4

  /// The version of the schema; 0 for a database without tables of a study.
  static func version(of db: Database) throws -> Int {
    try migrator(of: "").appliedMigrations(db).count
  }

  /// Whether a layersearch that knows more versions has written to the database.
  static func isNewer(_ db: Database) throws -> Bool { try migrator(of: "").hasBeenSuperseded(db) }
}

extension StudyStore {
  /// The schema of a study once it was opened for writing. Studies of all schemas since `oldestSchema` can be opened.
  public static let newestSchema = StudySchema.newestVersion
  public static let oldestSchema = 1
}
