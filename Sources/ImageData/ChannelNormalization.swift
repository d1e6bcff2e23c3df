/// Per-channel normalization of raw bytes: `(byte / 255 − mean) / standardDeviation`, evaluated in single precision
/// in this order, as the usual training recipes do.
public struct ChannelNormalization: Sendable, Hashable {
  /// Red, green, blue; in units of the full range 255.
  public let mean: [Float]
  public let standardDeviation: [Float]

  public init(mean: [Float], standardDeviation: [Float]) {
    precondition(mean.count == LabeledImages.channels && standardDeviation.count == LabeledImages.channels)
    precondition(standardDeviation.allSatisfy { $0 > 0 })
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// The customary constants of CIFAR-10.
  public static let cifar10 = ChannelNormalization(
    mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2470, 0.2435, 0.2616])

  /// The customary constants of CIFAR-100.
  public static let cifar100 = ChannelNormalization(
    mean: [0.5071, 0.4865, 0.4409], standardDeviation: [0.2673, 0.2564, 0.2762])

  /// Measured over the first 10,000 training images of shapes10 and rounded.
  public static let shapes10 = ChannelNormalization(
    mean: [0.382, 0.382, 0.382], standardDeviation: [0.200, 0.200, 0.200])

  public func callAsFunction(_ byte: UInt8, channel: Int) -> Float {
    (Float(byte) / 255 - mean[channel]) / standardDeviation[channel]
  }

  /// `[channel][byte]`: the value of every byte in every channel, 3 · 256.
  var table: [Float] {
    (0..<LabeledImages.channels).flatMap { channel in
      (UInt8.min...UInt8.max).map { self($0, channel: channel) }
    }
  }
}

extension ChannelNormalization: Codable {
  private enum CodingKeys: String, CodingKey {
    case mean, standardDeviation
  }

  /// - Throws: also if the numbers are not those of every channel, are not finite, or a deviation is not positive.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let (mean, deviation) = (
      try values.decode([Float].self, forKey: .mean), try values.decode([Float].self, forKey: .standardDeviation)
    )
    guard mean.count == LabeledImages.channels, deviation.count == LabeledImages.channels,
      mean.allSatisfy(\.isFinite), deviation.allSatisfy({ $0.isFinite && $0 > 0 })
    else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "mean and standard deviation must be those of \(LabeledImages.channels) channels"))
    }
    self.init(mean: mean, standardDeviation: deviation)
  }
}
