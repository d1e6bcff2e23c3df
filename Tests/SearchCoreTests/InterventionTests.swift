import SearchCore
import Testing

@Suite("what can be asked of a study")
struct InterventionTests {
  @Test(
    "every verb is read, told, and read again",
    arguments: [
      .pause, .resume, .budget(240), .add(candidate: "layer1.0.conv1=8, layer2.0.conv2=4", repetitions: 3),
      .add(candidate: "dense", repetitions: 1), .cancel(job: 7), .retry(job: 1_500_001), .drain(worker: "node7-1-ab"),
      .distrust(worker: "a worker"),
    ] as [Intervention])
  func roundTrip(intervention: Intervention) throws {
    let read = try Intervention(
      verb: intervention.verb.rawValue, subject: intervention.subject, repetitions: intervention.repetitions)
    #expect(read == intervention)
    #expect(intervention.description.hasPrefix(intervention.verb.rawValue))
  }

  @Test("all verbs are covered by that")
  func verbs() { #expect(Intervention.Verb.allCases.count == 8) }

  @Test(
    "what is nothing that can be asked is told in one line",
    arguments: [
      ("pauze", nil, nil, "'pauze' is not a known verb; did you mean pause? Known: pause, "),
      ("", nil, nil, "'' is not a known verb; known: pause, resume, "),
      ("pause", "1", nil, "pause takes no argument"),
      ("drain", "w", 2, "drain takes no repetitions; only add does"),
      ("drain", nil, nil, "drain needs a worker's name"), ("drain", "", nil, "drain needs a worker's name"),
      ("budget", "many", nil, "budget takes a number of jobs from 1 to 1000000, not 'many'"),
      ("budget", "1000001", nil, "budget takes a number of jobs from 1 to 1000000, not '1000001'"),
      ("cancel", "-1", nil, "cancel takes a job's number, not '-1'"),
      ("retry", "9999999999999999999", nil, "retry takes a job's number, not '9999999999999999999'"),
      ("add", "dense", 0, "add takes from 1 to 1000 repetitions, not 0"),
      ("add", String(repeating: "a", count: 5000), nil, "add takes a candidate, not 5000 bytes"),
    ] as [(String, String?, Int?, String)])
  func problems(verb: String, subject: String?, repetitions: Int?, told: String) {
    let problem = #expect(throws: InterventionProblem.self) {
      try Intervention(verb: verb, subject: subject, repetitions: repetitions)
    }
    #expect(problem?.description.hasPrefix(told) == true, "\(problem?.description ?? "")")
    #expect(problem?.description.contains("\n") == false)
  }
}

@Suite("histories from which something is taken back")
struct TakenBackTests {
  private func work(_ number: Int) -> Work { .example(Candidate(ranks: ["layer1.0.conv1": number]), 0) }
  private let result = Observation(
    accuracy: 0.5, loss: 1, epochLosses: [], diverged: false, stepTimeRatio: nil, inferenceTimeRatio: nil,
    trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "avx2")

  @Test("a work that is open again opens its round and those behind it, and none of them changes")
  func reopen() {
    var history = SearchHistory()
    history.ask([work(1), work(2)])
    history.ask([work(3)])
    for number in 1...3 { history.record(result, for: work(number)) }
    #expect(history.settledRounds == 2 && history.isSettled && history.revision == 0)
    history.reopen(work(2))
    #expect(history.settledRounds == 0 && history.revision == 1)
    #expect(history.rounds == [[work(1), work(2)], [work(3)]])
    history.recordSetAside(of: work(2))
    #expect(history.isSettled)
    history.reopen(work(2))
    #expect(history.settledRounds == 0 && history.setAside.isEmpty)
    history.record(result, for: work(2))
    #expect(history.isSettled)
  }

  @Test("rounds come back in the order in which they asked, whatever the numbers of their jobs")
  func places() {
    let jobs = [
      JobRecord(id: 1, work: work(1), round: 0, place: 2), JobRecord(id: 2, work: work(2), round: 1),
      JobRecord(id: 3, work: work(3), round: 0, place: 0), JobRecord(id: 4, work: work(4)),
      JobRecord(id: 5, work: work(5), round: 1), JobRecord(id: HandAsked.firstJob, work: work(6), round: 0, place: 1),
      // The round before it is not on record.
      JobRecord(id: 6, work: work(7), round: 3),
    ]
    #expect(
      SearchHistory(jobs: jobs).rounds == [[work(3), work(6), work(1)], [work(2), work(5)]])
  }
}
