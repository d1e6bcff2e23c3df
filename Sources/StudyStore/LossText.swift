/// Losses as a JSON array that reads back to the same bits: Swift writes a double as the shortest text that does so.
/// Infinite values and NaN, which JSON lacks, are strings.
enum LossText {
  static func write(_ losses: [Double]) -> String {
    "[" + losses.map { $0.isFinite ? $0.description : "\"\($0.description)\"" }.joined(separator: ",") + "]"
  }

  /// Nil where the text is not such an array.
  static func read(_ text: String) -> [Double]? {
    guard text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count >= 2 else { return nil }
    let body = text.dropFirst().dropLast()
    if body.isEmpty { return [] }
    var losses: [Double] = []
    for piece in body.split(separator: ",", omittingEmptySubsequences: false) {
      let isQuoted = piece.utf8.count > 2 && piece.hasPrefix("\"") && piece.hasSuffix("\"")
      guard let loss = Double(isQuoted ? piece.dropFirst().dropLast() : piece) else { return nil }
      losses.append(loss)
    }
    return losses
  }
}
