/// The candidates that no other one dominates: none is at least as good in every objective and better in one.
public struct ParetoFront: Hashable, Sendable {
  public let objectives: [Objective]
  /// The scores by parameters, then by text. Candidates with equal values are all included.
  public let scores: [CandidateScore]

  /// A score that is not sound, or lacks a value for one of the objectives, is not on the front and keeps no other
  /// score from it.
  public init(of scores: [CandidateScore], objectives: [Objective]) {
    self.objectives = objectives
    let points = scores.map { $0.minimized(objectives) }
    let known = points.indices.filter { points[$0] != nil }
    self.scores = Dominance.front(points.compactMap(\.self)).map { scores[known[$0]] }.inReportOrder()
  }

  /// Returns the rank of each score: 0 for the front, 1 for the front of the others, and so on (Deb et al. 2002); `nil`
  /// if the score is not sound or lacks a value.
  public static func nonDominatedRanks(_ scores: [CandidateScore], objectives: [Objective]) -> [Int?] {
    let points = scores.map { $0.minimized(objectives) }
    var ranks: [Int?] = Array(repeating: nil, count: points.count)
    for (index, rank) in zip(points.indices.filter { points[$0] != nil }, Dominance.ranks(points.compactMap { $0 })) {
      ranks[index] = rank
    }
    return ranks
  }

  /// The volume that the front dominates, bounded by a reference point: a network of the dense network's size and speed
  /// without any accuracy. Objectives are scaled to 1 − accuracy and to ratios to the dense network; the reference is 1
  /// in each. 0…1, larger is better; `nil` unless there are two to four objectives.
  public var hypervolume: Double? {
    guard (2...4).contains(objectives.count) else { return nil }
    return SearchCore.hypervolume(
      points: scores.compactMap { $0.scaled(objectives) }, reference: objectives.map { _ in 1 })
  }
}

/// Dominance between vectors whose components are all minimized.
public enum Dominance {
  /// Returns whether `left` is nowhere worse and somewhere better than `right`.
  public static func dominates(_ left: [Double], _ right: [Double]) -> Bool {
    var better = false
    for (l, r) in zip(left, right) {
      if l > r { return false }
      if l < r { better = true }
    }
    return better
  }

  /// Returns the indices of the points that no other point dominates, in lexicographic order of the points.
  public static func front(_ points: [[Double]]) -> [Int] {
    // As in `ranks`, but for the first front alone: with many points, the other fronts are long.
    var front: [Int] = []
    for index in points.indices.sorted(by: { points[$0].lexicographicallyPrecedes(points[$1]) }) {
      if !front.contains(where: { dominates(points[$0], points[index]) }) { front.append(index) }
    }
    return front
  }

  /// Returns the front of each point, 0 for the first.
  public static func ranks(_ points: [[Double]]) -> [Int] {
    // A point comes after all that dominate it in lexicographic order, so that one pass in that order places every
    // point.
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
