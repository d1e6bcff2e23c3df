/// What a study optimizes. Raw values are the names in configurations and the column names in exports.
///
/// An objective is a case here and its `descriptor`, which fronts, reports, plots, tables, exports and the
/// configuration read.
public enum Objective: String, Codable, CaseIterable, Hashable, Sendable {
  /// Mean validation accuracy over the seeds.
  case accuracy
  case parameters
  case multiplyAdds = "multiply_adds"
  /// The time of a training step, relative to the dense network.
  case stepTime = "step_time"
  /// The time of an inference batch, relative to the dense network.
  case inferenceTime = "inference_time"
  /// The time on the device for which the study has a table of times, added up layer by layer.
  case deviceTime = "device_time"

  /// The objectives of a study that names none.
  public static let standard: [Objective] = [.accuracy, .parameters, .multiplyAdds]
}

extension Objective {
  public var descriptor: Descriptor {
    switch self {
    case .accuracy:
      Descriptor(
        title: "accuracy", heading: "Accuracy", direction: .maximize,
        quantity: .fraction(\.accuracy, deviation: \.accuracySD))
    case .parameters:
      Descriptor(
        title: "parameters", heading: "Parameters", axis: "Parameters", aspect: "size", direction: .minimize,
        quantity: .count(\.parameters, ratioColumn: "parameter_ratio"))
    case .multiplyAdds:
      Descriptor(
        title: "multiply-adds", heading: "Multiply-adds", shortHeading: "Mult.-adds", axis: "Multiply-adds",
        aspect: "compute", direction: .minimize, quantity: .count(\.multiplyAdds, ratioColumn: "multiply_add_ratio"))
    case .stepTime:
      Descriptor(
        title: "step time", heading: "Step time", axis: "Time of a training step", aspect: "time",
        direction: .minimize, quantity: .ratio(\.stepTimeRatio, ratioColumn: "step_time_ratio"))
    case .inferenceTime:
      Descriptor(
        title: "inference time", heading: "Inference", axis: "Inference time", aspect: "time", direction: .minimize,
        quantity: .ratio(\.inferenceTimeRatio, ratioColumn: "inference_time_ratio"))
    case .deviceTime:
      Descriptor(
        title: "device time", heading: "Device time", axis: "Time on the device", aspect: "device time",
        direction: .minimize, quantity: .time(\.deviceTime, ratioColumn: "device_time_ratio"))
    }
  }

  /// All that is particular to an objective.
  public struct Descriptor: Sendable {
    public enum Direction: Sendable {
      case minimize, maximize
    }

    /// The unit, where the value is found, and how it relates to the dense network.
    public enum Quantity: Sendable {
      /// A whole number that is known without training, compared with the dense network's. Exports write the ratio in a
      /// column of this name.
      case count(@Sendable (Cost) -> Int, ratioColumn: String)
      /// Nanoseconds that are known without training, compared with the dense network's; `nil` in studies that do not
      /// know them. Exports write seconds, and the ratio in a column of this name.
      case time(@Sendable (Cost) -> Int?, ratioColumn: String)
      /// 0…1 with its standard deviation over the seeds, compared with 1; `nil` if unknown. The deviation's column has
      /// the objective's name and `_sd`.
      case fraction(
        @Sendable (CandidateScore) -> Double?, deviation: @Sendable (CandidateScore) -> Double?)
      /// Measured as a multiple of the dense network's; `nil` if not measured.
      case ratio(@Sendable (CandidateScore) -> Double?, ratioColumn: String)
    }

    /// The name within a sentence.
    public let title: String
    /// The heading of a table's column.
    public let heading: String
    /// The heading of a column that only has room for the ratio to the dense network.
    public let shortHeading: String
    /// The text before `(% of the dense network's …)` on a plot's axis.
    public let axis: String
    /// The word after a percentage of the dense network's: `40 % size`.
    public let aspect: String
    public let direction: Direction
    public let quantity: Quantity

    /// `shortHeading` and `axis` default to `heading`, `aspect` to `title`.
    public init(
      title: String, heading: String, shortHeading: String? = nil, axis: String? = nil, aspect: String? = nil,
      direction: Direction, quantity: Quantity
    ) {
      self.title = title
      self.heading = heading
      self.shortHeading = shortHeading ?? heading
      self.axis = axis ?? heading
      self.aspect = aspect ?? title
      self.direction = direction
      self.quantity = quantity
    }
  }

  public var title: String { descriptor.title }

  /// Returns what accuracy is drawn against: the first of the study's objectives that is relative to the dense network.
  package static func abscissa(of objectives: [Objective]) -> Objective {
    allCases.first { $0.isRelativeToDense && objectives.contains($0) } ?? .parameters
  }

  /// Whether the value is known for candidates that were never trained, so that estimates and strategies can weigh it.
  package var isEstimated: Bool {
    switch descriptor.quantity {
    case .count, .time, .fraction: true
    case .ratio: false
    }
  }

  /// Whether the value is a share of the dense network's, not a fraction of 1.
  public var isRelativeToDense: Bool {
    switch descriptor.quantity {
    case .count, .time, .ratio: true
    case .fraction: false
    }
  }
}

extension CandidateScore {
  /// Returns the value in the objective's own unit, seconds for a time; `nil` if it is unknown or not finite.
  public func value(of objective: Objective) -> Double? {
    let value: Double? =
      switch objective.descriptor.quantity {
      case .count(let count, _): Double(count(cost))
      case .time(let time, _): time(cost).map { Double($0) / 1e9 }
      case .fraction(let fraction, _): fraction(self)
      case .ratio(let ratio, _): ratio(self)
      }
    return value.flatMap { $0.isFinite ? $0 : nil }
  }

  /// Returns the value as a multiple of the dense network's; `nil` for a fraction, and if the value is unknown.
  public func ratioToDense(of objective: Objective) -> Double? {
    switch objective.descriptor.quantity {
    case .count(let count, _): Double(count(cost)) / Double(count(denseCost))
    case .time: cost.deviceTimeRatio(to: denseCost)
    case .fraction: nil
    case .ratio: value(of: objective)
    }
  }

  /// Returns the objectives as a vector to be minimized: maximized objectives have their sign changed.
  func minimized(_ objectives: [Objective]) -> [Double]? {
    vector(objectives) { objective in
      value(of: objective).map { objective.descriptor.direction == .maximize ? -$0 : $0 }
    }
  }

  /// As `minimized`, in comparable units, of which the dense network has 1 or less: 1 minus the fraction (the fraction
  /// itself if it is minimized), and ratios to the dense network (their inverse if they are maximized).
  func scaled(_ objectives: [Objective]) -> [Double]? {
    vector(objectives) { objective in
      let isMaximized = objective.descriptor.direction == .maximize
      if objective.isRelativeToDense { return ratioToDense(of: objective).map { isMaximized ? 1 / $0 : $0 } }
      return value(of: objective).map { isMaximized ? 1 - $0 : $0 }
    }
  }

  /// Returns `nil` if the score is not sound or lacks a value for one of the objectives.
  private func vector(_ objectives: [Objective], _ component: (Objective) -> Double?) -> [Double]? {
    guard isSound else { return nil }
    let values = objectives.compactMap(component)
    return values.count == objectives.count ? values : nil
  }
}
