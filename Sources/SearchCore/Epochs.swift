/// A number of passes over the training images, which may end within one: thousandths at the finest, such as `3` and
/// `0.25`.
public struct Epochs: Hashable, Sendable {
  private let thousandths: Int

  /// Numbers that no training has, from wherever they come, stay beyond all limits.
  public init(_ whole: Int) { thousandths = 1000 * min(max(whole, -1_000_000_000), 1_000_000_000) }

  /// Nil for what has more than three decimals, for negative numbers and for those without bounds.
  public init?(_ count: Double) {
    guard count.isFinite, count >= 0, count <= 1e6 else { return nil }
    let rounded = (count * 1000).rounded()
    guard rounded / 1000 == count else { return nil }
    thousandths = Int(rounded)
  }

  public static let none = Epochs(0)

  public var count: Double { Double(thousandths) / 1000 }
  /// Whole numbers only.
  public var whole: Int? { thousandths.isMultiple(of: 1000) ? thousandths / 1000 : nil }
  /// Epochs that are begun: as progress is counted.
  public var begun: Int { (thousandths + 999) / 1000 }

  /// Steps of so many epochs: rounded to whole ones, one at least where there is anything to train.
  public func steps(perEpoch: Int) -> Int {
    thousandths == 0 ? 0 : max(1, (thousandths * perEpoch + 500) / 1000)
  }
}

extension Epochs: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self.init(value) }
}

extension Epochs: Comparable {
  public static func < (left: Epochs, right: Epochs) -> Bool { left.thousandths < right.thousandths }
}

extension Epochs: LosslessStringConvertible {
  public init?(_ description: String) {
    guard let count = Double(description), let epochs = Epochs(count) else { return nil }
    self = epochs
  }

  /// Whole numbers without a point.
  public var description: String { whole.map { "\($0)" } ?? "\(count)" }
}

/// As a number, and a whole one where it can be: those who know no fractions read it.
extension Epochs: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let count = try container.decode(Double.self)
    guard let epochs = Epochs(count) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(count) is no number of epochs")
    }
    self = epochs
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let whole { try container.encode(whole) } else { try container.encode(count) }
  }
}
