/// How much a frontier has of what the references leave open: the dense network and all layers at each rank, which
/// anybody would try without a search.
///
/// Hypervolume as it is reported counts from a network without accuracy, so that the references alone have nearly all
/// of it. Here it counts from the worst reference's accuracy and the dense network's costs, and accuracies are the
/// estimates of all candidates, so that lucky trainings have no part in it.
extension StudyEstimates {
  /// (H − H_ref) / (H_best − H_ref): of these candidates, of the references, of the estimated frontier; 1 where nothing
  /// is left to find.
  ///
  /// - Parameters:
  ///   - candidates: what was found.
  ///   - objectives: of the study; times have no estimates and are left out.
  /// - Returns: nil where accuracy is not weighed against a cost, where the dense network or all layers together have
  ///   no sound training, and where they leave nothing open.
  package func openShare(of candidates: some Sequence<Candidate>, in space: SearchSpace, objectives: [Objective])
    -> Double?
  {
    let weighed = objectives.filter { [.accuracy, .parameters, .multiplyAdds].contains($0) }
    guard weighed.contains(.accuracy), weighed.count > 1 else { return nil }
    let byCandidate = Dictionary(uniqueKeysWithValues: entries.map { ($0.candidate, $0) })
    let references = space.allLayersReferences.compactMap { byCandidate[$0] }.filter(\.isTrained)
    guard let dense = byCandidate[.dense], dense.isTrained, !references.isEmpty else { return nil }
    let anyones = [dense] + references
    guard let worst = anyones.map(\.accuracy).min() else { return nil }
    func volume(_ entries: [Entry]) -> Double {
      let points = entries.map { entry in
        weighed.map { objective in
          switch objective {
          case .parameters: Double(entry.cost.parameters) / Double(space.denseCost.parameters)
          case .multiplyAdds: Double(entry.cost.multiplyAdds) / Double(space.denseCost.multiplyAdds)
          default: 1 - entry.accuracy
          }
        }
      }
      // A little beyond, so that the worst reference and the dense network count with their other values.
      return hypervolume(
        points: points, reference: weighed.map { $0 == .accuracy ? 1 - worst + Self.margin : 1 + Self.margin })
    }
    let known = volume(anyones)
    let open = volume(entries.filter(\.isOnFrontier)) - known
    guard open > 1e-9 else { return nil }
    return (volume(candidates.compactMap { byCandidate[$0] }) - known) / open
  }

  private static let margin = 1e-6
}
