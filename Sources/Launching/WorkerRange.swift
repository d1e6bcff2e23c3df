/// The number of workers that a launch may have: `4`, or a minimum and a maximum such as `2:50`.
package struct WorkerRange: Hashable, Sendable, CustomStringConvertible {
  package let least: Int
  package let most: Int

  package static let allowed = "a number of workers from 1 to 10000, such as 4, or two, such as 2:50"
  private static let limit = 10_000

  /// `nil` if the text is not such a range.
  package init?(_ text: String) {
    let ends = text.split(separator: ":", omittingEmptySubsequences: false).map { part in
      part.allSatisfy { $0.isASCII && $0.isNumber } ? Int(part) : nil
    }
    guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
      (1...Self.limit).contains(last)
    else { return nil }
    least = first
    most = last
  }

  package var description: String { least == most ? "\(most)" : "\(least):\(most)" }
}

extension WorkerRange: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let range = WorkerRange(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "it is not a range of workers")
    }
    self = range
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
