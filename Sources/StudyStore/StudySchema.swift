import GRDB

/// The tables, as a list of changes from one version to the next. A released migration is never edited: a change of the
/// schema is a new one at the end, with a test that opens a study of the version before it.
enum StudySchema {
  /// A study has version n once the first n of these have been applied.
  private static func migrations(of directory: String) -> [(name: String, apply: @Sendable (Database) throws -> Void)] {
    [
      ("study, jobs, attempts, results, workers, events", { try $0.execute(sql: version1) }),
      (
        "checksums of rows; fewer indices in the way of recording",
        { db in
          try db.execute(sql: version2)
          try RowChecksum.fillIn(db, directory: directory)
        }
      ),
      ("failure accounts, benched workers", { try $0.execute(sql: version3) }),
    ]
  }

  /// - Parameter directory: for the error where a row cannot be read.
  static func migrator(of directory: String) -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for (index, migration) in migrations(of: directory).enumerated() {
      migrator.registerMigration("\(index + 1): \(migration.name)", migrate: migration.apply)
    }
    return migrator
  }

  static let newestVersion = migrations(of: "").count

  /// 0 for a database without tables of a study.
  static func version(of db: Database) throws -> Int {
    try migrator(of: "").appliedMigrations(db).count
  }

  /// A layersearch that knows more versions has written here.
  static func isNewer(_ db: Database) throws -> Bool { try migrator(of: "").hasBeenSuperseded(db) }

  /// Times are seconds since 1970 (UTC). Strict tables keep a value's type, so that doubles come back to the last bit.
  private static let version1 = """
    CREATE TABLE study (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      study_id TEXT NOT NULL,
      name TEXT NOT NULL,
      configuration TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      created REAL NOT NULL,
      finished REAL
    ) STRICT;

    -- What the fingerprint covers, key by key.
    CREATE TABLE configuration_entry (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE job (
      id INTEGER PRIMARY KEY,
      candidate TEXT NOT NULL,
      replicate INTEGER NOT NULL,
      -- The 64 bits of the seed; below 2^63 the number itself.
      seed INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'finished', 'failed')),
      attempts INTEGER NOT NULL,
      failures INTEGER NOT NULL,
      losses INTEGER NOT NULL,
      failure_reason TEXT,
      added REAL NOT NULL,
      -- When it was finished or set aside.
      settled REAL,
      UNIQUE (candidate, replicate)
    ) STRICT;
    CREATE INDEX job_by_state ON job (state);

    CREATE TABLE attempt (
      job INTEGER NOT NULL REFERENCES job (id),
      number INTEGER NOT NULL,
      worker TEXT NOT NULL,
      started REAL NOT NULL,
      ended REAL,
      -- finished, lost, returned or failed; null while it is under way.
      ending TEXT,
      reason TEXT,
      PRIMARY KEY (job, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX attempt_under_way ON attempt (job) WHERE ended IS NULL;

    CREATE TABLE result (
      job INTEGER PRIMARY KEY REFERENCES job (id),
      attempt INTEGER NOT NULL,
      worker TEXT NOT NULL,
      recorded REAL NOT NULL,
      accuracy REAL NOT NULL,
      loss REAL,
      -- JSON array; every number is the shortest text that reads back as the same double.
      epoch_losses TEXT NOT NULL,
      diverged INTEGER NOT NULL,
      step_time_ratio REAL,
      inference_time_ratio REAL,
      train_seconds REAL NOT NULL,
      images_per_second REAL NOT NULL,
      peak_memory_bytes INTEGER NOT NULL,
      kernel_variant TEXT NOT NULL
    ) STRICT;
    CREATE INDEX result_by_time ON result (recorded);

    CREATE TABLE worker (
      id TEXT PRIMARY KEY,
      host TEXT NOT NULL,
      process_id INTEGER NOT NULL,
      slots INTEGER NOT NULL,
      kernel_variant TEXT NOT NULL,
      build TEXT NOT NULL,
      joined REAL NOT NULL,
      -- When anything that it did was last recorded.
      last_seen REAL NOT NULL,
      -- Null while it is there.
      left_at REAL,
      left_reason TEXT
    ) STRICT;

    CREATE TABLE event (
      id INTEGER PRIMARY KEY,
      time REAL NOT NULL,
      kind TEXT NOT NULL,
      text TEXT NOT NULL
    ) STRICT;
    """

  /// Every attempt changes its job's state twice. An index of all states would be rewritten each time, for the sake of two
  /// readers: counting goes through the table as fast, and the jobs that were set aside are few.
  private static let version2 = """
    DROP INDEX job_by_state;
    CREATE INDEX job_set_aside ON job (settled) WHERE state = 'failed';

    -- Over what the frontier depends on: SQLite does not notice a bit that turned over inside a value.
    ALTER TABLE study ADD COLUMN checksum INTEGER;
    ALTER TABLE job ADD COLUMN checksum INTEGER;
    ALTER TABLE result ADD COLUMN checksum INTEGER;
    """

  /// Why attempts failed, in detail, and workers that get no jobs.
  private static let version3 = """
    CREATE TABLE attempt_failure (
      job INTEGER NOT NULL,
      number INTEGER NOT NULL,
      -- process ended, memory limit, time limit, hung, garbled, refused or not started
      cause TEXT NOT NULL,
      signal INTEGER,
      exit_code INTEGER,
      peak_memory_bytes INTEGER,
      out_of_memory_suspected INTEGER NOT NULL,
      -- From the job's start to its end.
      seconds REAL,
      -- What the process last wrote to its standard error, a line a line.
      last_lines TEXT NOT NULL,
      PRIMARY KEY (job, number),
      FOREIGN KEY (job, number) REFERENCES attempt (job, number)
    ) STRICT, WITHOUT ROWID;

    -- Null while it gets jobs.
    ALTER TABLE worker ADD COLUMN benched_until REAL;
    ALTER TABLE worker ADD COLUMN benched_reason TEXT;
    """
}
