/// An error in candidates, search spaces or strategies. `description` is one line: what, where, what to do.
public enum SearchError: Error, Hashable, Sendable {
  /// The text of a candidate cannot be read.
  case candidateText(text: String, problem: String)
  /// A candidate or an inclusion names a layer that the model does not have.
  case unknownLayer(name: String, model: String, nearest: [String])
  /// A rank that does not save parameters in this layer.
  case illegalRank(layer: String, rank: Int, allowed: Range<Int>)
  /// A variant that a layer cannot have at this rank.
  case illegalVariant(layer: String, rank: Int, variant: BasisVariant, problem: String)
  /// A glob that cannot be read.
  case pattern(text: String, problem: String)
  /// A glob that no layer of the model matches.
  case noLayerMatches(pattern: String, role: String, model: String, nearest: [String])
  /// A search space that holds nothing, or a rank or fraction in it that is wrong.
  case space(problem: String, about: SpaceAspect = .ranks)
  /// The text of a work, or the values that describe it, cannot be read.
  case work(problem: String)
  /// A strategy that cannot run with these settings.
  case strategy(name: String, problem: String)
  /// An invalid description of a network. `problem` follows the key, or the option: "is 19, but …".
  case model(key: String?, problem: String)
  /// An invalid bound of costs or accuracies. The text says what is wrong; the reader of the bound says where.
  case bound(String)
  /// A table of times that does not fit the space. The text says what is wrong; the reader of the table says where.
  case deviceTimes(String)
}

/// What a problem of a search space is about.
public enum SpaceAspect: Sendable {
  case layers, ranks, variants
}

extension SearchError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .candidateText(let text, let problem):
      return
        "candidate \"\(text)\": \(problem); write layer=rank pairs such as layer1.0.conv1=8,layer2.1.conv2=16, or dense"
    case .unknownLayer(let name, let model, let nearest):
      return "\(model) has no layer \"\(name)\"; \(SearchError.suggestion(nearest))"
    case .illegalRank(let layer, let rank, let allowed):
      guard let highest = allowed.last else { return "\(layer)=\(rank): this layer is too small to have a basis" }
      return "\(layer)=\(rank): the rank must be from \(allowed.lowerBound) to \(highest) in this layer"
    case .illegalVariant(let layer, let rank, let variant, let problem):
      return "\(layer)=\(rank)/\(variant.rawValue): \(problem); choose another rank or variant"
    case .pattern(let text, let problem):
      return "pattern \"\(text)\": \(problem)"
    case .noLayerMatches(let pattern, let role, let model, let nearest):
      return "\(role) \"\(pattern)\" matches no layer of \(model); \(SearchError.suggestion(nearest))"
    case .space(let problem, _):
      return "search space: \(problem)"
    case .work(let problem):
      return "the description of a job cannot be read: \(problem)"
    case .strategy(let name, let problem):
      return "strategy \(name): \(problem)"
    case .model(let key, let problem):
      return key.map { "model: \($0) \(problem)" } ?? "model \(problem)"
    case .bound(let problem), .deviceTimes(let problem):
      return problem
    }
  }

  private static func suggestion(_ names: [String]) -> String {
    names.count == 1 ? "did you mean \(names[0])?" : "its layers have names such as \(names.joined(separator: ", "))"
  }
}
