/// The candidates that no other beats: nothing else is at least as good in every objective and better in one.
public struct ParetoFront: Hashable, Sendable {
  public let objectives: [Objective]
  /// By parameters, then by text. Candidates with equal values are all here.
  public let scores: [CandidateScore]

  /// A score that lacks a value for one of the objectives, or is not sound, is neither on the front nor does it keep
  /// others from it.
  public init(of scores: [CandidateScore], objectives: [Objective]) {
    self.objectives = objectives
    let points = scores.map { $0.minimized(objectives) }
    let known = points.indices.filter { points[$0] != nil }
    self.scores = Dominance.front(points.compactMap(\.self)).map { scores[known[$0]] }.inReportOrder()
  }

  /// 0 for the front, 1 for the front of what is left without it, and so on (Deb et al. 2002); nil where a value is
  /// lacking.
  public static func nonDominatedRanks(_ scores: [CandidateScore], objectives: [Objective]) -> [Int?] {
    let points = scores.map { $0.minimized(objectives) }
    var ranks: [Int?] = Array(repeating: nil, count: points.count)
    for (index, rank) in zip(points.indices.filter { points[$0] != nil }, Dominance.ranks(points.compactMap { $0 })) {
      ranks[index] = rank
    }
    return ranks
  }

  /// Volume that the front dominates between itself and a reference that a network of the dense one's size and speed
  /// with no accuracy would have: objectives scaled to 1 − accuracy and to ratios to the dense network, the reference
  /// at 1 in each. 0…1, larger is better; nil unless there are two to four objectives.
  public var hypervolume: Double? {
    guard (2...4).contains(objectives.count) else { return nil }
    return SearchCore.hypervolume(
      points: scores.compactMap { $0.scaled(objectives) }, reference: objectives.map { _ in 1 })
  }
}

/// Dominance between vectors whose every component is to be small.
public enum Dominance {
  /// Nowhere worse and somewhere better.
  public static func dominates(_ left: [Double], _ right: [Double]) -> Bool {
    var better = false
    for (l, r) in zip(left, right) {
      if l > r { return false }
      if l < r { better = true }
    }
    return better
  }

  /// Places of the points that no other dominates, in lexicographic order of the points.
  public static func front(_ points: [[Double]]) -> [Int] {
    // As below, with an eye to the first front alone: of many points the others are long.
    var front: [Int] = []
    for index in points.indices.sorted(by: { points[$0].lexicographicallyPrecedes(points[$1]) }) {
      if !front.contains(where: { dominates(points[$0], points[index]) }) { front.append(index) }
    }
    return front
  }

  /// Rank by fronts, 0 first.
  public static func ranks(_ points: [[Double]]) -> [Int] {
    // A point follows all that dominate it in lexicographic order, so that one pass in that order places every point.
    let order = points.indices.sorted { points[$0].lexicographicallyPrecedes(points[$1]) }
    var fronts: [[Int]] = []
    var ranks = Array(repeating: 0, count: points.count)
    for index in order {
      let rank =
        fronts.firstIndex { front in !front.contains { dominates(points[$0], points[index]) } } ?? fronts.count
      if rank == fronts.count { fronts.append([]) }
      fronts[rank].append(index)
      ranks[index] = rank
    }
    return ranks
  }
}
