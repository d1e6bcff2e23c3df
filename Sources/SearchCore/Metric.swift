/// A number that a work can find. Each known metric is defined once, below: its name, unit and range. Names that a
/// newer version uses are kept as they are.
///
/// A new metric takes a constant here, an entry in `known`, and the code of the engine that computes it.
public struct Metric: Sendable {
  public enum Unit: String, Sendable {
    /// A fraction of 1.
    case fraction
    /// A ratio to the dense network.
    case ratio
    case seconds
    case bytes
    case imagesPerSecond = "images/s"
    /// Cross-entropy, natural logarithm.
    case nats
    /// Unknown, because the name is not known.
    case number
  }

  /// Whether the same work finds the same number again.
  public enum Repeatability: Sendable {
    /// The same to the bit, with the same kernel variant.
    case exact
    /// The number says what the work cost: time and memory.
    case cost
    /// The number is measured by comparison, as ratios of times are.
    case measured
  }

  private let fact: Fact

  private final class Fact: Sendable {
    let name: String
    /// The first eight bytes of the name as a number, in the order of the names. They nearly always tell two names
    /// apart without comparing strings.
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

  /// Returns the metric of this name: a known one, or one of which only the name is known.
  public init(named name: String) {
    self = Self.known.first { $0.name == name } ?? Metric(name, .number, Self.finite, .measured)
  }

  /// The name: lower-case letters, digits and `_`.
  public var name: String { fact.name }
  public var unit: Unit { fact.unit }
  /// The range of its values.
  public var range: ClosedRange<Double> { fact.range }
  public var repeatability: Repeatability { fact.repeatability }

  private static let finite = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
  private static let amount = 0...Double.greatestFiniteMagnitude
}

extension Metric {
  /// The fraction of the held-out validation images that are classified correctly.
  public static let accuracy = Metric("accuracy", .fraction, 0...1, .exact)
  /// Mean cross-entropy on the validation images; absent if the training diverged.
  public static let loss = Metric("loss", .nats, finite, .exact)
  /// The same on the test images, which no decision sees; the loss is absent if the training diverged.
  public static let testAccuracy = Metric("test_accuracy", .fraction, 0...1, .exact)
  public static let testLoss = Metric("test_loss", .nats, finite, .exact)
  /// The times of a training step and of an inference batch, as ratios of this candidate's median to the dense
  /// network's, measured in turns in one process; absent if the work did not measure.
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

/// A series of numbers that a work can find, by epoch unless it says otherwise. Known ones are constants here.
public struct Curve: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let name: String

  public init(named name: String) { self.name = name }

  /// Mean training loss of each epoch; ends early if the training diverged.
  public static let epochLosses = Curve(named: "epoch_losses")
  /// Accuracy and mean cross-entropy on the validation images after each epoch, if the recipe asks for them. Both end
  /// before the first loss that is not finite.
  public static let epochAccuracies = Curve(named: "epoch_accuracies")
  public static let epochValidationLosses = Curve(named: "epoch_validation_losses")
  /// Of a layer analysis: for each of `Architecture.analyzedConvolutions`, and each rank from 1 to its output channels,
  /// the share of the outputs' variance that the best basis with that many filters leaves out, 0…1.
  public static let truncationErrors = Curve(named: "truncation_errors")

  /// Of a training that began with a converted network in which a layer's basis channels are so similar that its
  /// coefficients are a least squares solution: the condition number of each decomposed layer, in the architecture's
  /// order.
  public static let conditionNumbers = Curve(named: "condition_numbers")
  /// The condition number above which coefficients are a least squares solution.
  package static let highestConditionNumber = 1e4

  public static func < (left: Curve, right: Curve) -> Bool { left.name < right.name }

  public var description: String { name }
}
