/// The share that a frontier covers of the hypervolume left open by the references: the dense network and all layers at
/// each rank, which can be tried without a search.
///
/// The reported hypervolume is measured from a network of zero accuracy, so that the references alone cover nearly all
/// of it. Here it is measured from the worst value of any reference in each objective, which is the worst reference's
/// accuracy and the dense network's costs.
package struct OpenHypervolume: Sendable {
  private let references: [[Double]]
  private let corner: [Double]
  private let known: Double
  private let open: Double

  /// Moves the corner outward, so that the worst reference and the dense network count with their other values.
  private static let margin = 1e-6

  /// Creates a measure from points whose values are minimized, in the same order of objectives.
  ///
  /// - Parameter best: the best points known.
  /// - Returns: `nil` without references, or if they leave nothing open.
  package init?(references: [[Double]], best: [[Double]]) {
    guard var corner = references.first else { return nil }
    for point in references { corner = zip(corner, point).map { max($0, $1) } }
    self.references = references
    self.corner = corner.map { $0 + Self.margin }
    known = hypervolume(points: references, reference: self.corner)
    open = hypervolume(points: references + best, reference: self.corner) - known
    guard open > 1e-9 else { return nil }
  }

  /// Returns (H − H_ref) / (H_best − H_ref), with the hypervolumes of these points together with the references, of the
  /// references, and of the best points together with the references.
  package func share(_ points: [[Double]]) -> Double {
    (hypervolume(points: references + points, reference: corner) - known) / open
  }
}

extension StudyEstimates {
  /// Returns the share that the candidates cover of the hypervolume left open by the references; 1 for the estimated
  /// frontier. Accuracies are the estimates of all candidates, so that lucky trainings do not affect it.
  ///
  /// - Parameters:
  ///   - candidates: the candidates that were found.
  ///   - objectives: the study's objectives; times that are measured in trainings have no estimates and are left out.
  /// - Returns: `nil` if the objectives do not include accuracy and a cost, if the dense network or all layers together
  ///   have no sound training, or if they leave nothing open.
  package func openShare(of candidates: some Sequence<Candidate>, in space: SearchSpace, objectives: [Objective])
    -> Double?
  {
    let weighed = objectives.filter { $0.isEstimated }
    guard weighed.contains(.accuracy), weighed.count > 1 else { return nil }
    let byCandidate = Dictionary(uniqueKeysWithValues: entries.map { ($0.candidate, $0) })
    let references = space.allLayersReferences.compactMap { byCandidate[$0] }.filter(\.isTrained)
    guard let dense = byCandidate[.dense], dense.isTrained, !references.isEmpty else { return nil }
    func point(_ entry: Entry) -> [Double] {
      weighed.map { objective in
        switch objective {
        case .parameters: Double(entry.cost.parameters) / Double(space.denseCost.parameters)
        case .multiplyAdds: Double(entry.cost.multiplyAdds) / Double(space.denseCost.multiplyAdds)
        case .deviceTime: Double(entry.cost.effort) / Double(space.denseCost.effort)
        default: 1 - entry.accuracy
        }
      }
    }
    return OpenHypervolume(
      references: ([dense] + references).map(point), best: entries.filter(\.isOnFrontier).map(point)
    )?.share(candidates.compactMap { byCandidate[$0].map(point) })
  }
}
