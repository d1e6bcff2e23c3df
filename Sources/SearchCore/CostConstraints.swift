/// Upper bounds on the costs of a candidate; `nil` for no bound.
public struct CostConstraints: Codable, Hashable, Sendable {
  public var parameters: Int?
  public var multiplyAdds: Int?
  /// In nanoseconds; see `Cost.deviceTime`.
  public var deviceTime: Int?

  public static let none = CostConstraints(parameters: nil, multiplyAdds: nil)

  public init(parameters: Int?, multiplyAdds: Int?, deviceTime: Int? = nil) {
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
    self.deviceTime = deviceTime
  }

  /// - Parameter effort: The bound on the cost that is weighed beside the parameters: device time if `isTimed`,
  ///   otherwise multiply-adds; `nil` for no bound.
  init(parameters: Int?, effort: Int?, isTimed: Bool) {
    self.init(
      parameters: parameters, multiplyAdds: isTimed ? nil : effort, deviceTime: isTimed ? effort : nil)
  }

  /// Allows no more than `cost` of either cost that a search weighs.
  init(noMoreThan cost: Cost) {
    self.init(parameters: cost.parameters, effort: cost.effort, isTimed: cost.deviceTime != nil)
  }

  /// Returns constraints that allow what both allow.
  public func and(_ other: CostConstraints) -> CostConstraints {
    func least(_ left: Int?, _ right: Int?) -> Int? {
      guard let left, let right else { return left ?? right }
      return min(left, right)
    }
    return CostConstraints(
      parameters: least(parameters, other.parameters), multiplyAdds: least(multiplyAdds, other.multiplyAdds),
      deviceTime: least(deviceTime, other.deviceTime))
  }

  public func allow(_ cost: Cost) -> Bool {
    cost.parameters <= parameters ?? .max && cost.multiplyAdds <= multiplyAdds ?? .max
      && (deviceTime == nil || cost.deviceTime ?? .max <= deviceTime ?? .max)
  }
}
