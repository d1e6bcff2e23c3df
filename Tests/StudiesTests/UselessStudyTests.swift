import SearchCore
import Studies
import Testing

@Suite("studies that are of no use")
struct UselessStudyTests {
  private let dense = Candidate.dense
  private let other = Candidate(ranks: ["layer1.0.conv1": 4])

  /// Nil: the job was set aside.
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
