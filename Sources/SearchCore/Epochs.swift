/// A number of passes over the training images, in whole thousandths, such as `3` and `0.25`: a training may end within
/// a pass.
public struct Epochs: Hashable, Sendable {
  private let thousandths: Int

  /// Clamps to ±10⁹, which is beyond all limits, so that a number that no training has cannot overflow.
  public init(_ whole: Int) { thousandths = 1000 * min(max(whole, -1_000_000_000), 1_000_000_000) }

  /// Returns `nil` for more than three decimals, for negative and infinite numbers, and above 10⁶.
  public init?(_ count: Double) {
    guard count.isFinite, count >= 0, count <= 1e6 else { return nil }
    let rounded = (count * 1000).rounded()
    guard rounded / 1000 == count else { return nil }
    thousandths = Int(rounded)
  }

  public static let none = Epochs(0)

  public var count: Double { Double(thousandths) / 1000 }
  /// The number of epochs if it is whole; otherwise `nil`.
  public var whole: Int? { thousandths.isMultiple(of: 1000) ? thousandths / 1000 : nil }
  /// The number of epochs that are begun, in which progress is counted.
  public var begun: Int { (thousandths + 999) / 1000 }

  /// Returns the number of steps, rounded; at least 1 if there is anything to train.
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

  /// Whole numbers have no decimal point.
  public var description: String { whole.map { "\($0)" } ?? "\(count)" }
}

/// Encoded as a number, and as an integer if it is whole, for readers that know no fractions.
extension Epochs: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let count = try container.decode(Double.self)
    guard let epochs = Epochs(count) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(count) is not a number of epochs")
    }
    self = epochs
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let whole { try container.encode(whole) } else { try container.encode(count) }
  }
}
