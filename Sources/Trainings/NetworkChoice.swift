import SearchCore

/// The choice of a network: a model, and which of its layers are decomposed.
package struct NetworkChoice: Sendable {
  package var model: Model?
  package var variant: BasisVariant?
  /// Layers with their ranks, a label, or `dense`.
  package var candidate: String?
  /// The rank of every 3×3 convolution, and of every convolution of bottlenecks, as a fraction of its output channels.
  package var rankFraction: Double?
  /// The rank of every 3×3 convolution, and of every convolution of bottlenecks, for which it is legal.
  package var rank: Int?

  package init(model: Model?, variant: BasisVariant?, candidate: String?, rankFraction: Double?, rank: Int?) {
    (self.model, self.variant) = (model, variant)
    (self.candidate, self.rankFraction, self.rank) = (candidate, rankFraction, rank)
  }

  /// Whether the choice says which layers are decomposed.
  package var namesCandidate: Bool { candidate != nil || rank != nil || rankFraction != nil }

  /// Returns the candidate in this network; dense if the choice names none.
  package func candidate(in architecture: Architecture) throws(SearchError) -> Candidate {
    let chosen = try unchecked(in: architecture)
    try chosen.validate(in: architecture, variant: variant ?? .remainder)
    return chosen
  }

  private func unchecked(in architecture: Architecture) throws(SearchError) -> Candidate {
    if let rankFraction {
      return .everyConvolution(of: architecture) { outputs in
        max(1, Int((rankFraction * Double(outputs)).rounded(.toNearestOrAwayFromZero)))
      }
    }
    if let rank {
      let chosen = Candidate.everyConvolution(of: architecture) { _ in rank }
      let widest = architecture.mainConvolutions.map { architecture.layers[$0] }
        .max { $0.legalRanks.count < $1.legalRanks.count }
      if chosen.isDense, let widest {
        throw .illegalRank(layer: widest.name, rank: rank, allowed: widest.legalRanks)
      }
      return chosen
    }
    return try Candidate(label: candidate ?? "dense", in: architecture)
  }
}
