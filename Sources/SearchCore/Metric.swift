/// A number that a work can find. One of ours is said once, below: name, unit, what it can be. Names that a newer
/// version uses are kept as they come.
///
/// A new metric is a constant here, in `known`, and what computes it in the engine.
public struct Metric: Sendable {
  public enum Unit: String, Sendable {
    /// Of 1.
    case fraction
    /// Of the dense network's.
    case ratio
    case seconds
    case bytes
    case imagesPerSecond = "images/s"
    /// Cross-entropy, natural logarithm.
    case nats
    /// Unknown, of a name that is not ours.
    case number
  }

  /// Whether the same work finds the same number again.
  public enum Repeatability: Sendable {
    /// To the bit, with the same kernel variant.
    case exact
    /// It says what the work cost: time and memory.
    case cost
    /// Measured beside others: times.
    case measured
  }

  private let fact: Fact

  private final class Fact: Sendable {
    let name: String
    /// The name's first eight bytes, in the order of the names: nearly always they tell two names apart without a
    /// comparison of texts.
    let beginning: UInt64
    let unit: Unit
    let range: ClosedRange<Double>
    let repeatability: Repeatability

    init(_ name: String, _ unit: Unit, _ range: ClosedRange<Double>, _ repeatability: Repeatability) {
      self.name = name
      let first = name.utf8.prefix(8)
      beginning = first.reduce(0) { $0 << 8 | UInt64($1) } << (8 * (8 - first.count))
      self.unit = unit
      self.range = range
      self.repeatability = repeatability
    }
  }

  private init(_ name: String, _ unit: Unit, _ range: ClosedRange<Double>, _ repeatability: Repeatability) {
    fact = Fact(name, unit, range, repeatability)
  }

  /// The metric of this name: one of ours, or one of which only the name is known.
  public init(named name: String) {
    self = Self.known.first { $0.name == name } ?? Metric(name, .number, Self.finite, .measured)
  }

  /// Lower-case letters, digits and `_`.
  public var name: String { fact.name }
  public var unit: Unit { fact.unit }
  /// What its values can be.
  public var range: ClosedRange<Double> { fact.range }
  public var repeatability: Repeatability { fact.repeatability }

  private static let finite = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
  private static let amount = 0...Double.greatestFiniteMagnitude
}

extension Metric {
  /// Fraction of the held-out validation images classified rightly.
  public static let accuracy = Metric("accuracy", .fraction, 0...1, .exact)
  /// Mean cross-entropy on the validation images; absent where the training diverged.
  public static let loss = Metric("loss", .nats, finite, .exact)
  /// The same on the test images, which no decision sees; the loss is absent where the training diverged.
  public static let testAccuracy = Metric("test_accuracy", .fraction, 0...1, .exact)
  public static let testLoss = Metric("test_loss", .nats, finite, .exact)
  /// Training step and inference batch, this candidate's time over the dense network's, interleaved in one process,
  /// medians; absent where the work did not measure.
  public static let stepTimeRatio = Metric("step_time_ratio", .ratio, amount, .measured)
  public static let inferenceTimeRatio = Metric("inference_time_ratio", .ratio, amount, .measured)
  public static let trainSeconds = Metric("train_seconds", .seconds, amount, .cost)
  public static let imagesPerSecond = Metric("images_per_second", .imagesPerSecond, amount, .cost)
  /// A whole number.
  public static let peakMemoryBytes = Metric("peak_memory_bytes", .bytes, 0...0x1p53, .cost)

  public static let known: [Metric] = [
    .accuracy, .loss, .testAccuracy, .testLoss, .stepTimeRatio, .inferenceTimeRatio, .trainSeconds, .imagesPerSecond,
    .peakMemoryBytes,
  ]
}

extension Metric: Hashable, Comparable, CustomStringConvertible {
  public static func == (left: Metric, right: Metric) -> Bool {
    left.fact === right.fact || left.fact.beginning == right.fact.beginning && left.name == right.name
  }

  public static func < (left: Metric, right: Metric) -> Bool {
    left.fact.beginning == right.fact.beginning ? left.name < right.name : left.fact.beginning < right.fact.beginning
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(name) }

  public var description: String { name }
}

/// Numbers by epoch that a work can find. Known ones are constants here.
public struct Curve: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let name: String

  public init(named name: String) { self.name = name }

  /// Mean training loss of each epoch; ends early where the training diverged.
  public static let epochLosses = Curve(named: "epoch_losses")
  /// Accuracy and mean cross-entropy on the validation images after each epoch, where the recipe asks for them; they
  /// end with the first loss that is not a finite number.
  public static let epochAccuracies = Curve(named: "epoch_accuracies")
  public static let epochValidationLosses = Curve(named: "epoch_validation_losses")
  /// Of a layer analysis: for each 3×3 convolution in the architecture's order, and each rank from 1 to its output
  /// channels, the share of the outputs' energy that the best basis of so many filters leaves out, 0…1.
  public static let truncationErrors = Curve(named: "truncation_errors")

  /// Of a training that began with a converted network of which a layer's basis channels are so alike that its
  /// coefficients are a least squares solution: the condition number of each decomposed layer's, in the architecture's
  /// order.
  public static let conditionNumbers = Curve(named: "condition_numbers")

  public static func < (left: Curve, right: Curve) -> Bool { left.name < right.name }

  public var description: String { name }
}
