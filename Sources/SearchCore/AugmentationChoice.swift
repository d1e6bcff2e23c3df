/// How training images are varied, where that is not the usual: crops and flips.
public struct AugmentationChoice: Codable, Hashable, Sendable, LosslessStringConvertible {
  public enum Part: String, CaseIterable, Sendable {
    /// A window of the image's size, of the image with a black margin of an eighth of its side.
    case crop
    /// Left to right, every second time.
    case flip
    /// A square of half the side becomes the mean color (DeVries and Taylor 2017).
    case cutout
  }

  /// In the order of `Part`.
  public let parts: [Part]

  /// Nil where it is the usual, or none.
  public init?(_ parts: Set<Part>) {
    guard !parts.isEmpty, parts != [.crop, .flip] else { return nil }
    self.parts = Part.allCases.filter(parts.contains)
  }

  /// `flip`, `crop+flip+cutout`: names in this order.
  public init?(_ text: String) {
    guard let parts = Self.parts(in: text), let choice = AugmentationChoice(Set(parts)), choice.description == text
    else { return nil }
    self = choice
  }

  public var description: String { parts.map(\.rawValue).joined(separator: "+") }

  /// What people write: `none`, or names with `+` between them, in any order; nil where that is neither.
  package static func setting(_ text: String) -> (augments: Bool, choice: AugmentationChoice?)? {
    if text == "none" { return (false, nil) }
    return parts(in: text).map { (true, AugmentationChoice(Set($0))) }
  }

  /// What `setting` takes, for messages.
  package static let allowed =
    "none is wanted, or some of \(Part.allCases.map(\.rawValue).joined(separator: ", ")) with + between them"

  /// Nil where one is not known, or there twice.
  private static func parts(in text: String) -> [Part]? {
    let names = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    let parts = names.compactMap(Part.init(rawValue:))
    return parts.count == names.count && Set(parts).count == parts.count ? parts : nil
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.singleValueContainer()
    let text = try values.decode(String.self)
    guard let choice = AugmentationChoice(text) else {
      throw DecodingError.dataCorruptedError(in: values, debugDescription: "'\(text)' is no augmentation")
    }
    self = choice
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.singleValueContainer()
    try values.encode(description)
  }
}
