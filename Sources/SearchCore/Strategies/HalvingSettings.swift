/// The rungs of a training, and the share of candidates that is promoted from one to the next (`HalvingSearch`).
public struct HalvingSettings: Codable, Hashable, Sendable {
  /// Shares of the recipe's epochs at which a training is judged, increasing; the last is 1. If trainings start from a
  /// trained network, the first may be 0: judged without training.
  public var rungs: [Double]
  /// The share of a bracket that is promoted.
  public var keep: Double

  public static let defaultRungs = [0.33, 1]
  public static let defaultKeep = 0.33

  public init(rungs: [Double] = defaultRungs, keep: Double = defaultKeep) {
    self.rungs = rungs
    self.keep = keep
  }

  /// Returns what is wrong with the settings for a strategy, in one line; `nil` if nothing is.
  public func problem(with strategy: StrategyName) -> String? {
    if strategy == .exhaustive {
      return "halving leaves candidates out, and exhaustive trains all; remove halving or choose another strategy"
    }
    guard rungs.count > 1 else { return "halving needs two rungs or more, such as [0.33, 1]" }
    if let wrong = rungs.first(where: { !(0...1).contains($0) }) {
      return "a rung of halving is a share of the epochs from 0 to 1, not \(wrong)"
    }
    for (lower, higher) in zip(rungs, rungs.dropFirst()) where higher <= lower {
      return "rungs of halving must increase, but \(higher) follows \(lower)"
    }
    if let last = rungs.last, last < 1 { return "the last rung of halving must be 1, not \(last)" }
    guard keep > 0, keep < 1 else { return "keep of halving must be more than 0 and less than 1, not \(keep)" }
    return nil
  }

  /// Returns the kinds of work below the top, the cheapest first. A rung is the recipe's training up to an epoch of its
  /// schedule; from a trained network, a share that is not a whole number of epochs is a separate training of that
  /// length.
  ///
  /// Throws `SearchError.strategy` if the settings do not fit the strategy or the recipe, such as when its epochs are
  /// too few to tell the rungs apart.
  public func lowerRungs(of recipe: TrainingRecipe, for strategy: StrategyName) throws(SearchError) -> [WorkKind] {
    func fail(_ problem: String) -> SearchError { .strategy(name: strategy.rawValue, problem: problem) }
    if let problem = problem(with: strategy) { throw fail(problem) }
    var kinds: [WorkKind] = []
    var last = -1.0
    for share in rungs.dropLast() {
      var rung = recipe
      let count = share * recipe.epochs.count
      let whole = count.rounded()
      if recipe.start == nil || (whole >= 1 && abs(whole - count) < 1e-9) {
        rung.until = max(1, Int(whole))
      } else {
        guard let epochs = Epochs((count * 1000).rounded() / 1000) else {
          throw fail("rung \(share) of \(recipe.epochs) epochs is not a valid number of epochs")
        }
        rung.epochs = epochs
      }
      let length = rung.until.map { Double($0) } ?? rung.epochs.count
      guard share > 0 || recipe.start != nil else {
        throw fail("a rung of 0 judges without training, which needs a trained network to start from")
      }
      guard length > last, length < recipe.epochs.count else {
        throw fail(
          "rung \(share) of halving ends after \(Self.text(length)) of \(recipe.epochs) epochs, like another one; "
            + "train for more epochs or choose other rungs")
      }
      kinds.append(.proxyTraining(rung))
      last = length
    }
    return kinds
  }

  private static func text(_ length: Double) -> String { Epochs(length).map { "\($0)" } ?? "\(length)" }
}
