/// Which layers become basis convolutions, and at which rank: the unit of the search.
///
/// A candidate is a value: equal sets are equal candidates, however they were made. `description` is the canonical
/// text, such as `layer1.0.conv1=8,layer2.1.conv2=16/grouped2`, or `dense` if nothing is decomposed. A layer for which
/// the candidate names no variant has the variant of the training's recipe.
public struct Candidate: Hashable, Sendable, CustomStringConvertible {
  public struct Decomposition: Hashable, Sendable {
    public let layer: String
    public let form: BasisForm
    public var rank: Int { form.rank }
  }

  /// The decomposed layers, in canonical order (`LayerName.precedes`).
  public let decompositions: [Decomposition]
  public let description: String

  public static let dense = Candidate(sorted: [])

  /// - Parameter ranks: Layer name → rank r.
  public init(ranks: [String: Int]) { self.init(forms: ranks.mapValues { BasisForm(rank: $0) }) }

  /// - Parameter forms: Layer name → rank and variant.
  public init(forms: [String: BasisForm]) {
    let decompositions = forms.map { Decomposition(layer: $0.key, form: $0.value) }
    self.init(sorted: decompositions.sorted { LayerName.precedes($0.layer, $1.layer) })
  }

  private init(sorted decompositions: [Decomposition]) {
    self.decompositions = decompositions
    if decompositions.isEmpty {
      description = "dense"
      return
    }
    var text = ""
    text.reserveCapacity(24 * decompositions.count)
    for decomposition in decompositions {
      if !text.isEmpty { text += "," }
      text += decomposition.layer
      text += "="
      text += String(decomposition.rank)
      if let variant = decomposition.form.variant {
        text += "/"
        text += variant.rawValue
      }
    }
    description = text
  }

  private init(sorted decompositions: [Decomposition], text: String) {
    self.decompositions = decompositions
    description = text
  }

  public var isDense: Bool { decompositions.isEmpty }

  /// Returns `nil` if the layer stays dense.
  public func form(of layer: String) -> BasisForm? { decompositions.first { $0.layer == layer }?.form }

  /// Returns `nil` if the layer stays dense.
  public func rank(of layer: String) -> Int? { form(of: layer)?.rank }

  /// The rank of each decomposed layer, by layer name.
  public var ranks: [String: Int] {
    Dictionary(uniqueKeysWithValues: decompositions.map { ($0.layer, $0.rank) })
  }

  /// The rank and variant of each decomposed layer, by layer name.
  public var forms: [String: BasisForm] {
    Dictionary(uniqueKeysWithValues: decompositions.map { ($0.layer, $0.form) })
  }

  /// Returns the candidate as works of a study with this variant write it: layers of the study's own variant name none.
  public func plain(where own: BasisVariant) -> Candidate {
    guard decompositions.contains(where: { $0.form.variant == own }) else { return self }
    return Candidate(forms: forms.mapValues { $0.plain(where: own) })
  }

  /// The names of the decomposed layers, in canonical order.
  public var decomposedLayers: [String] { decompositions.map(\.layer) }

  /// Hashes the text alone, which identifies the candidate and is already computed.
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

// Reads what `description` wrote. `init(parsing:)` reads what users write.
extension Candidate {
  /// Returns `nil` if this is not a candidate's canonical text. The jobs of a large study have 100,000 of these texts,
  /// and in a simulation each is read several times, so the parser works on bytes.
  public init?(canonical text: String) {
    var text = text
    let decompositions = text == "dense" ? [] : text.withUTF8(Self.read)
    guard let decompositions else { return nil }
    self.init(sorted: decompositions, text: text)
  }

  /// More digits than any rank has; costs of candidates with such ranks do not overflow.
  static let mostRankDigits = 6

  private static func read(_ text: UnsafeBufferPointer<UInt8>) -> [Decomposition]? {
    var decompositions: [Decomposition] = []
    var position = 0
    while true {
      let start = position
      while position < text.count, isNamePart(text[position]) { position += 1 }
      guard position > start, position < text.count, text[position] == UInt8(ascii: "=") else { return nil }
      let layer = String(decoding: text[start..<position], as: UTF8.self)
      position += 1
      let digits = position
      var rank = 0
      while position < text.count, position - digits < mostRankDigits, isDigit(text[position]) {
        rank = rank * 10 + Int(text[position] - UInt8(ascii: "0"))
        position += 1
      }
      guard position > digits, text[digits] != UInt8(ascii: "0") else { return nil }
      if let last = decompositions.last, !LayerName.precedes(last.layer, layer) { return nil }
      var variant: BasisVariant?
      if position < text.count, text[position] == UInt8(ascii: "/") {
        let start = position + 1
        position = start
        while position < text.count, isNamePart(text[position]) { position += 1 }
        variant = BasisVariant(rawValue: String(decoding: text[start..<position], as: UTF8.self))
        guard variant != nil else { return nil }
      }
      decompositions.append(Decomposition(layer: layer, form: BasisForm(rank: rank, variant: variant)))
      if position == text.count { return decompositions }
      guard text[position] == UInt8(ascii: ",") else { return nil }
      position += 1
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
      || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")) || byte == UInt8(ascii: ".")
      || byte == UInt8(ascii: "_")
  }
}
