/// Losses as a JSON array that reads back to the same bits: Swift writes a double as the shortest text that does so.
/// Infinite values and NaN, which JSON lacks, are strings.
enum LossText {
  static func write(_ losses: [Double]) -> String {
    "[" + losses.map { $0.isFinite ? $0.description : "\"\($0.description)\"" }.joined(separator: ",") + "]"
  }

  /// Returns `nil` if the text is not such an array. Works on bytes: on characters, this took longer than all the rest
  /// of reading a result.
  static func read(_ text: String) -> [Double]? {
    let bytes = text.utf8
    guard bytes.count >= 2, bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") else { return nil }
    let body = bytes.dropFirst().dropLast()
    if body.isEmpty { return [] }
    var losses: [Double] = []
    for piece in body.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let quote = UInt8(ascii: "\"")
      let isQuoted = piece.count > 2 && piece.first == quote && piece.last == quote
      guard let loss = Double(Substring(isQuoted ? piece.dropFirst().dropLast() : piece)) else { return nil }
      losses.append(loss)
    }
    return losses
  }
}
