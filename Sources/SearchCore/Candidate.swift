/// Which layers become basis convolutions, and at which rank: the unit of the search.
///
/// A candidate is a value: equal sets are equal candidates however they were made, and `description` is its canonical
/// text, such as `layer1.0.conv1=8,layer2.1.conv2=16`, or `dense` when nothing is decomposed.
public struct Candidate: Hashable, Sendable {
  /// Layer name → rank r.
  public let ranks: [String: Int]

  public static let dense = Candidate(ranks: [:])

  public init(ranks: [String: Int]) { self.ranks = ranks }

  /// Names in canonical order: compared piece by piece between dots, numbers as numbers, so that `layer1.10.conv1` follows
  /// `layer1.9.conv1`.
  public var decomposedLayers: [String] { ranks.keys.sorted(by: LayerName.precedes) }
}

/// Order of PyTorch-style layer names.
public enum LayerName {
  public static func precedes(_ left: String, _ right: String) -> Bool {
    let leftPieces = left.split(separator: ".")
    let rightPieces = right.split(separator: ".")
    for (l, r) in zip(leftPieces, rightPieces) where l != r {
      if let l = Int(l), let r = Int(r) { return l < r }
      return l < r
    }
    return leftPieces.count < rightPieces.count
  }
}

extension Candidate: CustomStringConvertible {
  public var description: String {
    ranks.isEmpty ? "dense" : decomposedLayers.map { "\($0)=\(ranks[$0]!)" }.joined(separator: ",")
  }
}
