import Foundation
import SearchCore
import StudyStore
import Testing

@Suite("the hand on the wheel", .serialized)
struct ControlTests {
  private let study = "studies/tiny"

  private func control(_ place: Place, _ words: String...) async throws -> RunningCommand.Result {
    try await RunningCommand(["control", study] + words, in: place).end()
  }

  private func status(_ place: Place) async throws -> [String: Any] {
    try object(try await place.run("status", study, "--json").output)
  }

  private func jobs(_ place: Place) async throws -> [String: Int] {
    try await status(place)["jobs"] as? [String: Int] ?? [:]
  }

  private func interventions(_ place: Place) async throws -> [String] {
    (try await status(place)["interventions"] as? [[String: String]] ?? []).compactMap { $0["text"] }
  }

  private func expectRefusal(_ result: RunningCommand.Result, _ reason: String, code: Int32 = 2) {
    #expect(result.exitCode == code && result.output.isEmpty && isOneLine(result.errors), "\(result.errors)")
    #expect(result.errors.contains(reason), "\(result.errors)")
  }

  @Test("a pause holds over the coordinator's end, and is taken back with and without one")
  func pause() async throws {
    let place = try Place()
    try place.writeStudy()
    let first = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    _ = try await first.endpoint()
    let paused = try await control(place, "pause", "--author", "ann")
    #expect(paused.exitCode == 0, "\(paused.errors)")
    #expect(paused.output == "the study is paused: no job is handed out\n")
    first.send(SIGKILL)
    _ = try await first.end()
    // Its socket is left, but no process listens on it.
    #expect(place.exists("\(study)/control"))
    #expect(try await status(place)["paused_since"] != nil)
    let second = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--resume")
    let worker = try place.start("worker", "--connect", try await second.endpoint(), "--slots", "1")
    try await second.wait(for: "the pause to be told") { second.errors.contains("the study is paused") }
    try await second.wait(for: "the worker") {
      (try await status(place)["workers"] as? [Any] ?? []).count == 1
    }
    #expect(try await jobs(place)["running"] == 0)
    second.send(SIGKILL)
    _ = try await second.end()
    let resumed = try await control(place, "resume", "--json")
    let told = try object(resumed.output)
    #expect(told["through"] as? String == "record" && told["verb"] as? String == "resume", "\(resumed.errors)")
    #expect((told["author"] as? String)?.contains("@") == true)
    worker.send(SIGKILL)
    _ = try await worker.end()
    let rest = try await place.run("run", "study.yaml", "--resume", "--slots", "2")
    #expect(rest.exitCode == 0, "\(rest.errors)")
    #expect(!place.exists("\(study)/control"))
    #expect(try await jobs(place)["finished"] == 4)
    let list = try await status(place)["interventions"] as? [[String: String]] ?? []
    #expect(list.map { $0["author"] }.first == "ann" && list.count == 2)
    let lines = try await place.run("status", study).output
    #expect(lines.contains("ann: the study is paused"), "\(lines)")
  }

