/// What candidates must satisfy to be named by a search, as users write it.
public struct SearchConstraints: Hashable, Sendable {
  public var maxParameters: CostBound?
  public var maxMultiplyAdds: CostBound?
  /// A share of the dense network's time.
  public var maxDeviceTime: DeviceTimeBound?
  /// A lower bound on the estimated accuracy, 0…1.
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

  /// Returns the bounds on costs as counts and nanoseconds.
  public func costs(in space: SearchSpace) -> CostConstraints {
    CostConstraints(
      parameters: maxParameters, multiplyAdds: maxMultiplyAdds, deviceTime: maxDeviceTime, dense: space.denseCost)
  }
}

extension CostConstraints {
  /// Returns whether nothing but the dense network and the all-layers references satisfies the constraints, or not even
  /// these. Returns `false` also if layers can be tied or times are bounded, since then there need not be a smallest
  /// candidate.
  public func leaveOnlyReferences(of space: SearchSpace) -> Bool {
    guard deviceTime == nil, EffectSpace(space).ties.isEmpty else { return false }
    let references = Set([.dense] + space.allLayersReferences)
    let smallest = space.smallestCandidate
    // Every other candidate is at least as large as one of the candidates next to the smallest.
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
