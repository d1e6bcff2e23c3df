import Foundation
import Testing

@testable import Launching

/// The output of Slurm 22.05, and the states it is read as.
@Suite struct SlurmStateTests {
  /// The queue of a cluster with two nodes: an array, jobs that cannot start, a preempted job, a job whose node died.
  private static let queue = """
    1_2|PENDING||Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions
    1_0|COMPLETING|node1|None
    1_1|RUNNING|node2|None
    2|PENDING||JobHeldUser
    3|PENDING||BeginTime
    5|PENDING||PartitionConfig
    6|PENDING||PartitionTimeLimit
    8|PENDING||Priority
    13|FAILED|node1|NonZeroExitCode
    14|FAILED|node2|JobLaunchFailure
    15|TIMEOUT|node2|TimeLimit
    16|NODE_FAIL|node1|NodeDown
    17|PENDING||ReqNodeNotAvail, UnavailableNodes:node1
    18|CANCELLED||Resources
    19|COMPLETED|node1|None
    20|PREEMPTED|node1|None
    21|OUT_OF_MEMORY|node1|OutOfMemory

    """

  private static let started = "started 1795747889 4 node1\n"

  private func state(_ id: String, _ record: String = started) throws -> PlacedState {
    let rows = try SlurmRow.rows(Self.queue, of: "squeue")
    let row = try #require(rows.first { $0.id == id })
    return PlacedState(slurm: row, record: SlurmRecord(record))
  }

