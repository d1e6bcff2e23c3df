/// Job numbers as users read and write them: `1-34, 1000001-1000026`.
package struct JobNumbers: Hashable, Sendable {
  /// The ranges in ascending order, with gaps between them.
  private var ranges: [ClosedRange<Int64>]

  package init(_ numbers: some Sequence<Int64>) {
    ranges = []
    for number in numbers.sorted() { append(number...number) }
  }

  /// Reads numbers and ranges separated by commas. Returns `nil` for anything else.
  package init?(_ text: String) {
    var found: [ClosedRange<Int64>] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      // Spaces around a number are ignored.
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
        Int64($0.split(whereSeparator: \.isWhitespace).joined(separator: " "))
      }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first > 0, last >= first
      else { return nil }
      found.append(first...last)
    }
    ranges = []
    for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) { append(range) }
  }

  private mutating func append(_ range: ClosedRange<Int64>) {
    if let last = ranges.last, range.lowerBound - 1 <= last.upperBound {
      ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    } else {
      ranges.append(range)
    }
  }

  package var isEmpty: Bool { ranges.isEmpty }

  /// Whether there is at most one number.
  package var isSingle: Bool { ranges.isEmpty || ranges.count == 1 && ranges[0].lowerBound == ranges[0].upperBound }

  package func contains(_ number: Int64) -> Bool { ranges.contains { $0.contains(number) } }
}

extension JobNumbers: CustomStringConvertible {
  private static let mostRanges = 8

  /// The numbers, cut off after as many ranges as a line has room for.
  package var description: String {
    text(ranges.prefix(Self.mostRanges), separator: ", ") + (ranges.count > Self.mostRanges ? ", …" : "")
  }

  /// All numbers, as one word of a command.
  package var word: String { text(ranges[...], separator: ",") }

  private func text(_ ranges: ArraySlice<ClosedRange<Int64>>, separator: String) -> String {
    ranges.map { $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: separator)
  }
}
