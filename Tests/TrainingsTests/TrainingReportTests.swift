import Testing

@testable import Trainings

@Suite("reports of trainings")
struct TrainingReportTests {
  private func network(losses: [Double]) -> TrainedNetwork {
    TrainedNetwork(
      testAccuracy: nil, testLoss: nil, diverged: true, imagesPerSecond: 1, trainSeconds: 1, parameters: 1,
      multiplyAdds: 1, epochLosses: losses, model: "resnet8", candidate: "dense", trainImages: 1, epochs: losses.count,
      seed: 1, kernelVariant: "avx512", peakMemoryBytes: 1, checkpoint: nil)
  }

  @Test("what diverged in its score alone is unsettled, by the bound for its number of classes")
  func unsettled() {
    // Ten times a guess's loss: 6.9 for two classes, 23 for ten.
    for (loss, classes, error) in [
      (12.0, 10, TrainingError.unsettled(trainings: 2)), (12.0, 2, .diverged(trainings: 2)),
      (24.0, 10, .diverged(trainings: 2)), (.infinity, 10, .diverged(trainings: 2)),
    ] {
      let networks = [network(losses: [2, loss]), network(losses: [2, 2])]
      #expect(throws: error) { try TrainingReport.requireUse(of: networks, classes: classes) }
    }
  }

  @Test("one sound network is enough")
  func sound() throws {
    var sound = network(losses: [2, 1])
    sound.diverged = false
    try TrainingReport.requireUse(of: [network(losses: [.infinity]), sound], classes: 10)
  }
}
