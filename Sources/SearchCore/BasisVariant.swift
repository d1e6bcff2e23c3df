/// How the N outputs of a basis convolution are computed from its r basis maps (arXiv 2408.06024). All variants
/// evaluate the maps first.
///
/// `grouped` and `tied` make the coefficient matrix smaller. They are reconstructions of what public summaries of the
/// paper name: docs/engine.md.
public enum BasisVariant: Hashable, Sendable {
  /// r outputs are the basis maps themselves; the other N − r are combinations of the maps.
  case remainder
  /// All N outputs are combinations of the r basis maps.
  case full
  /// As `remainder`, with the maps and the other outputs divided into this number of groups of equal size, at least 1.
  /// An output combines only the basis maps of its own group. One group is `remainder`, to the bit.
  case grouped(Int)
  /// As `remainder`; the layers of one stage with the same N and r share one coefficient matrix.
  case tied

  /// Returns the number of outputs that are combinations of the basis maps: the rows of the coefficient matrix.
  package func combinations(outputs: Int, rank: Int) -> Int { keepsMaps ? outputs - rank : outputs }

  /// Whether r outputs are the basis maps themselves.
  package var keepsMaps: Bool { self != .full }

  package var groups: Int {
    if case .grouped(let groups) = self { groups } else { 1 }
  }

  /// Returns the number of basis maps that an output combines: the columns of the coefficient matrix.
  package func combinedMaps(rank: Int) -> Int { rank / groups }

  /// Returns the number of coefficients, which is also the number of their multiply-adds per pixel.
  package func coefficients(outputs: Int, rank: Int) -> Int {
    combinations(outputs: outputs, rank: rank) * combinedMaps(rank: rank)
  }

  /// Returns why a layer cannot have this variant at a rank that is legal in the layer; `nil` if it can.
  package func problem(outputs: Int, rank: Int) -> String? {
    let combinations = combinations(outputs: outputs, rank: rank)
    guard rank % groups != 0 || combinations % groups != 0 else { return nil }
    return "\(groups) groups do not divide both the \(rank) basis maps and the \(combinations) other outputs"
  }
}

extension BasisVariant: RawRepresentable, Codable, CaseIterable, LosslessStringConvertible {
  /// The variants without a number; `grouped` has one name for each number of groups.
  public static let allCases: [BasisVariant] = [.remainder, .full, .tied]

  /// Variants that messages suggest.
  public static let names = ["remainder", "full", "tied", "grouped2", "grouped4"]
  public static let allowed = "remainder, full, tied, or grouped with a number of groups, such as grouped2"

  /// Returns, for messages, the name that `text` probably stands for, if any, and the names that are allowed.
  public static func hint(for text: String) -> String {
    nearest(to: text, in: names).map { "did you mean '\($0)'? Allowed: \(allowed)" } ?? "allowed: \(allowed)"
  }

  private static let groupedName = "grouped"

  public var rawValue: String {
    switch self {
    case .remainder: "remainder"
    case .full: "full"
    case .grouped(let groups): "\(Self.groupedName)\(groups)"
    case .tied: "tied"
    }
  }

  public init?(rawValue: String) {
    if let variant = Self.allCases.first(where: { $0.rawValue == rawValue }) {
      self = variant
      return
    }
    guard rawValue.hasPrefix(Self.groupedName) else { return nil }
    let digits = rawValue.utf8.dropFirst(Self.groupedName.utf8.count)
    guard (1...4).contains(digits.count), digits.first != UInt8(ascii: "0"),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let groups = Int(String(Substring(digits)))
    else { return nil }
    self = .grouped(groups)
  }

  public var description: String { rawValue }

  public init?(_ description: String) { self.init(rawValue: description) }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let variant = BasisVariant(rawValue: text) else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: decoder.codingPath,
          debugDescription: "there is no variant \"\(text)\"; \(Self.hint(for: text))"))
    }
    self = variant
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// How a candidate decomposes a layer: the rank, and the variant if it is not the study's own.
public struct BasisForm: Hashable, Sendable, CustomStringConvertible {
  public let rank: Int
  /// The variant; `nil` for the one that the training's recipe names.
  public let variant: BasisVariant?

  public init(rank: Int, variant: BasisVariant? = nil) {
    self.rank = rank
    self.variant = variant
  }

  /// `8` or `8/grouped2`.
  public var description: String { variant.map { "\(rank)/\($0.rawValue)" } ?? "\(rank)" }

  /// Returns the form without its variant if that is `own`, the recipe's variant, which texts do not repeat.
  func plain(where own: BasisVariant) -> BasisForm { variant == own ? BasisForm(rank: rank) : self }
}

/// The basis of a decomposed layer in a network.
package struct LayerBasis: Hashable, Sendable {
  package let rank: Int
  package let variant: BasisVariant
  /// Index of the layer whose coefficients this layer uses: the layer itself, or, if it is tied, the first of the
  /// layers that share the coefficients.
  package let coefficientsOf: Int
}

extension Layer {
  /// The stage, such as `layer1` of `layer1.0.conv1`; `nil` for a layer outside the stages.
  var stage: Substring? { name.firstIndex(of: ".").map { name[..<$0] } }
}

extension Architecture {
  /// Returns the basis that each layer has in this candidate; `nil` for dense layers. Layers that the network does not
  /// have are ignored.
  /// - Parameter variant: The variant of layers for which the candidate names none.
  package func bases(of candidate: Candidate, variant: BasisVariant) -> [LayerBasis?] {
    struct Tie: Hashable {
      var stage: Substring
      var outputs: Int
      var rank: Int
    }
    var firsts: [Tie: Int] = [:]
    return layers.enumerated().map { index, layer in
      guard let form = candidate.form(of: layer.name) else { return nil }
      let own = form.variant ?? variant
      var owner = index
      if own == .tied, let stage = layer.stage {
        let tie = Tie(stage: stage, outputs: layer.outputChannels, rank: form.rank)
        owner = firsts[tie] ?? index
        firsts[tie] = owner
      }
      return LayerBasis(rank: form.rank, variant: own, coefficientsOf: owner)
    }
  }
}
