/// The most that candidates may have of a cost, as people write it: a share of the dense network's, above 0 and at most
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

  /// Reads a number. Throws as `init(_:)`.
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
    return "\(text) leaves nothing; \(allowed)"
  }

  /// At most so many, where the dense network has `dense`.
  public func count(of dense: Int) -> Int {
    switch self {
    // 0.29 of 100 are 29, which the product of two binary fractions falls short of.
    case .share(let share): Int((share * Double(dense) * (1 + 1e-12)).rounded(.down))
    case .count(let count): count
    }
  }

  /// Reads back to the same bound.
  public var text: String {
    switch self {
    case .share(let share): "\(share)"
    case .count(let count): "\(count)"
    }
  }

  static func text(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }
}

/// The least accuracy that candidates may have, 0…1.
public enum AccuracyFloor {
  /// Throws `SearchError.bound`.
  public static func checked(_ value: Double) throws(SearchError) -> Double {
    guard !(0...1).contains(value) else { return value }
    // Percentages are the likely slip.
    let meant = value > 1 && value <= 100 ? "; did you mean \(value / 100)?" : ""
    throw .bound("\(CostBound.text(value)) is not a fraction; accuracies are from 0 to 1" + meant)
  }

  /// Reads a number. Throws as `checked`.
  public static func read(_ text: String) throws(SearchError) -> Double {
    guard let value = Double(text) else {
      throw .bound("\(text.debugDescription) is not a number; accuracies are fractions from 0 to 1")
    }
    return try checked(value)
  }
}

extension CostConstraints {
  /// - Parameter dense: what shares are of.
  public init(parameters: CostBound?, multiplyAdds: CostBound?, dense: Cost) {
    self.init(
      parameters: parameters?.count(of: dense.parameters), multiplyAdds: multiplyAdds?.count(of: dense.multiplyAdds))
  }

  /// Why no candidate of the space fits, with the smallest one and what it has; nil where some do.
  ///
  /// The smallest has the fewest parameters and the fewest multiply-adds at once: a layer's multiply-adds are its
  /// weights times its pixels.
  public func problem(in space: SearchSpace) -> String? {
    let smallest = space.smallestCandidate
    let cost = space.cost(of: smallest)
    guard !allow(cost) else { return nil }
    let label = CandidateLabel(smallest, in: space.architecture).text
    var wanted: [String] = []
    var has: [String] = []
    if let parameters, cost.parameters > parameters {
      wanted.append("\(parameters) parameters")
      has.append("\(cost.parameters) parameters")
    }
    if let multiplyAdds, cost.multiplyAdds > multiplyAdds {
      wanted.append("\(multiplyAdds) multiply-adds")
      has.append("\(cost.multiplyAdds) multiply-adds")
    }
    return "no candidate has at most \(wanted.joined(separator: " and ")); the smallest, \(label), has "
      + has.joined(separator: " and ")
  }
}

extension SearchSpace {
  /// Every layer at its smallest rank.
  public var smallestCandidate: Candidate {
    Candidate(
      ranks: Dictionary(
        uniqueKeysWithValues: choices.compactMap { choice in
          choice.ranks.first.map { (choice.layer, $0) }
        }))
  }
}
