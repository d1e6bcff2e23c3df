import SearchCore
import StudyStore
import TestSupport
import Testing

@testable import Studies

@Suite("why a job waits")
struct StudyExplanationTests {
  /// A study of three jobs, none of which has a result, whose budget is then made smaller.
  private func study(budget: Int) throws -> (StudyStore, Place) {
    let place = try Place()
    func text(budget: Int) -> String {
      """
      study: told
      model: resnet8
      data: {set: shapes10, train_images: 64, validation_images: 64}
      space: {rank_fractions: [0.25, 0.5], include: [layer1.0.conv1]}
      proxy: {batch: 16}
      strategy: {name: exhaustive, seeds: 1}
      budget: {jobs: \(budget)}
      """
    }
    try place.write(text(budget: 3), to: "study.yaml")
    let definition = try StudyDefinition(file: place.path("study.yaml"))
    let store = try StudyStore.create(directory: place.path("told"), identity: definition.newIdentity())
    try store.record(
      [.dense, Candidate(ranks: ["layer1.0.conv1": 4]), Candidate(ranks: ["layer1.0.conv1": 8])].enumerated().map {
        .jobAdded(JobRecord(id: Int64($0.offset + 1), work: .example($0.element)))
      })
    try store.record([
      .workerJoined(
        WorkerRecord(id: "w1", host: "node7", processID: 1, slots: 2, kernelVariant: "avx2", build: "1"))
    ])
    _ = try store.changeBudget(
      toJobs: budget, text: text(budget: budget), (now: "smaller", before: "larger"), isLarger: false)
    return (store, place)
  }

  private func why(_ subject: String, _ store: StudyStore) throws -> [String] {
    let explanation = try StudyExplanation(of: subject, store: store, now: 0)
    return explanation.jobs.first?.why ?? explanation.workers.first?.why ?? []
  }

  @Test("one beyond the budget waits for a larger one, whoever is there, and others do not wait for it")
  func beyondBudget() throws {
    let (store, place) = try study(budget: 1)
    let reason =
      "it is beyond the budget of 1 jobs, which was larger when the job was added; give the configuration a budget "
      + "of at least 3 jobs, and continue the study (--resume)"
    #expect(try why("3", store) == [reason])
    #expect(try StudyExplanation(of: "3", store: store, now: 0).lines.contains("why      " + reason))
    #expect(try why("1", store) != [reason] && why("1", store).count == 1)
    // With a coordinator at work: slots are not mentioned, and idle workers have nothing to wait for.
    #expect(try why("2", store).first?.hasPrefix("it is beyond the budget of 1 jobs") == true)
    store.close()
    let rest = try StudyStore.open(directory: place.path("told"), mode: .readOnly)
    #expect(try why("3", rest) == [reason])
    #expect(try why("1", rest) == ["no coordinator is running; start one with --resume"])
  }

  @Test("a result of a conversion by least squares is told with its layers")
  func leastSquares() throws {
    let (store, place) = try study(budget: 3)
    defer { withExtendedLifetime(place) {} }
    var result = Observation(diverged: false, kernelVariant: "avx2+Haswell")
    // In the order of the network, whose last layer is fc.
    for (id, numbers) in [(4, [12, 31_000.4, 7]), (5, [12, 9000, 7])] {
      result[.conditionNumbers] = numbers
      let work = Work.example(Candidate(ranks: ["layer1.0.conv1": 4, "layer2.0.conv1": 4, "fc": 2]), id)
      var job = JobRecord(id: Int64(id), work: work)
      (job.state, job.result) = (.finished, result)
      try store.record([.jobAdded(job)])
    }
    let told = try why("4", store)
    try #require(told.count == 2, "\(told)")
    #expect(told[1].hasPrefix("its conversion fitted coefficients by least squares"), "\(told)")
    #expect(told[1].hasSuffix("(condition number above 10000): layer2.0.conv1 (31000)"), "\(told)")
    #expect(try why("5", store).count == 1)
  }

  @Test("within the budget it is told as ever")
  func within() throws {
    let (store, place) = try study(budget: 2)
    defer { withExtendedLifetime(place) {} }
    #expect(try why("2", store).contains { $0.contains("beyond the budget") } == false)
    #expect(try why("2", store).contains("1 jobs with lower numbers wait before it"))
    #expect(try why("w1", store).contains { $0.contains("2 jobs wait") })
  }
}
