// What each version of the schema changed.
extension StudySchema {
  /// Times are seconds since 1970 (UTC). Strict tables keep a value's type, so that doubles come back to the last bit.
  static let version1 = """
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

  /// Every attempt changes its job's state twice. An index of all states would be rewritten each time, for the sake of
  /// two readers: counting scans the table just as fast, and few jobs are set aside.
  static let version2 = """
    DROP INDEX job_by_state;
    CREATE INDEX job_set_aside ON job (settled) WHERE state = 'failed';

    -- Over what the frontier depends on: SQLite does not notice a bit that turned over inside a value.
    ALTER TABLE study ADD COLUMN checksum INTEGER;
    ALTER TABLE job ADD COLUMN checksum INTEGER;
    ALTER TABLE result ADD COLUMN checksum INTEGER;
    """

  /// Details of failed attempts, and workers that get no jobs.
  static let version3 = """
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

  /// A job is a work, and its result an observation, whose metrics are no longer columns: a new kind of work or a new
  /// metric changes no table. The text of a kind is stored once. The fingerprint no longer covers the budget, which may
  /// change.
  static let version4 = """
    -- Most jobs that the study may have; null for no bound.
    ALTER TABLE study ADD COLUMN budget INTEGER;

    -- What works have in common, as the beginning of their canonical texts.
    CREATE TABLE kind (
      id INTEGER PRIMARY KEY,
      text TEXT NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE job_of_work (
      id INTEGER PRIMARY KEY,
      -- SHA-256 of the work's canonical text: kind.text candidate=… repetition=… seed=…
      work BLOB NOT NULL UNIQUE,
      kind INTEGER NOT NULL REFERENCES kind (id),
      candidate TEXT NOT NULL,
      repetition INTEGER NOT NULL,
      -- The 64 bits of the seed; below 2^63 the number itself.
      seed INTEGER NOT NULL,
      -- Of the strategy, 0, 1, …; null where the rounds have to be decided again.
      round INTEGER,
      state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'finished', 'failed')),
      attempts INTEGER NOT NULL,
      failures INTEGER NOT NULL,
      losses INTEGER NOT NULL,
      failure_reason TEXT,
      added REAL NOT NULL,
      -- When it was finished or set aside.
      settled REAL,
      checksum INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE observation (
      -- 1, 2, … in the order in which results were recorded.
      sequence INTEGER PRIMARY KEY,
      job INTEGER NOT NULL UNIQUE REFERENCES job (id),
      attempt INTEGER NOT NULL,
      worker TEXT NOT NULL,
      recorded REAL NOT NULL,
      -- JSON object: name → number. Every number is the shortest text that reads back as the same double; 9e999 is
      -- infinite.
      metrics TEXT NOT NULL,
      -- JSON object: name → array of numbers by epoch.
      curves TEXT NOT NULL,
      diverged INTEGER NOT NULL,
      kernel_variant TEXT NOT NULL,
      checksum INTEGER NOT NULL
    ) STRICT;

    -- Contents that works left.
    CREATE TABLE artifact (
      job INTEGER NOT NULL REFERENCES job (id),
      name TEXT NOT NULL,
      -- SHA-256, lower-case hexadecimal digits.
      hash TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      PRIMARY KEY (job, name)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX artifact_by_hash ON artifact (hash);
    """

  /// Applied after the rows were moved. The views are for people: a row of `result` is as in earlier versions.
  static let version4End = """
    DROP TABLE result;
    DROP TABLE job;
    ALTER TABLE job_of_work RENAME TO job;
    CREATE INDEX job_set_aside ON job (settled) WHERE state = 'failed';

    CREATE VIEW metric AS
      SELECT job, each.key AS name, each.value AS value FROM observation, json_each(observation.metrics) AS each;
    CREATE VIEW curve AS
      SELECT job, named.key AS name, point.key + 1 AS epoch, point.value AS value
      FROM observation, json_each(observation.curves) AS named, json_each(named.value) AS point;
    CREATE VIEW result AS
      SELECT job, attempt, worker, recorded, json_extract(metrics, '$.accuracy') AS accuracy,
        json_extract(metrics, '$.loss') AS loss, json_extract(curves, '$.epoch_losses') AS epoch_losses, diverged,
        json_extract(metrics, '$.step_time_ratio') AS step_time_ratio,
        json_extract(metrics, '$.inference_time_ratio') AS inference_time_ratio,
        json_extract(metrics, '$.train_seconds') AS train_seconds,
        json_extract(metrics, '$.images_per_second') AS images_per_second,
        CAST(json_extract(metrics, '$.peak_memory_bytes') AS INTEGER) AS peak_memory_bytes, kernel_variant
      FROM observation;
    """

  /// What people ask for while a study runs. A struck result no longer counts, but is kept.
  static let version5 = """
    -- When it was paused; null while it is not.
    ALTER TABLE study ADD COLUMN paused REAL;

    -- In the round; null where the jobs of the round have the order of their numbers.
    ALTER TABLE job ADD COLUMN place INTEGER;

    -- When a person wanted it to get no more jobs, and nothing that it finds to count; null where nobody does.
    ALTER TABLE worker ADD COLUMN drained REAL;
    ALTER TABLE worker ADD COLUMN distrusted REAL;

    -- Who asked for it; null for what came by itself.
    ALTER TABLE event ADD COLUMN author TEXT;

    -- An observation as it was, with the same checksum.
    CREATE TABLE struck_observation (
      id INTEGER PRIMARY KEY,
      sequence INTEGER NOT NULL,
      job INTEGER NOT NULL REFERENCES job (id),
      attempt INTEGER NOT NULL,
      worker TEXT NOT NULL,
      recorded REAL NOT NULL,
      metrics TEXT NOT NULL,
      curves TEXT NOT NULL,
      diverged INTEGER NOT NULL,
      kernel_variant TEXT NOT NULL,
      checksum INTEGER NOT NULL,
      struck REAL NOT NULL
    ) STRICT;
    CREATE INDEX struck_by_job ON struck_observation (job);
    CREATE INDEX struck_by_sequence ON struck_observation (sequence);

    CREATE TABLE struck_artifact (
      -- The struck observation's.
      id INTEGER NOT NULL REFERENCES struck_observation (id),
      name TEXT NOT NULL,
      hash TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      PRIMARY KEY (id, name)
    ) STRICT, WITHOUT ROWID;
    """
}
