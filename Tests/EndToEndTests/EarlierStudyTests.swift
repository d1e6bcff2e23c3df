import Failpoints
import Foundation
import SearchCore
import SearchProtocol
import Studies
import StudyStore
import Testing

@Suite("results of another study", .serialized)
struct EarlierStudyTests {
  private let layers = ["layer1.0.conv1", "layer2.0.conv2"]

  private func trained(_ place: Place) async throws {
    try place.writeStudy()
    let result = try await place.run("run", "study.yaml", "--slots", "2", "--quiet")
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  /// Writes the configurations of two studies, `first` and `again`, that differ in their names only.
  private func writePair(_ place: Place, _ rest: String) throws {
    for name in ["first", "again"] {
      let data = "{set: shapes10, train_images: 64, validation_images: 64}"
      try place.write("study: \(name)\nmodel: resnet8\ndata: \(data)\n\(rest)\n", to: "\(name).yaml")
    }
  }

  private func attempts(_ place: Place, _ study: String) throws -> Int {
    try RecordedStudy(place, study: study).attemptCount
  }

  @Test("a second study trains nothing that is known, has the same bits, and says where they are from")
  func nothingAnew() async throws {
    let place = try Place()
    try await trained(place)
    try place.writeStudy("second", file: "second.yaml")
    let second = try await place.run("run", "second.yaml", "--slots", "1", "--from-study", "studies/tiny")
    #expect(second.exitCode == 0, "\(second.errors)")
    #expect(second.errors.contains("4 jobs have their results from study tiny (studies/tiny)"), "\(second.errors)")
    #expect(try attempts(place, "studies/second") == 0)
    let there = try RecordedStudy(place, study: "studies/tiny").jobs
    let here = try RecordedStudy(place, study: "studies/second").jobs
    #expect(here.map(\.result) == there.map(\.result) && here.map(\.work) == there.map(\.work))
    for format in ["csv", "trials"] {
      let first = try await place.run("export", "studies/tiny", "--format", format)
      #expect(try await place.run("export", "studies/second", "--format", format).output == first.output)
    }
    let explained = try await place.run("status", "studies/second", "--explain", "1")
    #expect(explained.output.contains("its result was adopted from study tiny (studies/tiny)"), "\(explained.output)")
    #expect(
      try object(try await place.run("status", "studies/second", "--json").output)["state"] as? String == "finished")
  }

  @Test("what is not known is trained; a kill at any commit changes nothing of what is found")
  func kills() async throws {
    let place = try Place()
    try await trained(place)
    try place.writeStudy("whole", layers: layers + ["layer3.0.conv2"], file: "whole.yaml")
    #expect(try await place.run("run", "whole.yaml", "--slots", "2", "--quiet").exitCode == 0)
    let whole = try RecordedStudy(place, study: "studies/whole")
    for (index, failpoint) in [Failpoint.storeBeforeCommit, .storeAfterCommit].enumerated() {
      let name = "killed\(index)"
      try place.writeStudy(name, layers: layers + ["layer3.0.conv2"], file: "\(name).yaml")
      let arguments = ["run", "\(name).yaml", "--slots", "1", "--from-study", "studies/tiny"]
      let killed = try await RunningCommand(
        arguments, in: place, variables: [Failpoint.variable: "\(failpoint.rawValue):1"]
      ).end()
      #expect(killed.wasKilled)
      let resumed = try await RunningCommand(arguments + ["--resume"], in: place).end()
      #expect(resumed.exitCode == 0, "\(resumed.errors)")
      let study = try RecordedStudy(place, study: "studies/\(name)")
      // Jobs whose results are known have no attempt.
      let violations = study.violations(comparedWith: whole).filter { !$0.hasSuffix("has attempts [], 0 are counted") }
      #expect(violations.isEmpty, "\(violations)")
      #expect(study.attemptCount == 4)
    }
  }

