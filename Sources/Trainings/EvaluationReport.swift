import ReadableText

/// What `evaluate` reports about a network; the object that `--json` prints.
package struct EvaluationReport: Encodable {
  /// The images scored by: `test`, `validation` or `training`. The keys of the next three properties contain it, such
  /// as `test_accuracy`.
  package var split: String
  /// From 0 to 1.
  package var accuracy: Double
  /// The mean cross-entropy.
  package var loss: Double
  package var images: Int
  package var data: String
  package var seconds: Double
  package var imagesPerSecond: Double
  package var model: String
  package var candidate: String
  package var variant: String
  package var parameters: Int
  package var multiplyAdds: Int
  /// About the training that produced the network; `nil` if the file has no record of it.
  package var epochsDone: Int?
  package var epochs: Int?
  package var seed: UInt64?
  /// What the training started from; `nil` if it started from random weights, or if the file has no record of it.
  package var start: String?
  package var kernelVariant: String
  /// `[image][class]`, if requested; not part of the JSON object.
  package var logits: [Float]?
  /// One class per image, if `logits` were requested.
  package var labels: [Int]?

  package var lines: [String] {
    var lines = [
      "network        \(model), \(candidate)",
      line("\(split) accuracy", "\(NumberText.fixed(accuracy * 100, 2)) %"),
      line("\(split) loss", NumberText.fixed(loss, 4)), line("\(split) images", "\(images) of \(data)"),
      "parameters     \(parameters)",
      "multiply-adds  \(multiplyAdds)",
      "evaluation     \(NumberText.fixed(seconds, 1)) s, \(NumberText.fixed(imagesPerSecond, 0)) images/s",
    ]
    if let epochsDone, let epochs {
      let seed = seed.map { ", seed \($0)" } ?? ""
      lines.insert("trained        \(epochsDone) of \(epochs) epochs\(seed)", at: 1)
    }
    if let start { lines.insert("start          \(start)", at: 1) }
    return lines
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    func encode(_ key: String, _ value: (some Encodable)?) throws {
      try object.encodeIfPresent(value, forKey: Key(stringValue: key))
    }
    try encode("split", split)
    try encode("\(split)Accuracy", accuracy)
    try encode("\(split)Loss", loss)
    try encode("\(split)Images", images)
    try encode("data", data)
    try encode("seconds", seconds)
    try encode("imagesPerSecond", imagesPerSecond)
    try encode("model", model)
    try encode("candidate", candidate)
    try encode("variant", variant)
    try encode("parameters", parameters)
    try encode("multiplyAdds", multiplyAdds)
    try encode("epochsDone", epochsDone)
    try encode("epochs", epochs)
    try encode("seed", seed)
    try encode("start", start)
    try encode("kernelVariant", kernelVariant)
  }

  private func line(_ title: String, _ text: String) -> String {
    title + String(repeating: " ", count: max(2, 15 - title.count)) + text
  }
}
