import ReadableText

/// What `evaluate` tells of a network; the object that `--json` prints.
struct EvaluationReport: Encodable {
  /// 0…1
  var testAccuracy: Double
  /// Mean cross-entropy.
  var testLoss: Double
  var testImages: Int
  var data: String
  var seconds: Double
  var imagesPerSecond: Double
  var model: String
  var candidate: String
  var variant: String
  var parameters: Int
  var multiplyAdds: Int
  /// Of the training that made it; nil where the file does not tell.
  var epochsDone: Int?
  var epochs: Int?
  var seed: UInt64?
  var kernelVariant: String

  var lines: [String] {
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
