/// How much a frontier has of what the references leave open: the dense network and all layers at each rank, which
/// anybody would try without a search.
///
/// Hypervolume as it is reported counts from a network without accuracy, so that the references alone have nearly all
/// of it. Here it counts from the worst value that any of the references has in each objective, which is the worst
/// reference's accuracy and the dense network's costs.
package struct OpenHypervolume: Sendable {
  private let references: [[Double]]
  private let corner: [Double]
  private let known: Double
  private let open: Double

  /// So that the worst reference and the dense network count with their other values.
  private static let margin = 1e-6

  /// Points have values that are to be small, in the same order.
  ///
  /// - Parameter best: all that there is to find, as far as is known.
  /// - Returns: nil without references, and where they leave nothing open.
  package init?(references: [[Double]], best: [[Double]]) {
    guard var corner = references.first else { return nil }
    for point in references { corner = zip(corner, point).map { max($0, $1) } }
    self.references = references
    self.corner = corner.map { $0 + Self.margin }
    known = hypervolume(points: references, reference: self.corner)
    open = hypervolume(points: references + best, reference: self.corner) - known
    guard open > 1e-9 else { return nil }
  }

  /// (H − H_ref) / (H_best − H_ref): of these points together with the references, of the references, of the best.
  package func share(_ points: [[Double]]) -> Double {
    (hypervolume(points: references + points, reference: corner) - known) / open
  }
}

extension StudyEstimates {
  /// Of what the references leave open; 1 for the estimated frontier. Accuracies are the estimates of all candidates,
  /// so that lucky trainings have no part in it.
  ///
  /// - Parameters:
  ///   - candidates: what was found.
  ///   - objectives: of the study; times that are measured in trainings have no estimates and are left out.
  /// - Returns: nil where accuracy is not weighed against a cost, where the dense network or all layers together have
  ///   no sound training, and where they leave nothing open.
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
