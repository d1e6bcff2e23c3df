/// A network that can be searched: one with a usual name, or a description.
///
/// `rawValue` is its canonical text, which works, studies and checkpoints contain: the name if there is one, otherwise
/// a description such as `cifar-resnet:depth=20,width=4` or `resnet:blocks=3/4/6/3,block=bottleneck,stem=7x7-pool`,
/// without values that are the default.
public struct Model: RawRepresentable, Hashable, Codable, CaseIterable, Sendable, CustomStringConvertible {
  public let rawValue: String
  public let network: NetworkDescription

  /// Creates the network of a description, under its name if it has one.
  /// - Precondition: The description is one that `ModelFields` accepts, or one that a name stands for.
  init(_ network: NetworkDescription) {
    self.network = network
    rawValue = Self.named.first { $0.network == network }?.name ?? ModelText.text(of: network)
  }

  private init(name: String, network: NetworkDescription) {
    rawValue = name
    self.network = network
  }

  /// Reads a name or a description, as users write it on one line. Returns `nil` for any other text; `init(text:)` says
  /// why.
  public init?(rawValue: String) { try? self.init(text: rawValue) }

  /// Reads a name or a description. Throws `SearchError.model`.
  public init(text: String) throws(SearchError) {
    if let known = Self.named.first(where: { $0.name == text }) {
      self.init(name: known.name, network: known.network)
    } else {
      self = try ModelText.read(text)
    }
  }

  public var description: String { rawValue }

  /// The networks with a name.
  public static let allCases: [Model] = named.map { Model(name: $0.name, network: $0.network) }

  /// Whether `rawValue` is a name rather than a description.
  public var isNamed: Bool { Self.named.contains { $0.name == rawValue } }

  /// Whether programs that do not know descriptions know the network.
  package var isKnownToAll: Bool { Self.oldest.contains { $0.name == rawValue } }

  public static func == (left: Model, right: Model) -> Bool { left.rawValue == right.rawValue }
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do { try self.init(text: container.decode(String.self)) } catch let error as SearchError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

// Usual names.
extension Model {
  public static let resnet8 = cifar(depth: 8)
  public static let resnet14 = cifar(depth: 14)
  public static let resnet20 = cifar(depth: 20)
  public static let resnet32 = cifar(depth: 32)
  public static let resnet44 = cifar(depth: 44)
  public static let resnet56 = cifar(depth: 56)
  public static let resnet110 = cifar(depth: 110)
  public static let resnet18 = Model(wide([2, 2, 2, 2]))
  public static let resnet34 = Model(wide([3, 4, 6, 3]))
  public static let resnet50 = Model(wide([3, 4, 6, 3], .bottleneck))
  public static let resnet101 = Model(wide([3, 4, 23, 3], .bottleneck))

  private static func cifar(depth: Int) -> Model { Model(cifarNetwork(blocks: (depth - 2) / 6)) }

  private static func cifarNetwork(blocks: Int) -> NetworkDescription {
    NetworkDescription(
      blocks: Array(repeating: blocks, count: 3), widths: NetworkDescription.cifarWidths, shortcut: .subsampling)
  }

  private static func wide(_ blocks: [Int], _ block: NetworkDescription.Block = .basic) -> NetworkDescription {
    NetworkDescription(
      blocks: blocks, block: block, widths: NetworkDescription.usualWidths(stages: blocks.count),
      shortcut: .projection)
  }

  private typealias Named = (name: String, network: NetworkDescription)

  /// The names that existed before descriptions: the CIFAR ResNets of He et al. 2016, section 4.2, and ResNet-18 and
  /// ResNet-34 with a stem for small images.
  private static let oldest: [Named] =
    [8, 14, 20, 32, 44, 56, 110].map { ("resnet\($0)", cifarNetwork(blocks: ($0 - 2) / 6)) }
    + [("resnet18", wide([2, 2, 2, 2])), ("resnet34", wide([3, 4, 6, 3]))]

  private static let named: [Named] =
    oldest + [
      ("resnet50", wide([3, 4, 6, 3], .bottleneck)), ("resnet101", wide([3, 4, 23, 3], .bottleneck)),
    ]
}
