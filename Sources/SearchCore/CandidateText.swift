// Reads and checks candidates. Candidate.swift writes their canonical text.

extension Candidate {
  /// Reads `layer1.0.conv1=8,layer2.1.conv2=16/grouped2` in any order, with or without spaces around names and ranks,
  /// or `dense`. Names and upper bounds of ranks are not checked here; `validate(in:)` checks them against a network.
  public init(parsing text: String) throws(SearchError) {
    if let candidate = Candidate(canonical: text) {
      self = candidate
      return
    }
    func problem(_ what: String) -> SearchError { .candidateText(text: text, problem: what) }
    if Self.trimmed(text[...]) == "dense" {
      self = .dense
      return
    }
    var forms: [String: BasisForm] = [:]
    for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = piece.split(separator: "=", omittingEmptySubsequences: false).map(Self.trimmed)
      if sides == [""] { throw problem(forms.isEmpty ? "it names no layer" : "there is nothing between two commas") }
      guard sides.count == 2 else { throw problem("\"\(Self.trimmed(piece))\" is not layer=rank") }
      guard !sides[0].isEmpty, !sides[0].contains(where: \.isWhitespace) else {
        throw problem("\"\(sides[0])\" is not a layer name")
      }
      let parts = sides[1].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
      guard parts[0].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        parts[0].utf8.count <= Self.mostRankDigits, let rank = Int(parts[0]), rank >= 1
      else { throw problem("\"\(parts[0])\" is not a rank, which is a whole number from 1 to 999999") }
      var variant: BasisVariant?
      if parts.count > 1 {
        variant = BasisVariant(rawValue: parts[1])
        guard variant != nil else {
          throw problem("\"\(parts[1])\" is not a variant; \(BasisVariant.hint(for: parts[1]))")
        }
      }
      guard forms.updateValue(BasisForm(rank: rank, variant: variant), forKey: sides[0]) == nil else {
        throw problem("\(sides[0]) appears twice")
      }
    }
    self.init(forms: forms)
  }

  /// Checks the candidate against a network.
  /// - Parameter variant: The variant of layers for which the candidate names none.
  /// - Throws: `SearchError` if the network lacks a layer of this candidate, if a rank saves nothing in its layer, or
  ///   if a layer cannot have its variant at that rank.
  public func validate(in architecture: Architecture, variant: BasisVariant = .remainder) throws(SearchError) {
    for decomposition in decompositions {
      let (name, rank) = (decomposition.layer, decomposition.rank)
      guard let layer = architecture.layer(named: name) else {
        throw .unknownLayer(name: name, model: architecture.model.rawValue, nearest: architecture.namesNear(name))
      }
      guard layer.legalRanks.contains(rank) else {
        throw .illegalRank(layer: name, rank: rank, allowed: layer.legalRanks)
      }
      let own = decomposition.form.variant ?? variant
      if let problem = own.problem(outputs: layer.outputChannels, rank: rank) {
        throw .illegalVariant(layer: name, rank: rank, variant: own, problem: problem)
      }
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first?.isWhitespace ?? false { text.removeFirst() }
    while text.last?.isWhitespace ?? false { text.removeLast() }
    return String(text)
  }
}
