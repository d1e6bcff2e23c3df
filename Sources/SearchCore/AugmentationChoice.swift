/// How training images are varied, if not in the usual way, by crops and flips.
public struct AugmentationChoice: Codable, Hashable, Sendable, LosslessStringConvertible {
  public enum Part: String, CaseIterable, Sendable {
    /// Cuts a window of the image's size out of the image with a black margin of an eighth of its side.
    case crop
    /// Mirrors the image left to right, with probability 1/2.
    case flip
    /// Sets a square of half the side to the mean color (DeVries and Taylor 2017).
    case cutout
  }

  /// The parts, in the order of `Part`.
  public let parts: [Part]

  /// Returns `nil` if the parts are the usual ones, crop and flip, or none.
  public init?(_ parts: Set<Part>) {
    guard !parts.isEmpty, parts != [.crop, .flip] else { return nil }
    self.parts = Part.allCases.filter(parts.contains)
  }

  /// Reads names in the order of `Part`: `flip`, `crop+flip+cutout`. Returns `nil` for any other text.
  public init?(_ text: String) {
    guard let parts = Self.parts(in: text), let choice = AugmentationChoice(Set(parts)), choice.description == text
    else { return nil }
    self = choice
  }

  public var description: String { parts.map(\.rawValue).joined(separator: "+") }

  /// Reads a setting as users write it: `none`, or names joined by `+` in any order. Returns `nil` for any other text.
  package static func setting(_ text: String) -> (augments: Bool, choice: AugmentationChoice?)? {
    if text == "none" { return (false, nil) }
    return parts(in: text).map { (true, AugmentationChoice(Set($0))) }
  }

  /// What `setting` accepts, for messages.
  package static let allowed =
    "none, or some of \(Part.allCases.map(\.rawValue).joined(separator: ", ")) with + between them"

  /// Returns `nil` if a name is unknown or appears twice.
  private static func parts(in text: String) -> [Part]? {
    let names = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    let parts = names.compactMap(Part.init(rawValue:))
    return parts.count == names.count && Set(parts).count == parts.count ? parts : nil
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.singleValueContainer()
    let text = try values.decode(String.self)
    guard let choice = AugmentationChoice(text) else {
      throw DecodingError.dataCorruptedError(in: values, debugDescription: "'\(text)' is not an augmentation")
    }
    self = choice
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.singleValueContainer()
    try values.encode(description)
  }
}
