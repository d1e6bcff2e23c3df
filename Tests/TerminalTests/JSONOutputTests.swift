import Terminal
import Testing

@Suite("JSON of commands")
struct JSONOutputTests {
  private struct Told: Encodable {
    var bestLoss: Double
    var trainSeconds: [Double]
  }

  @Test("keys are in snake case and sorted, and numbers that JSON does not have are texts")
  func text() throws {
    let told = try JSONOutput.text(of: Told(bestLoss: .infinity, trainSeconds: [1, -.infinity, .nan]))
    #expect(
      told == """
        {
          "best_loss" : "inf",
          "train_seconds" : [
            1,
            "-inf",
            "nan"
          ]
        }
        """)
  }
}
