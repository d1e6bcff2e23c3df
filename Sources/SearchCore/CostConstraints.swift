/// What a candidate may cost.
public struct CostConstraints: Codable, Hashable, Sendable {
  public var parameters: Int?
  public var multiplyAdds: Int?

  public static let none = CostConstraints(parameters: nil, multiplyAdds: nil)

  public init(parameters: Int?, multiplyAdds: Int?) {
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
  }

  /// Both.
  public func and(_ other: CostConstraints) -> CostConstraints {
    func least(_ left: Int?, _ right: Int?) -> Int? {
      guard let left, let right else { return left ?? right }
      return min(left, right)
    }
    return CostConstraints(
      parameters: least(parameters, other.parameters), multiplyAdds: least(multiplyAdds, other.multiplyAdds))
  }

  public func allow(_ cost: Cost) -> Bool {
    cost.parameters <= parameters ?? .max && cost.multiplyAdds <= multiplyAdds ?? .max
  }
}
