import ReadableText

/// What `evaluate` tells of a network; the object that `--json` prints.
package struct EvaluationReport: Encodable {
  /// 0…1
  package var testAccuracy: Double
  /// Mean cross-entropy.
  var testLoss: Double
  package var testImages: Int
  package var data: String
  package var seconds: Double
  package var imagesPerSecond: Double
  package var model: String
  package var candidate: String
  package var variant: String
  package var parameters: Int
  package var multiplyAdds: Int
  /// Of the training that made it; nil where the file does not tell.
  package var epochsDone: Int?
  package var epochs: Int?
  package var seed: UInt64?
  package var kernelVariant: String

  package var lines: [String] {
    var lines = [
      "network        \(model), \(candidate)",
      "test accuracy  \(Readable.fixed(testAccuracy * 100, digits: 2)) %",
      "test loss      \(Readable.fixed(testLoss, digits: 4))",
      "test images    \(testImages) of \(data)",
      "parameters     \(parameters)",
      "multiply-adds  \(multiplyAdds)",
      "evaluation     \(Readable.fixed(seconds, digits: 1)) s, \(Readable.fixed(imagesPerSecond, digits: 0)) images/s",
    ]
    if let epochsDone, let epochs {
      let seed = seed.map { ", seed \($0)" } ?? ""
      lines.insert("trained        \(epochsDone) of \(epochs) epochs\(seed)", at: 1)
    }
    return lines
  }
}