  @Test("later rounds of a strategy that takes time are known, too, at a coordinator without any worker")
  func rounds() async throws {
    let place = try Place()
    func write(_ name: String) throws {
      try place.writeStudy(name, layers: ["layer*conv*"], budget: 34, file: "\(name).yaml")
      let text = try String(contentsOfFile: place.path("\(name).yaml"), encoding: .utf8)
      try place.write(text.replacingOccurrences(of: "name: exhaustive", with: "name: surrogate"), to: "\(name).yaml")
    }
    try write("first")
    #expect(try await place.run("run", "first.yaml", "--slots", "2", "--quiet").exitCode == 0)
    try write("again")
    let again = try await place.run(
      "coordinator", "again.yaml", "--bind", "tcp://127.0.0.1:\(try freePort())", "--from-study", "studies/first")
    #expect(again.exitCode == 0, "\(again.errors)")
    let study = try RecordedStudy(place, study: "studies/again")
    #expect(study.isFinished && study.attemptCount == 0 && study.jobs.count == 34)
    #expect(try study.jobs.map(\.result) == RecordedStudy(place, study: "studies/first").jobs.map(\.result))
  }

  @Test("what was trained at lower rungs is known as well")
  func rungs() async throws {
    let place = try Place()
    try writePair(
      place,
      """
      space: {ranks: [4, 8], include: [layer1.0.conv1, layer2.0.conv2]}
      proxy: {epochs: 2, batch: 32}
      strategy: {name: surrogate, round: 4, halving: {rungs: [0.5, 1], keep: 0.5}}
      budget: {jobs: 12}
      """)
    #expect(try await place.run("run", "first.yaml", "--slots", "2", "--quiet").exitCode == 0)
    let again = try await place.run("run", "again.yaml", "--slots", "1", "--from-study", "studies/first")
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(try attempts(place, "studies/again") == 0)
    #expect(
      try RecordedStudy(place, study: "studies/again").jobs.map(\.result)
        == RecordedStudy(place, study: "studies/first").jobs.map(\.result))
  }

  @Test("results of other images are refused by both contents, and where a study does not say, that is told")
  func contents() async throws {
    let place = try Place()
    try await trained(place)
    let store = try StudyStore.open(directory: place.path("studies/tiny"), mode: .readOnly)
    let mine = try #require(try store.dataContents().first)
    #expect(try store.dataContents() == [mine])
    store.close()
    try place.writeStudy("second", file: "second.yaml")
    let definition = try StudyDefinition(file: place.path("second.yaml"))
    func record(_ name: String, content: String?) throws {
      let store = try StudyStore.create(
        directory: place.path("studies/\(name)"), identity: definition.newIdentity(), dataContent: content)
      try store.record(RecordedStudy(place).jobs.map { .jobAdded($0) })
      store.close()
    }
    try record("old", content: String(repeating: "a1", count: 32))
    let refused = try await place.run("run", "second.yaml", "--from-study", "studies/old")
    #expect(refused.exitCode == 2 && isOneLine(refused.errors), "\(refused.errors)")
    #expect(
      refused.errors.contains("the data set's content is \(mine) here and a1a1a1a1a1a1… there"), "\(refused.errors)")
    #expect(!place.exists("studies/second"))
    // In a study whose images changed in the meantime, it is unknown which result belongs to which images.
    let changed = try await place.run("run", "second.yaml", "--study", "studies/old", "--resume", "--slots", "1")
    #expect(changed.errors.contains("(content \(mine) now, a1a1a1a1a1a1… then)"), "\(changed.errors)")
    let mixed = try await place.run("run", "second.yaml", "--from-study", "studies/old")
    #expect(mixed.exitCode == 2 && mixed.errors.contains("\(mine) here and a1a1a1a1a1a1…, \(mine) there"))
    // Drawn images are determined by their name; the content of others must be taken on trust.
    try record("silent", content: nil)
    func warnings(_ data: DataRequirement?) throws -> [String] {
      try EarlierStudy.read(
        place.path("studies/silent"), for: definition, studyFolder: place.path("studies/second"), data: data,
        variant: nil
      ).warnings
    }
    #expect(try warnings(definition.dataRequirement()).isEmpty && warnings(nil).isEmpty)
    let files = DataRequirement(set: .cifar10, contentHash: String(repeating: "b2", count: 32), pathHint: nil)
    #expect(try warnings(files).contains { $0.hasSuffix("; its results are used as if the content were the same") })
  }

  @Test("results that start from a dense network of the study's own count if the same kernels trained that network")
  func starts() async throws {
    let place = try Place()
    try writePair(
      place,
      """
      space: {ranks: [4], include: [layer1.0.conv1, layer2.0.conv2]}
      start: {from: dense, epochs: 1, learning_rate: 0.05}
      proxy: {epochs: 0.5, batch: 32, learning_rate: 0.01}
      strategy: {name: exhaustive}
      """)
    #expect(try await place.run("run", "first.yaml", "--slots", "2", "--quiet").exitCode == 0)
    let definition = try StudyDefinition(file: place.path("again.yaml"))
    let store = try StudyStore.create(directory: place.path("studies/foreign"), identity: definition.newIdentity())
    for job in try RecordedStudy(place, study: "studies/first").jobs {
      var job = job
      if case .startTraining = job.work.kind { job.result?.kernelVariant = "vector9" }
      try store.record([.jobAdded(job)])
    }
    store.close()
    let refused = try await place.run("run", "again.yaml", "--from-study", "studies/foreign")
    #expect(refused.exitCode == 2 && isOneLine(refused.errors), "\(refused.errors)")
    #expect(refused.errors.contains("the kernel variant of the dense network is "), "\(refused.errors)")
    #expect(refused.errors.contains(" here and vector9 there"), "\(refused.errors)")
    let again = try await place.run("run", "again.yaml", "--slots", "1", "--from-study", "studies/first")
    #expect(again.exitCode == 0, "\(again.errors)")
    // The dense network and the analysis are made again, since results contain no weights.
    let (there, here) = (
      try RecordedStudy(place, study: "studies/first").jobs, try RecordedStudy(place, study: "studies/again").jobs
    )
    #expect(here.count == there.count && here.count { !$0.work.kind.isProxy } == 2)
    for (one, other) in zip(there, here) {
      #expect(one.work == other.work && one.result?.repeatable == other.result?.repeatable)
      if one.work.kind.isProxy { #expect(one.result == other.result) }
    }
  }

  @Test("another recipe, another variant, an empty study and the study itself are told in one line")
  func refusals() async throws {
    let place = try Place()
    try await trained(place)
    try place.writeStudy("other", epochs: 2, seed: 7, file: "other.yaml")
    let other = try await place.run("run", "other.yaml", "--from-study", "studies/tiny")
    #expect(other.exitCode == 2 && isOneLine(other.errors), "\(other.errors)")
    #expect(other.errors.contains("none of the 4 results of study studies/tiny can be used"))
    #expect(other.errors.contains("proxy.epochs is 2 here and 1 there; seed is 7 here and 1 there"), "\(other.errors)")
    #expect(!place.exists("studies/other"))
    let itself = try await place.run("run", "study.yaml", "--resume", "--from-study", "studies/tiny")
    #expect(itself.exitCode == 2 && isOneLine(itself.errors), "\(itself.errors)")
    #expect(itself.errors.contains("is this study itself"), "\(itself.errors)")
    try place.writeStudy("second", file: "second.yaml")
    let nowhere = try await place.run("run", "second.yaml", "--from-study", "studies/nowhere")
    #expect(nowhere.exitCode == 1 && isOneLine(nowhere.errors), "\(nowhere.errors)")
    let definition = try StudyDefinition(file: place.path("second.yaml"))
    try StudyStore.create(directory: place.path("studies/empty"), identity: definition.newIdentity()).close()
    let empty = try await place.run("run", "second.yaml", "--from-study", "studies/empty")
    #expect(empty.exitCode == 1 && isOneLine(empty.errors) && empty.errors.contains("no results yet"))
    // Kernels that this machine lacks: a coordinator, whose workers may have them, uses the results.
    let store = try StudyStore.create(directory: place.path("studies/foreign"), identity: definition.newIdentity())
    for job in try RecordedStudy(place).jobs {
      var job = job
      job.result?.kernelVariant = "vector9+Elsewhere"
      try store.record([.jobAdded(job)])
    }
    store.close()
    let foreign = try await place.run("run", "second.yaml", "--from-study", "studies/foreign")
    #expect(foreign.exitCode == 2 && isOneLine(foreign.errors), "\(foreign.errors)")
    // Core types do not matter for trainings from scratch, which contain no matrix product of OpenBLAS.
    #expect(foreign.errors.contains("here and vector9 there") && !foreign.errors.contains("+"), "\(foreign.errors)")
    #expect(!place.exists("studies/second"))
    let coordinator = try await place.run(
      "coordinator", "second.yaml", "--bind", "tcp://127.0.0.1:\(try freePort())", "--from-study", "studies/foreign")
    #expect(coordinator.exitCode == 0, "\(coordinator.errors)")
  }
}
