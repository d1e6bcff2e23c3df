import SearchCore
import Studies
import Testing

@Suite("studies that are of no use")
struct UselessStudyTests {
  private let dense = Candidate.dense
  private let other = Candidate(ranks: ["layer1.0.conv1": 4])

  /// The verdict on these trainings. `diverged` is `nil` for a job that was set aside.
  private func study(_ trainings: [(Candidate, diverged: Bool?)]) -> UselessStudy? {
    UselessStudy(
      trainings.enumerated().map { index, training in
        JobRecord(
          id: Int64(index + 1), work: .example(training.0),
          state: training.diverged == nil ? .setAside : .finished,
          result: training.diverged.map { Observation(diverged: $0, kernelVariant: "avx2+Haswell") })
      })
  }

  @Test("something sound of a candidate and of the dense network is of use")
  func useful() {
    #expect(study([(dense, false), (other, false)]) == nil)
    #expect(study([(dense, false), (other, nil), (other, true)]) == nil)
    #expect(study([(other, false)]) == nil)
  }

  @Test("what trainings start from is no training of a candidate")
  func started() {
    var recipe = Work.example(dense).kind.recipe
    recipe.start = TrainedStart(origin: .dense(epochs: 2, trainImages: 50, seed: 1), calibrationImages: 10)
    let start = Work(
      candidate: .dense, kind: .startTraining(recipe.start!.training(of: recipe)!), repetition: 0, seed: 1)
    let next = Work(candidate: other, kind: .proxyTraining(recipe), repetition: 0, seed: 2)
    let jobs = [(start, false), (next, true)].enumerated().map { index, entry in
      JobRecord(
        id: Int64(index + 1), work: entry.0, state: .finished,
        result: Observation(diverged: entry.1, kernelVariant: "avx2+Haswell"))
    }
    #expect(UselessStudy(jobs) == .allDiverged(trainings: 1))

    // Without the start nothing is trained.
    func alone(_ state: JobState, _ result: Observation?) -> UselessStudy? {
      UselessStudy([JobRecord(id: 1, work: start, state: state, result: result)])
    }
    let diverged = alone(.finished, Observation(diverged: true, kernelVariant: "avx2+Haswell"))
    let failed = alone(.setAside, nil)
    let title = start.kind.title
    #expect(diverged == .noStart(what: title, diverged: true) && diverged?.isFailure == false)
    #expect(diverged?.description.hasPrefix("\(title) diverged, and nothing can start from it; ") == true)
    #expect(failed == .noStart(what: title, diverged: false) && failed?.isFailure == true)
    #expect(failed?.description == "\(title) was set aside, and nothing can be trained without it")
  }

  @Test("failures can be tried again; divergence needs another study")
  func useless() {
    for (study, expected, isFailure) in [
      (study([(dense, nil), (other, nil)]), UselessStudy.noResult(setAside: 2), true),
      (study([(dense, nil), (other, false)]), .noDenseResult, true),
      (study([(dense, true), (other, true)]), .allDiverged(trainings: 2), false),
      (study([(dense, true), (other, false)]), .denseDiverged, false),
    ] {
      #expect(study == expected && study?.isFailure == isFailure)
      #expect(study?.description.contains(where: \.isNewline) == false)
    }
  }
}
