-- The study of schema-3.sql under another name, as layersearch of schema 4 brought it up to date, with the rounds that it records.
-- `sqlite3 study.sqlite < FILE` makes the database.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1: study, jobs, attempts, results, workers, events');
INSERT INTO grdb_migrations VALUES('2: checksums of rows; fewer indices in the way of recording');
INSERT INTO grdb_migrations VALUES('3: failure accounts, benched workers');
INSERT INTO grdb_migrations VALUES('4: works, observations; a budget of its own');
CREATE TABLE study (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  study_id TEXT NOT NULL,
  name TEXT NOT NULL,
  configuration TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  created REAL NOT NULL,
  finished REAL
, checksum INTEGER, budget INTEGER) STRICT;
INSERT INTO study VALUES(1,'8fc40825-8c4e-47fc-9175-be4e72d44132','version-4',replace('study: version-4\nmodel: resnet8\ndata:\n  set: shapes10\n  train_images: 64\n  validation_images: 32\nspace:\n  rank_fractions: [0.25]\n  include: ["layer2*", "layer1*"]\nproxy:\n  epochs: 2\n  batch: 16\nobjectives: [parameters, accuracy]\nstrategy:\n  name: exhaustive\nbudget:\n  jobs: 4\nseed: 1\n','\n',char(10)),'81e97fa408e8887c',1795672899.4794466495,NULL,-3263023714752537419,4);
CREATE TABLE configuration_entry (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO configuration_entry VALUES('data.set','shapes10');
INSERT INTO configuration_entry VALUES('data.train_images','64');
INSERT INTO configuration_entry VALUES('data.validation_images','32');
INSERT INTO configuration_entry VALUES('model','resnet8');
INSERT INTO configuration_entry VALUES('objectives','[accuracy, parameters]');
INSERT INTO configuration_entry VALUES('proxy.augment','true');
INSERT INTO configuration_entry VALUES('proxy.batch','16');
INSERT INTO configuration_entry VALUES('proxy.epochs','2');
INSERT INTO configuration_entry VALUES('proxy.learning_rate','0.1');
INSERT INTO configuration_entry VALUES('proxy.momentum','0.9');
INSERT INTO configuration_entry VALUES('proxy.nesterov','false');
INSERT INTO configuration_entry VALUES('proxy.schedule','onecycle');
INSERT INTO configuration_entry VALUES('proxy.weight_decay','0.0001');
INSERT INTO configuration_entry VALUES('seed','1');
INSERT INTO configuration_entry VALUES('space.exclude','[]');
INSERT INTO configuration_entry VALUES('space.include','[layer1*, layer2*]');
INSERT INTO configuration_entry VALUES('space.rank_fractions','[0.25]');
INSERT INTO configuration_entry VALUES('space.variant','remainder');
INSERT INTO configuration_entry VALUES('strategy.name','exhaustive');
INSERT INTO configuration_entry VALUES('strategy.seeds','2');
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
INSERT INTO attempt VALUES(1,1,'node-7-1219-6671ef',1795672899.6064045428,1795672899.9639325141,'finished',NULL);
INSERT INTO attempt VALUES(2,1,'node-7-1219-6671ef',1795672899.9639325141,1795672900.1462552547,'finished',NULL);
INSERT INTO attempt VALUES(3,1,'node-7-1219-6671ef',1795672899.9639325141,1795672900.1462552547,'failed','signal 11');
INSERT INTO attempt VALUES(3,2,'node-7-1219-6671ef',1795672899.9639325141,1795672900.1462552547,'failed','signal 11');
INSERT INTO attempt VALUES(3,3,'node-7-1219-6671ef',1795672899.9639325141,1795672900.1462552547,'failed','signal 11');
INSERT INTO attempt VALUES(4,1,'node-7-1219-6671ef',1795672899.9639325141,1795672900.1462552547,'lost','worker did not renew its lease');
INSERT INTO attempt VALUES(4,2,'node-7-1219-6671ef',1795672899.9639325141,NULL,NULL,NULL);
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
, benched_until REAL, benched_reason TEXT) STRICT;
INSERT INTO worker VALUES('node-7-1219-6671ef','node-7',5307,1,'avx512-0abf+SkylakeX','0.1.0',1795672899.5924370289,1795672899.6064045428,NULL,NULL,NULL,NULL);
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  time REAL NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
INSERT INTO event VALUES(1,1795672899.4954068661,'note','the budget covers 4 of the 32 trainings that the whole space needs');
INSERT INTO event VALUES(2,1795672899.5924370289,'worker joined','node-7-1219-6671ef on node-7, 1 slots');
INSERT INTO event VALUES(4,1795672900.5568127632,'worker left','node-7-1219-6671ef: the study is finished');
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
INSERT INTO attempt_failure VALUES(3,3,'process ended',11,NULL,1048576,0,1.5,'boom');
CREATE TABLE kind (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO kind VALUES(1,'proxy-training model=resnet8 space.variant=remainder data.set=shapes10 data.train_images=64 data.validation_images=32 data.split_seed=1 proxy.epochs=2 proxy.batch=16 proxy.learning_rate=0.1 proxy.schedule=onecycle proxy.momentum=0.9 proxy.nesterov=false proxy.weight_decay=0.0001 proxy.augment=true');
CREATE TABLE IF NOT EXISTS "job" (
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
INSERT INTO job VALUES(1,X'3e2d0c70a43835ea82b6112db94c628dc9f9018ee895bfe0ab1a1c575898697f',1,'dense',0,3528712885199513,0,'finished',1,0,0,NULL,1795672899.4954068661,1795672899.9639325141,6502112027285767999);
INSERT INTO job VALUES(2,X'bbb28d75643ce3e00b9735348261483b5d53e755f75153e06e9781f457d69f19',1,'dense',1,5185031626104335,0,'finished',1,0,0,NULL,1795672899.4954068661,1795672900.1462552547,5683533314328021998);
INSERT INTO job VALUES(3,X'4b84bd254e9ed64d51e5f532b11b1c00e828b3dc6fa500dadf458786b3804df7',1,'layer1.0.conv1=4',0,6611410152760706,0,'failed',3,3,0,'signal 11',1795672899.4954068661,1795672900.4392936229,1573777703653298178);
INSERT INTO job VALUES(4,X'e297b9e61c64a428ac0d941421dfec7e1c6e8815dc3cb34eb5ee331405fecdb6',1,'layer1.0.conv1=4',1,2322935219136257,0,'running',2,0,1,NULL,1795672899.4954068661,NULL,-6995599333073594641);
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
INSERT INTO observation VALUES(1,1,1,'node-7-1219-6671ef',1795672899.9639325141,'{"accuracy":0.09375,"images_per_second":578.0793511370001,"inference_time_ratio":1.0,"loss":2.4621238026101944,"peak_memory_bytes":60723200.0,"step_time_ratio":1.0,"train_seconds":0.221422889}','{"epoch_losses":[2.406006902980643,2.2793247078102965]}',0,'avx512-0abf+SkylakeX',5452994476217913235);
INSERT INTO observation VALUES(2,2,1,'node-7-1219-6671ef',1795672900.1462552547,'{"accuracy":0.125,"images_per_second":783.2598378598286,"loss":3.221834296133304,"peak_memory_bytes":61575168.0,"train_seconds":0.163419588}','{"epoch_losses":[2.3926352358653045,2.3524946791568766]}',0,'avx512-0abf+SkylakeX',-7505351060224433309);
CREATE TABLE artifact (
  job INTEGER NOT NULL REFERENCES job (id),
  name TEXT NOT NULL,
  -- SHA-256, lower-case hexadecimal digits.
  hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (job, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_under_way ON attempt (job) WHERE ended IS NULL;
CREATE INDEX artifact_by_hash ON artifact (hash);
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
COMMIT;
