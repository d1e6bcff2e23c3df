extension Candidate {
  /// Every 3×3 convolution, the first one too, and every one of bottlenecks, at the rank for its output channels;
  /// layers in which that rank would save nothing stay dense.
  package static func everyConvolution(of architecture: Architecture, rank: (_ outputChannels: Int) -> Int) -> Candidate
  {
    var ranks: [String: Int] = [:]
    for layer in architecture.mainConvolutions.map({ architecture.layers[$0] }) {
      let rank = rank(layer.outputChannels)
      if layer.legalRanks.contains(rank) { ranks[layer.name] = rank }
    }
    return Candidate(ranks: ranks)
  }
}
