/// An upper bound on a cost of candidates, as users write it: a share of the dense network's cost, above 0 and at most
/// 1, or a count, a whole number of at least 2.
public enum CostBound: Hashable, Sendable {
  case share(Double)
  case count(Int)

  /// Throws `SearchError.bound`, whose description says what is allowed, without the name of a key or an option.
  public init(_ value: Double) throws(SearchError) {
    if value > 0, value <= 1 {
      self = .share(value)
    } else if value > 1, let count = Int(exactly: value) {
      self = .count(count)
    } else {
      throw .bound(Self.problem(with: value))
    }
  }

  /// Reads a number. Throws the same error as `init(_:)`.
  public init(_ text: String) throws(SearchError) {
    guard let value = Double(text) else {
      throw .bound("\(text.debugDescription) is not a number; \(Self.allowed)")
    }
    try self.init(value)
  }

  public static let allowed =
    "write a share of the dense network's (above 0, at most 1) or a count (a whole number of at least 2)"

  private static func problem(with value: Double) -> String {
    let text = Self.text(value)
    if value > 1, value.isFinite {
      return "\(text) is neither a share of the dense network's nor a whole number; \(allowed)"
    }
    return "\(text) leaves no candidate; \(allowed)"
  }

  /// Returns the bound as a count, given the dense network's count.
  public func count(of dense: Int) -> Int {
    switch self {
    // 0.29 of 100 is 29, but the product of two binary fractions falls short of it.
    case .share(let share): Int((share * Double(dense) * (1 + 1e-12)).rounded(.down))
    case .count(let count): count
    }
  }

  /// A text that reads back to the same bound.
  public var text: String {
    switch self {
    case .share(let share): "\(share)"
    case .count(let count): "\(count)"
    }
  }

  static func text(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }
}

/// An upper bound on candidates' time on the study's device: a share of the dense network's, above 0 and at most 1.
public struct DeviceTimeBound: Hashable, Sendable {
  public let share: Double

  /// Throws `SearchError.bound`, whose description says what is allowed, without the name of a key or an option.
  public init(_ value: Double) throws(SearchError) {
    guard value > 0, value <= 1 else {
      throw .bound("\(CostBound.text(value)) is not a share of the dense network's time; write one above 0, at most 1")
    }
    share = value
  }

  /// Reads a number. Throws the same error as `init(_:)`.
  public init(_ text: String) throws(SearchError) {
    guard let value = Double(text) else {
      throw .bound("\(text.debugDescription) is not a number; write a share of the dense network's time, at most 1")
    }
    try self.init(value)
  }
}

/// A lower bound on candidates' accuracy, 0…1.
public enum AccuracyFloor {
  /// Returns `value` if it is an accuracy. Throws `SearchError.bound` otherwise.
  public static func checked(_ value: Double) throws(SearchError) -> Double {
    guard !(0...1).contains(value) else { return value }
    // The likely mistake is a percentage.
    let meant = value > 1 && value <= 100 ? "; did you mean \(value / 100)?" : ""
    throw .bound("\(CostBound.text(value)) is not a fraction; accuracies are from 0 to 1" + meant)
  }

  /// Reads a number. Throws the same error as `checked`.
  public static func read(_ text: String) throws(SearchError) -> Double {
    guard let value = Double(text) else {
      throw .bound("\(text.debugDescription) is not a number; accuracies are fractions from 0 to 1")
    }
    return try checked(value)
  }
}

extension CostConstraints {
  /// - Parameter dense: The cost of the dense network, to which shares refer.
  public init(
    parameters: CostBound?, multiplyAdds: CostBound?, deviceTime: DeviceTimeBound? = nil, dense: Cost
  ) {
    self.init(
      parameters: parameters?.count(of: dense.parameters), multiplyAdds: multiplyAdds?.count(of: dense.multiplyAdds),
      deviceTime: deviceTime.flatMap { bound in dense.deviceTime.map { CostBound.share(bound.share).count(of: $0) } })
  }

