extension Candidate {
  /// Returns the candidate that decomposes every 3×3 convolution, including the stem's, and every convolution of
  /// bottlenecks, at the rank that `rank` returns for its output channels. Layers in which that rank saves nothing stay
  /// dense.
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