  @Test("a finished study goes on with a budget that was set by hand, though its configuration says less")
  func budget() async throws {
    let (place, whole) = (try Place(), try Place())
    try whole.writeStudy()
    #expect(try await whole.run("run", "study.yaml", "--slots", "2").exitCode == 0)
    try place.writeStudy(budget: 2)
    #expect(try await place.run("run", "study.yaml", "--slots", "2").exitCode == 0)
    expectRefusal(try await control(place, "budget", "1"), "below the 2 that have been asked for")
    let larger = try await control(place, "budget", "20")
    #expect(
      larger.output == "the budget is 20 jobs now, before it was 2 jobs; the study, which was finished, continues\n",
      "\(larger.errors)")
    let again = try await place.run("run", "study.yaml", "--slots", "2", "--resume")
    #expect(again.exitCode == 0 && !again.errors.contains("before it was 20"), "\(again.errors)")
    #expect(try await jobs(place)["finished"] == 4)
    #expect(try await untimedCSV(place) == untimedCSV(whole))
    // Another number in the file, written later, takes precedence.
    try place.writeStudy(budget: 3)
    #expect(try await place.run("run", "study.yaml", "--slots", "2", "--resume").exitCode == 0)
    let store = try StudyStore.open(directory: place.path(study), mode: .readOnly)
    #expect(try store.identity().budget == 3)
  }

  @Test("what is asked of a coordinator that stays after the end is done at once")
  func lingering() async throws {
    let place = try Place()
    try place.writeStudy()
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--stay")
    let worker = try place.start("worker", "--connect", try await coordinator.endpoint(), "--slots", "2", "--stay")
    try await coordinator.wait(for: "the end of the study") { try await jobs(place)["finished"] == 4 }
    let added = try await control(place, "add", "layer1.0.conv1=4", "--repetitions", "2")
    #expect(
      added.output
        == "jobs 1500001 to 1500002 of layer1.0.conv1=4 asked for by hand; the study, which was finished, continues\n",
      "\(added.errors)")
    try await coordinator.wait(for: "what was asked by hand") { try await jobs(place)["finished"] == 6 }
    // The knee and row numbers are looked up in the record.
    let row = try await control(place, "add", "1", "--json")
    #expect(try object(row.output)["through"] as? String == "coordinator", "\(row.errors)")
    try await coordinator.wait(for: "that, too") { try await jobs(place)["finished"] == 7 }
    for command in [worker, coordinator] {
      command.send(SIGTERM)
      _ = try await command.end()
    }
    let trials = try await place.run("export", study, "--format", "trials").output.split(separator: "\n")
    #expect(trials[0].hasSuffix(",asked_by") && trials.count { $0.hasSuffix(",hand") } == 3, "\(trials)")
    let json = try object(try await place.run("export", study, "--format", "json", "--all").output)
    let candidates = json["candidates"] as? [[String: Any]] ?? []
    #expect(candidates.compactMap { $0["asked_by_hand"] as? Int }.reduce(0, +) == 3)
    #expect(try await status(place)["asked_by_hand"] as? Int == 3)
  }

  @Test("a distrusted worker's results are struck out, seen, and trained again to the same frontier")
  func distrust() async throws {
    let place = try await Place.withFinishedStudy()
    let before = try await untimedCSV(place)
    let store = try StudyStore.open(directory: place.path(study), mode: .readOnly)
    let name = try #require(try store.workers().first?.worker.id)
    store.close()
    let near = String(name.dropLast()) + (name.hasSuffix("x") ? "y" : "x")
    expectRefusal(
      try await control(place, "distrust", near), "no worker of the study is called \(near); did you mean \(name)?")
    let struck = try await control(place, "distrust", name)
    #expect(
      struck.output
        == "worker \(name) is distrusted: 4 results are struck out; the study, which was finished, continues\n",
      "\(struck.errors)")
    #expect(try await jobs(place)["waiting"] == 4)
    let json = try object(try await place.run("export", study, "--format", "json").output)
    #expect((json["struck_out_results"] as? [Any])?.count == 4)
    let again = try await place.run("run", "study.yaml", "--resume", "--slots", "2")
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(try await untimedCSV(place) == before)
    #expect(try await status(place)["struck_results"] as? Int == 4)
    let told = try await place.run("status", study, "--explain", "1").output
    #expect(told.contains("result struck out (attempt 1") && told.contains("result recorded (attempt 2"), "\(told)")
    let worker = try await place.run("status", study, "--explain", name).output
    #expect(worker.contains("distrusted: 4 results are struck out"), "\(worker)")
  }

  @Test("jobs are canceled and tried again, workers drained, through a coordinator at work")
  func atWork() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    let endpoint = try await coordinator.endpoint()
    let worker = try place.start("worker", "--connect", endpoint, "--slots", "1")
    try await coordinator.wait(for: "a running job") { try await jobs(place)["running"] == 1 }
    #expect(try await control(place, "cancel", "1").output == "job 1 is canceled, and its attempt ended\n")
    #expect(try await control(place, "cancel", "4").output == "job 4 is canceled\n")
    expectRefusal(try await control(place, "cancel", "4"), "job 4 is set aside already")
    expectRefusal(
      try await control(place, "cancel", "77"), "the study has no job 77; the jobs of its search are 1 to 4")
    #expect(try await control(place, "retry", "4").output == "job 4 is tried again\n")
    let name = try #require((try await status(place)["workers"] as? [[String: Any]])?.first?["id"] as? String)
    let drained = try await control(place, "drain", String(name.dropLast(2)))
    #expect(drained.output.hasPrefix("worker \(name) is drained: it gets no more jobs"), "\(drained.errors)")
    try await coordinator.wait(for: "the worker's last job to end") { try await jobs(place)["running"] == 0 }
    let finished = try await jobs(place)["finished"] ?? 0
    #expect(finished <= 1)
    let other = try place.start("worker", "--connect", endpoint, "--slots", "2")
    let ended = try await coordinator.end()
    // The first job is the dense network.
    #expect(ended.exitCode == 1 && ended.errors.contains("to which all others are compared, has no result"))
    #expect(try await other.end().exitCode == 0)
    _ = try await worker.end()
    #expect(try await jobs(place)["finished"] == 3)
    #expect(try await interventions(place).first == "job 1: canceled, and its attempt ended")
    // The job that was set aside is tried again through the record, and trained when the study resumes.
    let retried = try await control(place, "retry", "1").output
    #expect(retried.contains("job 1 is tried again; the study, which was finished"), "\(retried)")
    #expect(try await place.run("run", "study.yaml", "--resume", "--slots", "1").exitCode == 0)
    #expect(try await jobs(place)["finished"] == 4)
    expectRefusal(try await control(place, "cancel", "2"), "job 2 is finished; only open jobs can be canceled")
  }

  @Test("several jobs are canceled and tried again, those of them that can be")
  func several() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    _ = try await coordinator.endpoint()
    try await coordinator.wait(for: "the jobs") { try await jobs(place)["waiting"] == 4 }
    #expect(try await place.run("status", study).output.contains("\nwaiting  1-4\n"))
    #expect(try await control(place, "cancel", "3").exitCode == 0)
    let canceled = try await control(place, "cancel", "2-4,4,77")
    #expect(canceled.output == "job 2 is canceled\njob 4 is canceled\n", "\(canceled.errors)")
    expectRefusal(try await control(place, "cancel", "2,4"), "none of the jobs 2, 4 is open")
    expectRefusal(try await control(place, "retry", "1,77"), "none of the jobs 1, 77 was set aside")
    expectRefusal(try await control(place, "cancel", "2,x"), "cancel takes a job's number")
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
    let told = try object(try await control(place, "retry", "1-4", "--json").output)
    #expect(told["done"] as? String == "job 2 is tried again; job 3 is tried again; job 4 is tried again", "\(told)")
    #expect(told["through"] as? String == "record" && told["subject"] as? String == "1-4")
    #expect(try await jobs(place)["waiting"] == 4)
  }

  @Test("killed before the commit nothing is done, killed after it all of it", arguments: [true, false])
  func killed(isBefore: Bool) async throws {
    let place = try Place()
    try place.writeStudy()
    let failpoint = isBefore ? "store.before-commit" : "store.after-commit"
    // The first commit of the coordinator adds the jobs; the second one is that of the request.
    let coordinator = try RunningCommand(
      ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0"], in: place,
      variables: ["LAYERSEARCH_FAILPOINT": "\(failpoint):2"])
    _ = try await coordinator.endpoint()
    try await coordinator.wait(for: "the jobs") { try await jobs(place)["waiting"] == 4 }
    expectRefusal(
      try await control(place, "pause"), "its coordinator did not answer; status shows whether", code: 1)
    #expect(try await coordinator.end().wasKilled)
    #expect(try await (status(place)["paused_since"] != nil) == !isBefore)
    #expect(try await interventions(place).count == (isBefore ? 0 : 1))

    // The same through the record.
    let killed = try await RunningCommand(
      ["control", study, "cancel", "2"], in: place, variables: ["LAYERSEARCH_FAILPOINT": "\(failpoint):1"]
    ).end()
    #expect(killed.wasKilled)
    #expect(try await jobs(place)["failed"] == (isBefore ? 0 : 1))
    #expect(try await interventions(place).count == (isBefore ? 0 : 2))
    let done = try await control(place, isBefore ? "pause" : "resume")
    #expect(done.exitCode == 0, "\(done.errors)")
  }

  @Test("a long path has a socket too, which its owner alone may use")
  func longPath() async throws {
    let place = try Place()
    try place.writeStudy()
    let folder = Array(repeating: String(repeating: "d", count: 60), count: 4).joined(separator: "/")
    let coordinator = try place.start(
      "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--study", folder)
    _ = try await coordinator.endpoint()
    try await coordinator.wait(for: "the socket") { place.exists("\(folder)/control") }
    let mode = try FileManager.default.attributesOfItem(atPath: place.path("\(folder)/control"))[.posixPermissions]
    #expect(mode as? Int == 0o600)
    let paused = try await place.run("control", folder, "pause", "--json")
    #expect(try object(paused.output)["through"] as? String == "coordinator", "\(paused.errors)")
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
    #expect(!place.exists("\(folder)/control"))
  }

  @Test("what cannot be asked is refused in one line")
  func refusals() async throws {
    let place = try await Place.withFinishedStudy()
    expectRefusal(try await control(place, "pauze"), "did you mean pause?")
    expectRefusal(try await control(place, "cancel"), "cancel needs a job's number")
    expectRefusal(try await control(place, "cancel", "one"), "cancel takes a job's number, not 'one'")
    expectRefusal(try await control(place, "budget", "0"), "budget takes a number of jobs from 1 to 1000000, not '0'")
    expectRefusal(try await control(place, "pause", "now"), "pause takes no argument")
    expectRefusal(try await control(place, "pause", "--repetitions", "2"), "only add does")
    expectRefusal(try await control(place, "retry", "1"), "job 1 is finished; only jobs that were set aside")
    expectRefusal(try await control(place, "add", "layer9.0.conv1=4"), "layer9.0.conv1")
    expectRefusal(
      try await control(place, "add", "layer1.0.conv1=5"),
      "layer1.0.conv1=5 is outside the study's space: layer1.0.conv1 can be dense there, or one of 4, not 5")
    expectRefusal(
      try await control(place, "add", "layer3.0.conv1=8"),
      "layer3.0.conv1 is not one of the layers that it decomposes")
    expectRefusal(try await control(place, "add", "99"), "the frontier of study studies/tiny has rows 1 to")
    expectRefusal(try await control(place, "drain", "nobody-at-all"), "no worker of the study is called nobody-at-all")
    expectRefusal(
      try await place.run("control", "studies/none", "pause"), "study studies/none: there is no such folder", code: 1)
    try FileManager.default.createDirectory(atPath: place.path("empty"), withIntermediateDirectories: true)
    expectRefusal(try await place.run("control", "empty", "pause"), "the folder holds no study", code: 1)
    // Another process has opened the study, and takes no requests.
    let store = try StudyStore.open(directory: place.path(study), mode: .readWrite)
    expectRefusal(
      try await control(place, "pause"), "it is in use by a process that takes no requests from this machine", code: 1)
    store.close()
  }
}