  @Test func pendingJobsComeWithTheirReason() throws {
    #expect(
      try state("1_2", "")
        == .pending(
          reason: "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions"))
    #expect(try state("2", "") == .pending(reason: "JobHeldUser: held by its user; release it with scontrol release"))
    #expect(try state("8", "") == .pending(reason: "Priority: jobs of higher priority go first"))
    #expect(try state("6", "").reason?.hasSuffix("it never starts") == true)
  }

  @Test func aJobThatIsQueuedAgainSaysWhy() throws {
    #expect(
      try state("3", Self.started + "told end\nended 0\n").reason?.hasPrefix("preempted and queued again; BeginTime: ")
        == true)
    #expect(
      try state("17").reason
        == "queued again after its node node1 failed; ReqNodeNotAvail, UnavailableNodes:node1")
  }

  @Test func presentOnesAreToldApart() throws {
    #expect(try state("1_1") == .running)
    #expect(try state("1_1", Self.started + "told stop\n") == .leaving)
    #expect(try state("1_1", Self.started + "told end\nended 0\n" + Self.started) == .running)
  }

  @Test func ofOneThatSlurmTakesAwayItsRecordTells() throws {
    // Slurm tells the outcome next: the job may be queued again.
    #expect(try state("1_0") == .running)
    #expect(try state("1_0", Self.started + "told end\n") == .running)
    #expect(try state("1_0", Self.started + "told end\nended 0\n") == .running)
    #expect(try state("1_0", Self.started + "told stop\n") == .leaving)
    #expect(try state("1_0", Self.started + "ended 0\n") == .ended(.done, detail: nil))
    #expect(try state("1_0", Self.started + "ended 3\n") == .ended(.failed, detail: "exit code 3; its log says why"))
    #expect(try state("1_0", Self.started + "failed node1: no keys\n") == .ended(.failed, detail: "node1: no keys"))
  }

  @Test func jobsOfOtherKindsArePassedOver() throws {
    let rows = try SlurmRow.rows("65+0|RUNNING|node1|None\n66+1|PENDING||Priority\n" + Self.queue, of: "squeue")
    #expect(rows.count == 17 && rows[0].id == "1_2")
    #expect(throws: LaunchError.self) { try SlurmRow.rows("squeue: error: x\n", of: "squeue") }
  }

  @Test func endsAreToldApart() throws {
    #expect(try state("13", Self.started + "ended 3\n") == .ended(.failed, detail: "exit code 3; its log says why"))
    #expect(try state("14", "") == .ended(.failed, detail: "Slurm says JobLaunchFailure"))
    #expect(try state("15") == .ended(.timeLimit, detail: "ended by Slurm at the limit"))
    #expect(try state("16") == .ended(.nodeFailure, detail: "node node1"))
    #expect(try state("18", "") == .ended(.cancelled, detail: "before it started"))
    #expect(try state("19", Self.started + "ended 0\n") == .ended(.done, detail: nil))
    #expect(
      try state("19", Self.started + "told time-limit\nended 0\n")
        == .ended(.timeLimit, detail: "handed its jobs back before the limit"))
    #expect(try state("20") == .ended(.preempted, detail: nil))
    #expect(try state("21").word == "out of memory")
  }

  @Test func jobsThatSlurmHasForgottenGoByTheirRecord() {
    func state(_ record: String) -> PlacedState { PlacedState(slurmForgotten: SlurmRecord(record)) }
    #expect(state(Self.started + "ended 0\n") == .ended(.done, detail: nil))
    #expect(state(Self.started + "ended 1\n").word == "failed")
    #expect(state(Self.started + "told time-limit\nended 0\n").word == "time limit")
    #expect(state(Self.started).word == "node failure")
    #expect(state("").word == "cancelled")
  }

  @Test func aWorkerIsWhereItsRowSaysAndHasWhatItsRecordSays() {
    let record = SlurmRecord(Self.started)
    let running = PlacedWorker(
      slurm: "7", row: SlurmRow(id: "7", state: "RUNNING", nodes: "node1"), account: nil, record: record, slots: nil)
    #expect(running.host == "node1" && running.slots == 4 && running.since?.timeIntervalSince1970 == 1_795_747_889)
    let again = PlacedWorker(
      slurm: "7", row: SlurmRow(id: "7", state: "PENDING"), account: nil, record: record, slots: 2)
    #expect(again.host == nil && again.slots == 2 && again.since == nil)
    let forgotten = PlacedWorker(
      slurm: "7", row: nil, account: SlurmRow(id: "7", state: "PREEMPTED", nodes: "node2"), record: record, slots: 2)
    #expect(forgotten.host == "node2" && forgotten.state.word == "preempted")
  }

  @Test func accountsOfCancelledJobsNameWhoDidIt() throws {
    let rows = try SlurmRow.rows("12_3|CANCELLED by 1000|None assigned|None\n12_[4-7]|PENDING||None\n", of: "sacct")
    #expect(rows.map(\.state) == ["CANCELLED", "PENDING"] && rows[0].nodes == nil)
  }

  @Test(arguments: ["x|RUNNING|node1|None", "1|RUNNING|node1", "1|running|n|None", "slurm_load_jobs error: no", "|||"])
  func whatIsNotUnderstoodIsAnError(line: String) {
    #expect(throws: LaunchError.failure("squeue: unexpected line: \(line)")) {
      try SlurmRow.rows(line + "\n", of: "squeue")
    }
  }

  @Test func jobNumbers() throws {
    #expect(try SlurmRow.jobNumber("17\n") == 17)
    #expect(try SlurmRow.jobNumber("17;cluster\n") == 17)
    for text in ["", "\n", "no", "-3", "0"] { #expect(throws: LaunchError.self) { try SlurmRow.jobNumber(text) } }
  }

  @Test func recordsWithoutSenseAreEmpty() {
    for text in ["", "\n\n", "started", "started x 4 node1", "started 1 4", "ended 0", "told", "\u{0}\u{1} x"] {
      #expect(SlurmRecord(text).runs.isEmpty, "\(text)")
    }
    #expect(SlurmRecord("started 1 \(Int.max) n\n").runs == SlurmRecord("started 1 0 n\n").runs)
    #expect(SlurmRecord("started 1 0 n\nended").runs == SlurmRecord("started 1 0 n\n").runs)
  }

  @Test(arguments: [
    ("30", 1800), ("30:15", 1815), ("2:00:00", 7200), ("1-12", 129_600), ("1-12:30", 131_400), ("1-12:30:05", 131_405),
    ("90s", 90), ("2h", 7200), ("30min", 1800),
  ])
  func times(text: String, seconds: Int) { #expect(SlurmTime(text)?.seconds == seconds) }

  @Test(arguments: ["", "0", "x", "1:2:3:4", "-1", "1-", "1:-2", "1-2-3", ":", "99999999999999"])
  func noTimes(text: String) { #expect(SlurmTime(text) == nil) }

  @Test func timesAreWrittenAsSbatchReadsThem() {
    #expect("\(SlurmTime(seconds: 7200))" == "02:00:00" && "\(SlurmTime(seconds: 131_405))" == "1-12:30:05")
  }
}