  /// Returns why no candidate of the space satisfies the constraints, with the smallest candidate and its costs; `nil`
  /// if some candidate does, or if the space is too large to tell.
  public func problem(in space: SearchSpace) -> String? {
    if let problem = timeProblem(in: space) { return problem }
    let smallest = smallestCandidates(of: space)
    if smallest.isEmpty, let problem = leastProblem(in: space) { return problem }
    guard !smallest.isEmpty, !smallest.contains(where: { allow(space.cost(of: $0)) }) else { return nil }
    // If no candidate is the smallest in both costs, shows the one that comes closest to the bound on parameters, which
    // is named first.
    let shown =
      smallest.first { candidate in parameters.map { space.cost(of: candidate).parameters > $0 } ?? false }
      ?? smallest[smallest.count - 1]
    let cost = space.cost(of: shown)
    let label = CandidateLabel(shown, in: space.architecture).text
    var wanted: [String] = []
    var has: [String] = []
    if let parameters, cost.parameters > parameters || smallest.count > 1 {
      wanted.append("\(parameters) parameters")
      has.append("\(cost.parameters) parameters")
    }
    if let multiplyAdds, cost.multiplyAdds > multiplyAdds || smallest.count > 1 {
      wanted.append("\(multiplyAdds) multiply-adds")
      has.append("\(cost.multiplyAdds) multiply-adds")
    }
    if let deviceTime, let time = cost.deviceTime, let dense = space.denseCost.deviceTime {
      wanted.append("\(Self.percent(deviceTime, of: dense)) of the dense network's time")
      has.append("\(Self.percent(time, of: dense)) of its time")
    }
    return "no candidate has at most \(wanted.joined(separator: " and ")); the smallest, \(label), has "
      + has.joined(separator: " and ")
  }

  /// Returns the problem that a bound is below the least such cost of any candidate, for spaces whose smallest
  /// candidates are unknown; `nil` if no bound is.
  private func leastProblem(in space: SearchSpace) -> String? {
    let least = EffectSpace(space).smallestCosts
    let bounds = [(parameters, least.parameters, "parameters"), (multiplyAdds, least.multiplyAdds, "multiply-adds")]
    for case (let bound?, let least, let name) in bounds where least > bound {
      return "no candidate has at most \(bound) \(name); the minimum is \(least)"
    }
    return nil
  }

  /// Returns the problem that no candidate is fast enough; `nil` if one is, or if time has no bound.
  private func timeProblem(in space: SearchSpace) -> String? {
    guard let deviceTime, let dense = space.denseCost.deviceTime,
      let least = EffectSpace(space).smallestCosts.deviceTime, least > deviceTime
    else { return nil }
    return "no candidate takes at most \(Self.percent(deviceTime, of: dense)) of the dense network's time; the fastest "
      + "takes \(Self.percent(least, of: dense))"
  }

  private static func percent(_ time: Int, of dense: Int) -> String {
    "\((Double(time) / Double(dense) * 1000).rounded() / 10) %"
  }

  /// Returns the candidates that no other candidate beats in the bounded costs; empty if the space is too large to
  /// tell, or if time and multiply-adds are both bounded, which with parameters makes three costs.
  private func smallestCandidates(of space: SearchSpace) -> [Candidate] {
    guard deviceTime != nil else { return space.untimed.smallestCandidates }
    return multiplyAdds == nil ? space.smallestCandidates : []
  }
}

extension SearchSpace {
  /// The candidate that has every layer in the form with the fewest weights of its own.
  public var smallestCandidate: Candidate {
    let layers = Dictionary(uniqueKeysWithValues: architecture.layers.map { ($0.name, $0) })
    return Candidate(
      forms: Dictionary(
        uniqueKeysWithValues: choices.compactMap { choice in
          guard let layer = layers[choice.layer] else { return nil }
          func weights(_ form: BasisForm) -> Int {
            layer.weights(rank: form.rank, variant: form.variant ?? variant)
          }
          return choice.forms.min { weights($0) < weights($1) }.map { (choice.layer, $0) }
        }))
  }

  /// The candidates that no other candidate beats in the costs that a search weighs, fewest parameters first; empty if
  /// the space is too large to tell.
  ///
  /// If no layers can be tied and there are no device times, this is the smallest candidate alone, since a layer's
  /// multiply-adds are its weights times its pixels.
  var smallestCandidates: [Candidate] {
    let space = EffectSpace(self)
    guard !space.ties.isEmpty || deviceTimes != nil else { return [smallestCandidate] }
    let solver = FrontierSolver(space: space)
    guard solver.isExact else { return [] }
    return solver.frontier(of: .none(in: space)).sorted { $0.cost.parameters < $1.cost.parameters }
      .map { space.candidate(options: $0.options) }
  }
}
