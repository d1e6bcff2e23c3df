import Reporting
import SearchCore
import Testing

@Suite("table of trainings")
struct TrainingsCSVTests {
  @Test("a row a training, in the order of candidates and repetitions, with curves where there are any")
  func rows() {
    let pair = Candidate(ranks: ["layer1.0.conv1": 4, "layer1.0.conv2": 8])
    func observation(_ accuracy: Double, diverged: Bool = false) -> Observation {
      Observation(
        accuracy: accuracy, loss: diverged ? nil : 1.25, epochLosses: [2, 1.5], diverged: diverged,
        stepTimeRatio: 1, inferenceTimeRatio: 1, trainSeconds: 9.5, imagesPerSecond: 1000, peakMemoryBytes: 1,
        kernelVariant: "avx2")
    }
    var curved = observation(0.43)
    curved[.epochAccuracies] = [0.3, 0.43]
    curved[.epochValidationLosses] = [1.75, 1.25]
    let works = [
      Work.example(pair, 0, studySeed: 1), .example(.dense, 1, studySeed: 1), .example(.dense, 0, studySeed: 1),
    ]
    let text = TrainingsCSV.text([
      works[0]: curved, works[1]: observation(0.1, diverged: true), works[2]: observation(0.1 + 0.2),
    ])
    #expect(
      text == """
        candidate,replicate,seed,accuracy,loss,diverged,epoch_losses,epoch_accuracies,epoch_validation_losses,\
        train_seconds,kernel_variant
        dense,0,\(works[2].seed),0.30000000000000004,1.25,false,2.0;1.5,,,9.5,avx2
        dense,1,\(works[1].seed),0.1,,true,2.0;1.5,,,9.5,avx2
        "layer1.0.conv1=4,layer1.0.conv2=8",0,\(works[0].seed),0.43,1.25,false,2.0;1.5,0.3;0.43,1.75;1.25,9.5,avx2

        """)
  }

  @Test("who asked for a training, and conversions by least squares, have columns where there are any")
  func furtherColumns() {
    var converted = Observation(diverged: false, kernelVariant: "avx2")
    let plain = converted
    converted[.conditionNumbers] = [12.5, 31_000]
    let (first, second) = (Work.example(.dense, 0, studySeed: 1), Work.example(.dense, 1, studySeed: 1))
    func ends(_ results: [Work: Observation], byHand: Set<Work> = []) -> [Substring] {
      TrainingsCSV.text(results, byHand: byHand).split(separator: "\n").map { line in
        line.split(separator: "kernel_variant,", maxSplits: 1).last.map { $0.split(separator: ",avx2").last ?? "" }
          ?? ""
      }
    }
    #expect(
      ends([first: converted, second: plain], byHand: [second])
        == ["asked_by,condition_numbers", ",search,12.5;31000.0", ",hand,"])
    #expect(ends([first: converted, second: plain]) == ["condition_numbers", ",12.5;31000.0", ","])
    #expect(ends([second: plain], byHand: [second]) == ["asked_by", ",hand"])
  }
}
