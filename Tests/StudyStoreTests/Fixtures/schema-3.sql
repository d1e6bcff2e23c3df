-- A study of schema 3 as layersearch wrote it: `layersearch run` with the configuration inside, some jobs then put back by hand to set
-- aside, lost and running. `sqlite3 study.sqlite < FILE` makes the database.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1: study, jobs, attempts, results, workers, events');
INSERT INTO grdb_migrations VALUES('2: checksums of rows; fewer indices in the way of recording');
INSERT INTO grdb_migrations VALUES('3: failure accounts, benched workers');
CREATE TABLE study (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  study_id TEXT NOT NULL,
  name TEXT NOT NULL,
  configuration TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  created REAL NOT NULL,
  finished REAL
, checksum INTEGER) STRICT;
INSERT INTO study VALUES(1,'8fc40825-8c4e-47fc-9175-be4e72d44132','version-3',replace('study: version-3\nmodel: resnet8\ndata:\n  set: shapes10\n  train_images: 64\n  validation_images: 32\nspace:\n  rank_fractions: [0.25]\n  include: ["layer2*", "layer1*"]\nproxy:\n  epochs: 2\n  batch: 16\nobjectives: [parameters, accuracy]\nstrategy:\n  name: exhaustive\nbudget:\n  jobs: 4\nseed: 1\n','\n',char(10)),'cb283abd80e07dd2',1795672899.4794466495,NULL,-8338429282806658482);
CREATE TABLE configuration_entry (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO configuration_entry VALUES('budget.jobs','4');
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
  settled REAL, checksum INTEGER,
  UNIQUE (candidate, replicate)
) STRICT;
INSERT INTO job VALUES(1,'dense',0,3528712885199513,'finished',1,0,0,NULL,1795672899.4954068661,1795672899.9639325141,-3412507108834146276);
INSERT INTO job VALUES(2,'dense',1,5185031626104335,'finished',1,0,0,NULL,1795672899.4954068661,1795672900.1462552547,3257507624243436979);
INSERT INTO job VALUES(3,'layer1.0.conv1=4',0,6611410152760706,'failed',3,3,0,'signal 11',1795672899.4954068661,1795672900.4392936229,-2968343489806204044);
INSERT INTO job VALUES(4,'layer1.0.conv1=4',1,2322935219136257,'running',2,0,1,NULL,1795672899.4954068661,NULL,-4824751404197937990);
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
, checksum INTEGER) STRICT;
INSERT INTO result VALUES(1,1,'node-7-1219-6671ef',1795672899.9639325141,0.09375,2.4621238026101943674,'[2.406006902980643,2.2793247078102965]',0,1.0,1.0,0.22142288900000001161,578.07935113700011698,60723200,'avx512-0abf+SkylakeX',-8806702184625476746);
INSERT INTO result VALUES(2,1,'node-7-1219-6671ef',1795672900.1462552547,0.125,3.2218342961333039653,'[2.3926352358653045,2.3524946791568766]',0,NULL,NULL,0.16341958800000000451,783.25983785982862175,61575168,'avx512-0abf+SkylakeX',-7979366026321916648);
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
CREATE INDEX attempt_under_way ON attempt (job) WHERE ended IS NULL;
CREATE INDEX result_by_time ON result (recorded);
CREATE INDEX job_set_aside ON job (settled) WHERE state = 'failed';
COMMIT;
