import SearchCore

/// Reads the canonical text of a candidate, as the store writes it. `Candidate(parsing:)` reads what people write, goes by
/// characters: it took longer than the rest of reading a job, which the 100,000 of a large study make felt.
enum CandidateColumn {
  /// Nil where the text is not plainly `name=rank,name=rank` or `dense`.
  static func read(_ text: String) -> Candidate? {
    if text == "dense" { return .dense }
    var text = text
    return text.withUTF8 { bytes in
      var ranks: [String: Int] = [:]
      var position = 0
      while position < bytes.count {
        let start = position
        while position < bytes.count, isNamePart(bytes[position]) { position += 1 }
        guard position > start, position < bytes.count, bytes[position] == UInt8(ascii: "=") else { return nil }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        position += 1
        let digits = position
        var rank = 0
        // Nine digits are more than any rank has, and cannot overflow.
        while position < bytes.count, position - digits < 9, isDigit(bytes[position]) {
          rank = rank * 10 + Int(bytes[position] - UInt8(ascii: "0"))
          position += 1
        }
        guard rank >= 1, ranks.updateValue(rank, forKey: name) == nil else { return nil }
        if position == bytes.count { return Candidate(ranks: ranks) }
        guard bytes[position] == UInt8(ascii: ",") else { return nil }
        position += 1
      }
      return nil
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
      || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")) || byte == UInt8(ascii: ".")
      || byte == UInt8(ascii: "_")
  }
}
