import SearchCore
import Testing

@testable import BasisEngine

@Suite struct FormTimesTests {
  @Test("every form is timed beside the first, whose ratios are 1")
  func besideTheFirst() throws {
    let candidate = Candidate(ranks: ["layer1.0.conv1": 4, "layer3.0.conv2": 16])
    let forms = [
      FormTimes.Form(candidate: candidate, variant: .remainder),
      FormTimes.Form(candidate: candidate, variant: .grouped(2)),
      FormTimes.Form(candidate: candidate, variant: .remainder, skip: SkippedUpdates(of: .basis, every: 2)),
    ]
    let times = try FormTimes.measure(forms, of: .resnet8, batch: 16, rounds: 2)
    #expect(times.count == 3 && times[0].trainingRatio == 1 && times[0].inferenceRatio == 1)
    for time in times {
      for value in [time.trainingSeconds, time.inferenceSeconds, time.trainingRatio, time.inferenceRatio] {
        #expect(value > 0 && value.isFinite)
      }
    }
    let illegal = FormTimes.Form(candidate: Candidate(ranks: ["layer1.0.conv1": 99]), variant: .remainder)
    #expect(throws: EngineError.self) { try FormTimes.measure([illegal], of: .resnet8, batch: 16, rounds: 1) }
  }

  @Test("a skipped update counts at every Kth step")
  func average() {
    #expect(SkippedUpdates(of: .basis, every: 4).average(whole: 5, partial: 1) == 2)
    #expect(SkippedUpdates(of: .basis, every: 1).average(whole: 5, partial: 1) == 5)
  }
}
