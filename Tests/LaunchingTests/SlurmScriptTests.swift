import Foundation
import Launching
import TestSupport
import Testing

/// The script that runs on a node. Here bash runs it, with a worker that is a script as well.
@Suite struct SlurmScriptTests {
  private let place: TestSupport.Place

  init() throws {
    place = try TestSupport.Place()
    for folder in ["records", "scratch", "the keys"] {
      try FileManager.default.createDirectory(
        at: place.folder.appending(path: folder), withIntermediateDirectories: false)
    }
  }

  /// - Parameters:
  ///   - worker: The commands of a worker.
  ///   - probe: The commands of a worker that only checks whether it reaches its coordinator.
  private func run(
    worker: String, probe: String = "echo X answers: study; exit 0", options: [String] = [], keys: String? = nil,
    executable: String? = nil
  ) async throws -> (result: Command.Result, record: SlurmRecord) {
    // A bash that reads the file `worker`, its first argument: a new file cannot be executed while a process that
    // another test starts holds it open.
    let binary = place.path("it's a worker")
    try FileManager.default.createSymbolicLink(atPath: binary, withDestinationPath: "/bin/bash")
    try place.write("case \"$*\" in *--probe*) \(probe) ;; esac\n\(worker)\n", to: "worker")
    let script = SlurmScript(
      worker: WorkerInvocation(
        executable: executable ?? binary, connect: "tcp://127.0.0.1:5555", keys: keys, options: options, name: "n"),
      records: place.path("records"), graceSeconds: 20)
    try place.write(script.text, to: "worker.sh")
    let result = try await Command(
      "bash", ["-c", "cd \"$0\" && exec bash worker.sh", place.folder.path],
      environment: [
        "SLURM_JOB_ID": "12", "SLURM_ARRAY_JOB_ID": "11", "SLURM_ARRAY_TASK_ID": "3", "SLURM_CPUS_PER_TASK": "4",
        "SLURMD_NODENAME": "node7", "SLURM_TMPDIR": place.path("scratch"),
      ]
    ).run()
    let text = try String(contentsOfFile: place.path("records/11_3"), encoding: .utf8)
    return (result, SlurmRecord(text))
  }

  @Test func aWorkerGetsItsArgumentsAndANodesOwnScratch() async throws {
    let (result, record) = try await run(worker: "printf '[%s]' \"$@\"", options: ["--memory-per-job", "a 'b' $c"])
    #expect(result.status == 0)
    #expect(
      result.output == "[--connect][tcp://127.0.0.1:5555][--memory-per-job][a 'b' $c][--grace][20s]"
        + "[--data-cache][\(place.path("scratch"))/layersearch-\(getuid())/data]\n")
    #expect(record.runs.count == 1)
    #expect(record.runs[0].ended == 0 && record.runs[0].host == "node7" && record.runs[0].processors == 4)
    #expect(record.runs[0].told == nil && record.runs[0].failure == nil)
  }

  @Test func aCacheThatWasNamedIsTheOneThatIsUsed() async throws {
    let (result, _) = try await run(worker: "echo \"$*\"", options: ["--data-cache=/x"])
    #expect(result.output == "--connect tcp://127.0.0.1:5555 --data-cache=/x --grace 20s\n")
  }

  @Test func aCoordinatorThatTheNodeDoesNotReachIsOneLineAndNoWorker() async throws {
    let (result, record) = try await run(
      worker: "echo begun", probe: "echo >&2 more; echo >&2 \"layersearch: error: no coordinator at 'x'\"; exit 1")
    #expect(result.status == 1 && result.output.isEmpty)
    let line = "node7: no coordinator at 'x'; --connect must name an address that the nodes reach"
    #expect(record.runs.map(\.failure) == [line])
    #expect(
      PlacedState(slurm: SlurmRow(id: "11_3", state: "FAILED", reason: "NonZeroExitCode"), record: record)
        == .ended(.failed, detail: line))
  }

  @Test func aProgramThatIsNoLayerSearchIsOneLine() async throws {
    let (result, record) = try await run(worker: "echo begun", probe: "exit 0")
    #expect(result.status == 1 && result.output.isEmpty)
    #expect(
      record.runs.map(\.failure) == [
        "node7: it reports nothing about the coordinator: name layersearch with --binary"
      ])
  }

  @Test func keysThatANodeCannotReadAreOneLine() async throws {
    let keys = place.path("the keys")
    let (result, record) = try await run(worker: "echo begun", keys: keys)
    #expect(result.status == 1 && result.output.isEmpty)
    #expect(record.runs.last?.failure?.hasPrefix("node7: cannot read \(keys)/secret-key: ") == true)
  }

  @Test func aProgramThatIsNotThereIsOneLine() async throws {
    let (result, record) = try await run(worker: "", executable: "/nowhere/layersearch")
    #expect(result.status == 1)
    #expect(record.runs.last?.failure?.hasPrefix("node7: there is no /nowhere/layersearch: ") == true)
  }

  /// Finds the script's process from within a worker: it is the parent of the shell that waits for the worker.
  private static let script = "script=$(cut -d ' ' -f 4 /proc/$PPID/stat)"

  /// The commands of a worker that sends its script a signal, and writes the signals that reach the worker.
  private static func signals(_ name: String, ending: String) -> String {
    """
    ends=0
    \(script)
    trap 'echo TERM; ends=1' TERM
    kill -\(name) $script
    while [ $ends = 0 ]; do sleep 0.01; done
    \(ending)
    """
  }

  @Test(arguments: [("USR1", "time-limit"), ("USR2", "stop")])
  func whatSlurmSaysToTheScriptAloneReachesTheWorkerOnce(signal: String, told: String) async throws {
    let (result, record) = try await run(worker: Self.signals(signal, ending: "exit 0"))
    #expect(result.output == "TERM\n" && result.status == 0)
    #expect(record.runs.map(\.told) == [told] && record.runs.map(\.ended) == [0])
  }

  @Test func aWorkerThatLeavesIsToldNoSecondTime() async throws {
    let worker = """
      ends=0
      \(Self.script)
      trap 'echo TERM; ends=1' TERM
      kill -USR1 $script
      while [ $ends = 0 ]; do sleep 0.01; done
      kill -USR2 $script
      for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.01; done
      exit 0
      """
    let (result, record) = try await run(worker: worker)
    #expect(result.output == "TERM\n" && result.status == 0)
    #expect(record.runs.map(\.told) == ["time-limit"] && record.runs.map(\.ended) == [0])
  }

  @Test func whatReachesAllProcessesIsNotSentAgain() async throws {
    let worker = """
      \(Self.script)
      trap 'echo TERM' TERM
      kill -TERM $script $PPID $$
      for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.01; done
      exit 3
      """
    let (result, record) = try await run(worker: worker)
    #expect(result.output == "TERM\n" && result.status == 3)
    #expect(record.runs.map(\.told) == ["end"] && record.runs.map(\.ended) == [3])
  }
}
