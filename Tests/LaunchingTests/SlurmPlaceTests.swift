import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Launching

/// What is asked of Slurm's commands, with commands that are made up.
@Suite struct SlurmPlaceTests {
  private let folder: TestSupport.Place
  private let worker = WorkerInvocation(connect: "tcp://10.0.0.1:5555", slots: 4, name: "my study/2")

  init() throws { folder = try TestSupport.Place() }

  private final class Said: Sendable {
    let words = Mutex<[[String]]>([])

    func runner(_ answer: @escaping @Sendable (String, [String]) -> Command.Result) -> SlurmPlace.Runner {
      { command throws(LaunchError) in
        self.words.withLock { $0.append([command.program] + command.arguments) }
        return answer(command.program, command.arguments)
      }
    }

    func of(_ program: String) -> [[String]] { words.withLock { $0.filter { $0[0] == program } } }
  }

  private static func says(_ output: String, errors: String = "", status: Int32 = 0) -> Command.Result {
    Command.Result(status: status, output: output, errors: errors)
  }

  private func place(_ request: SlurmRequest = SlurmRequest(), run: @escaping SlurmPlace.Runner) -> SlurmPlace {
    SlurmPlace(request, folder: folder.path("100% launch"), run: run)
  }

  @Test func severalAreAnArrayAndOneIsAJob() async throws {
    let said = Said()
    let request = SlurmRequest(
      time: SlurmTime("2:00:00"), partition: "short", account: "a", qos: "q", constraint: "avx512",
      memory: .perSlot(bytes: 1_500_000_000), options: ["--nice=10"])
    let place = place(
      request, run: said.runner { _, words in Self.says(words.contains("--array=0-2") ? "7\n" : "8\n") })
    let workers = try await place.start(3, worker)
    #expect(workers.map(\.id) == ["7_0", "7_1", "7_2"])
    #expect(workers.allSatisfy { $0.slots == 4 && $0.state == .pending(reason: nil) })
    let base = folder.path("100%% launch")
    #expect(
      said.of("sbatch") == [
        [
          "sbatch", "--parsable", "--job-name=layersearch-my_study_2", "--nodes=1", "--ntasks=1", "--cpus-per-task=4",
          "--mem-per-cpu=1431M", "--time=02:00:00", "--partition=short", "--account=a", "--qos=q",
          "--constraint=avx512", "--requeue", "--open-mode=append", "--output=\(base)/logs/%A_%a.log",
          "--signal=B:USR1@35", "--nice=10", "--array=0-2", folder.path("100% launch/worker.sh"),
        ]
      ])
    #expect(try await place.start(1, worker).map(\.id) == ["8"])
    #expect(try place.files.submitted().flatMap(\.ids) == ["7_0", "7_1", "7_2", "8"])
  }

  @Test func aRequestIsKeptAndReadAgain() {
    let request = SlurmRequest(
      time: SlurmTime("1-2:03:04"), partition: "p", account: "a", qos: "q", constraint: "c", memory: .perSlot(bytes: 5),
      graceSeconds: 2.5, options: ["--nice=1", "--comment=a b"])
    #expect(SlurmRequest(settings: request.settings) == request)
    #expect(SlurmRequest(settings: SlurmRequest().settings) == SlurmRequest())
    #expect(SlurmRequest(settings: ["grace": "x", "time": "x", "memory-per-slot": ""]) == SlurmRequest())
  }

  @Test func memoryFollowsTheStudyWhereNobodyAsksForAny() {
    let plain = SlurmRequest()
    #expect(plain.fitted(toTrainingsOf: 400 << 20, slots: 3).memory == .perSlot(bytes: 600 << 20))
    #expect(SlurmRequest(options: ["--mem-bind=local"]).fitted(toTrainingsOf: 1, slots: 1).memory != nil)
    #expect(plain.fitted(toTrainingsOf: 400 << 20, slots: nil) == plain)
    #expect(plain.fitted(toTrainingsOf: nil, slots: 3) == plain)
    for request in [
      SlurmRequest(memory: .perSlot(bytes: 5)), SlurmRequest(memory: .site), SlurmRequest(options: ["--mem=8G"]),
      SlurmRequest(options: ["--mem-per-cpu=8G"]),
    ] {
      #expect(request.fitted(toTrainingsOf: 400 << 20, slots: 3) == request)
      #expect(SlurmRequest(settings: request.settings) == request)
    }
  }

  @Test func withoutSlotsWholeNodesAreAskedFor() {
    let words = SlurmRequest().submission(of: 1, slots: nil, name: "n", script: "s", logs: "l")
    #expect(words.contains("--exclusive") && words.contains("--mem=0"))
    #expect(!words.contains { $0.hasPrefix("--cpus-per-task") || $0.hasPrefix("--array") || $0.hasPrefix("--time") })
  }

  @Test func aRefusalIsOneLine() async throws {
    let place = place(
      run: Said().runner { _, _ in
        Self.says(
          "",
          errors: """
            sbatch: error: invalid partition specified: nosuch
            sbatch: error: Batch job submission failed: Invalid partition name specified

            """, status: 1)
      })
    await #expect(throws: LaunchError.failure("sbatch: invalid partition specified: nosuch")) {
      try await place.start(2, worker)
    }
  }

  @Test func listsItsOwnJobsOnly() async throws {
    let said = Said()
    let place = place(
      run: said.runner { program, _ in
        switch program {
        case "sbatch": Self.says("7\n")
        case "squeue": Self.says("7_0|RUNNING|node1|None\n9|RUNNING|node1|None\n")
        default: Self.says("Slurm accounting storage is disabled\n", status: 1)
        }
      })
    #expect(try await place.list().isEmpty && said.of("squeue").isEmpty)
    _ = try await place.start(2, worker)
    let workers = try await place.list()
    #expect(workers.map(\.id) == ["7_0", "7_1"])
    #expect(workers[0].state == .running && workers[0].host == "node1")
    // Forgotten, and nobody knows how it ended.
    #expect(workers[1].state.word == "cancelled")
    _ = try await place.list()
    #expect(said.of("sacct").map(\.last) == ["--jobs=7"])
  }

  @Test func accountingThatDoesNotAnswerIsAskedAgain() async throws {
    let said = Said()
    let isDown = Mutex(true)
    let place = place(
      run: said.runner { program, _ in
        switch program {
        case "sbatch": Self.says("7\n")
        case "squeue": Self.says("")
        default:
          isDown.withLock { $0 }
            ? Self.says("", errors: "sacct: error: Problem talking to the database: Connection refused\n", status: 1)
            : Self.says("7|TIMEOUT|node1|None\n")
        }
      })
    _ = try await place.start(1, worker)
    let silent = try await place.list()
    #expect(silent.map(\.state.word) == ["cancelled"])
    isDown.withLock { $0 = false }
    let told = try await place.list()
    #expect(told.map(\.state.word) != silent.map(\.state.word))
    _ = try await place.list()
    #expect(said.of("sacct").count == 2)
  }

  @Test func stopsPendingOnesAndTellsRunningOnes() async throws {
    let said = Said()
    let place = place(
      run: said.runner { _, _ in
        Self.says(
          "", errors: "scancel: error: Kill job error on job id 7_1: Job/step already completing\n", status: 228)
      })
    let workers = [
      PlacedWorker(id: "7_0", state: .running), PlacedWorker(id: "7_1", state: .pending(reason: nil)),
      PlacedWorker(id: "7_2", state: .ended(.done, detail: nil)),
    ]
    try await place.stop(workers, now: false)
    try await place.stop(workers, now: true)
    #expect(
      said.of("scancel") == [
        ["scancel", "--state=PENDING", "7_0", "7_1"], ["scancel", "--state=SUSPENDED", "7_0", "7_1"],
        ["scancel", "--signal=USR2", "--batch", "--state=RUNNING", "7_0", "7_1"], ["scancel", "7_0", "7_1"],
      ])
  }

  @Test func anErrorOfTheControllerIsTold() async throws {
    let line = "scancel: error: slurm_kill_job2: Unable to contact slurm controller (connect failure)"
    let place = place(run: Said().runner { _, _ in Self.says("", errors: line + "\n", status: 1) })
    await #expect(throws: LaunchError.self) {
      try await place.stop([PlacedWorker(id: "7", state: .running)], now: true)
    }
  }

  // MARK: Examining

  private func examine(
    _ request: SlurmRequest = SlurmRequest(), keys: String? = nil, options: [String] = [],
    test: Command.Result = says("", errors: "sbatch: Job 10 to start at 2026-11-29T15:27:46 using 1 processors\n"),
    partitions: String = "study*|up|1-00:00:00\nurgent|up|1:00:00\nfree|up|infinite\ngone|down|infinite\n"
  ) async -> LaunchError? {
    var worker = worker
    worker.keys = keys
    worker.options = options
    let place = place(
      request,
      run: Said().runner { program, words in
        if program == "sinfo" {
          let name = words.first { $0.hasPrefix("--partition=") }?.dropFirst(12)
          if words.contains("--format=%R") { return Self.says("study\nurgent\n") }
          let lines = partitions.split(separator: "\n").filter { line in name.map { line.hasPrefix($0) } ?? true }
          return Self.says(lines.joined(separator: "\n") + "\n")
        }
        return words.contains("--test-only") ? test : Self.says("slurm-wlm 22.05.8\n")
      })
    do {
      try await place.examine(worker)
      return nil
    } catch { return error }
  }

  @Test func findsNothingWrongWithWhatIsRight() async {
    #expect(await examine(SlurmRequest(time: SlurmTime("2:00:00"))) == nil)
    #expect(await examine(SlurmRequest(time: SlurmTime("9-0"), partition: "free")) == nil)
  }

  @Test func saysWhatSlurmWouldRefuse() async {
    let refused = await examine(
      test: Self.says(
        "", errors: "allocation failure: Invalid account or account/partition combination specified\n", status: 1))
    #expect(
      refused?.description == """
        Slurm refuses such a job: allocation failure: Invalid account or account/partition combination specified; \
        change the request
        """)
    #expect(
      await examine(SlurmRequest(partition: "nosuch"))?.description
        == "--partition nosuch: Slurm has no partition of this name; there are study, urgent")
    #expect(
      await examine(SlurmRequest(time: SlurmTime("2:00:00"), partition: "urgent"))?.description
        == "--time 02:00:00: the partition urgent allows 01:00:00 at most")
    #expect(await examine(SlurmRequest(partition: "gone"))?.description.contains("accepts no jobs now") == true)
    let short = await examine(SlurmRequest(time: SlurmTime("1:30")))
    #expect(short?.description.contains("leaves no time to work") == true)
    #expect(await examine(options: ["--grace", "1s"])?.kind == .usage)
  }

  @Test func memoryThatSlurmRefusesIsTold() async throws {
    let place = place(
      SlurmRequest(),
      run: Said().runner { program, words in
        if program == "sinfo" { return Self.says("study*|up|infinite\n") }
        return words.contains("--mem-per-cpu=10140M") ? Self.says("", errors: "too much\n", status: 1) : Self.says("\n")
      })
    var worker = worker
    worker.slots = 3
    #expect(
      try await place.fitted(toTrainingsOf: 400 << 20, worker)?.request.memory == .perSlot(bytes: 600 << 20))
    #expect(try await place.fitted(toTrainingsOf: nil, worker) == nil)
    let error = await #expect(throws: LaunchError.self) {
      try await place.fitted(toTrainingsOf: 8032 << 20, worker)
    }
    #expect(error?.description.contains("Slurm refuses such a job: too much") == true)
  }

  @Test func aTimeLimitMustBeLongerThanATraining() {
    let place = SlurmPlace(SlurmRequest(time: SlurmTime("10:00")), folder: folder.path("x"))
    #expect(throws: Never.self) { try place.allow(jobSeconds: 500) }
    #expect(throws: LaunchError.self) { try place.allow(jobSeconds: .greatestFiniteMagnitude) }
    let error = #expect(throws: LaunchError.self) { try place.allow(jobSeconds: 3600) }
    #expect(
      error?.description == """
        --time 00:10:00 is too short: a training takes about 60 min and workers are told to leave 35 s before the \
        limit; give 01:01:35 or more
        """)
  }

  @Test func keysThatCannotBeReadAreToldBeforeAnythingIsSubmitted() async {
    let keys = folder.path("no keys")
    #expect(
      await examine(keys: keys)?.description == "\(keys)/secret-key: cannot be read: No such file or directory")
  }

  @Test func withoutSlurmOneLineSaysSo() async {
    let place = place(run: { _ throws(LaunchError) in throw LaunchError.failure("sbatch: there is no such program") })
    let error = await #expect(throws: LaunchError.self) { try await place.examine(worker) }
    #expect(error?.description.hasPrefix("Slurm's sbatch cannot be run here: run this on a machine") == true)
  }

  // MARK: Inside an allocation

  @Test func insideAnAllocationEachNodeHasAWorkerOfItsOwn() async throws {
    let said = Said()
    let place = SlurmAllocation(
      job: 5, graceSeconds: 20, folder: folder.path("inside"),
      run: said.runner { program, words in
        switch program {
        case "squeue" where words.contains("--steps"): Self.says("5.batch|batch|node1\n5.0|layersearch-0|node1\n")
        case "squeue": Self.says("5|node[1-2]\n")
        case "scontrol": Self.says("node1\nnode2\n")
        default: Self.says("")
        }
      })
    let workers = try await place.start(5, worker)
    #expect(workers.map(\.id) == ["5.0", "5.1"] && workers.map(\.host) == ["node1", "node2"])
    #expect(said.of("bash").first?.contains("--nodelist=node1") == true)
    try folder.write("started 100 4 node1\n", to: "inside/records/5.0")
    try folder.write("srun: error: no such node\n", to: "inside/logs/5.1.log")
    let listed = try await place.list()
    #expect(listed[0].state == .running && listed[0].host == "node1")
    #expect(listed[1].state == .pending(reason: "srun is requesting its step"))
    try await place.stop(listed, now: false)
    #expect(said.of("scancel") == [["scancel", "--signal=TERM", "5.0"]])
    #expect(SlurmAllocation.processors("4(x2),8") == [4, 4, 8] && SlurmAllocation.processors("x(,").isEmpty)
    #expect(SlurmAllocation.processors("4(x\(Int.max)),8(x9)").count == 100_000)
    #expect(SlurmAllocation.processors("\(Int.max),0,-1").isEmpty)
    #expect(SlurmAllocation.current(["SLURM_JOB_ID": "5"]) == 5 && SlurmAllocation.current([:]) == nil)
  }
}
