/// What candidates have to keep within to be named, as people write it.
public struct SearchConstraints: Hashable, Sendable {
  public var maxParameters: CostBound?
  public var maxMultiplyAdds: CostBound?
  /// A share of the dense network's.
  public var maxDeviceTime: DeviceTimeBound?
  /// By the estimate, 0…1.
  public var minAccuracy: Double?

  public static let none = SearchConstraints()

  public init(
    maxParameters: CostBound? = nil, maxMultiplyAdds: CostBound? = nil, maxDeviceTime: DeviceTimeBound? = nil,
    minAccuracy: Double? = nil
  ) {
    self.maxParameters = maxParameters
    self.maxMultiplyAdds = maxMultiplyAdds
    self.maxDeviceTime = maxDeviceTime
    self.minAccuracy = minAccuracy
  }

  /// As counts and nanoseconds.
  public func costs(in space: SearchSpace) -> CostConstraints {
    CostConstraints(
      parameters: maxParameters, multiplyAdds: maxMultiplyAdds, deviceTime: maxDeviceTime, dense: space.denseCost)
  }
}

extension CostConstraints {
  /// Nothing but dense and the all-layers references keeps within them, or not even these. False also where layers can
  /// be tied or times are bounded, so that no candidate need be the smallest.
  public func leaveOnlyReferences(of space: SearchSpace) -> Bool {
    guard deviceTime == nil, EffectSpace(space).ties.isEmpty else { return false }
    let references = Set([.dense] + space.allLayersReferences)
    let smallest = space.smallestCandidate
    // Whatever else is allowed is no smaller than one of the candidates next to the smallest.
    let next = space.choices.flatMap { choice in
      (choice.forms.map(Optional.some) + [nil]).filter { $0 != smallest.form(of: choice.layer) }.map { form in
        var forms = smallest.forms
        forms[choice.layer] = form
        return Candidate(forms: forms)
      }
    }
    return ([smallest] + next).allSatisfy { references.contains($0) || !allow(space.cost(of: $0)) }
  }
}
