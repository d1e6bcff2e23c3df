/// The keys of a network's description and their allowed values: one set of rules for configurations and command lines.
package enum ModelFields {
  /// A key and its values, as written.
  package struct Field {
    package var key: String
    /// The elements of a list, or the single value.
    package var values: [String]
    /// Whether the values are a list; `nil` if a single value cannot be told from a list of one.
    package var isList: Bool?

    package init(key: String, values: [String], isList: Bool?) {
      self.key = key
      self.values = values
      self.isList = isList
    }
  }

  package enum Family: String, CaseIterable {
    case cifarResNet = "cifar-resnet"
    case resNet = "resnet"

    /// The keys besides `family`.
    package var keys: [String] {
      switch self {
      case .cifarResNet: ["depth", "widths", "width", "shortcut"]
      case .resNet: ["blocks", "block", "widths", "width", "stem", "shortcut"]
      }
    }
  }

  package static let familyKey = "family"
  /// The keys of all families.
  package static let keys = [familyKey, "depth", "blocks", "block", "widths", "width", "stem", "shortcut"]

  /// What is allowed, for messages.
  package static var allowed: String {
    Model.allCases.map(\.rawValue).joined(separator: ", ")
      + ", or a description such as cifar-resnet:depth=20,width=2 or resnet:blocks=3/4/6/3,block=bottleneck"
  }

  /// Creates the model that the fields describe. Throws `SearchError.model`, whose problem reads on from the key, as in
  /// `is 19, but …`.
  package static func model(of fields: [Field]) throws(SearchError) -> Model {
    var reader = Reader()
    for field in fields {
      guard reader.fields.updateValue(field, forKey: field.key) == nil else {
        throw .model(key: field.key, problem: "appears twice; keep one")
      }
    }
    let families = Family.allCases.map(\.rawValue)
    guard let family: Family = try reader.choice(familyKey) else {
      throw .model(key: familyKey, problem: "is missing; allowed: \(families.joined(separator: ", "))")
    }
    try check(fields.map(\.key), family)
    let network =
      switch family {
      case .cifarResNet: try cifarResNet(reader)
      case .resNet: try resNet(reader)
      }
    try checkShortcuts(network)
    try checkSize(network)
    return Model(network)
  }

  private static func check(_ keys: [String], _ family: Family) throws(SearchError) {
    let allowed = [familyKey] + family.keys
    let list = allowed.joined(separator: ", ")
    for key in keys where !allowed.contains(key) {
      let other = Family.allCases.first { $0 != family && $0.keys.contains(key) }
      if let other {
        throw .model(
          key: key, problem: "is a key of the family \(other.rawValue); \(family.rawValue) has: \(list)")
      }
      let hint = nearest(to: key, in: allowed).map { "did you mean '\($0)'? Allowed here" } ?? "allowed here"
      throw .model(key: key, problem: "is not known; \(hint): \(list)")
    }
  }

  /// Depth 6n + 2: a stem, three stages of n blocks of two convolutions, a classifier.
  private static func cifarResNet(_ reader: Reader) throws(SearchError) -> NetworkDescription {
    let limit = NetworkLimits.blocksOfStage
    let depths = 6 * limit.lowerBound + 2...6 * limit.upperBound + 2
    guard let depth = try reader.integer("depth", in: depths) else {
      throw .model(key: "depth", problem: "is missing; allowed: 8, 14, 20, … (6n + 2)")
    }
    guard depth % 6 == 2 else {
      let below = depth - (depth - 2) % 6
      throw .model(
        key: "depth", problem: "is \(depth), but must be 6n + 2, such as \(below) or \(below + 6)")
    }
    return NetworkDescription(
      blocks: Array(repeating: (depth - 2) / 6, count: 3),
      widths: try reader.widths(stages: 3) ?? NetworkDescription.cifarWidths,
      width: try reader.integer("width", in: NetworkLimits.width) ?? 1,
      shortcut: try reader.choice("shortcut") ?? .subsampling)
  }

  private static func resNet(_ reader: Reader) throws(SearchError) -> NetworkDescription {
    guard let blocks = try reader.integers("blocks", in: NetworkLimits.blocksOfStage) else {
      throw .model(key: "blocks", problem: "is missing; write the number of blocks of each stage, such as [2, 2, 2, 2]")
    }
    guard NetworkLimits.stages.contains(blocks.count) else {
      let (least, most) = (NetworkLimits.stages.lowerBound, NetworkLimits.stages.upperBound)
      throw .model(key: "blocks", problem: "has \(blocks.count) stages, but must have from \(least) to \(most)")
    }
    return NetworkDescription(
      blocks: blocks, block: try reader.choice("block") ?? .basic,
      widths: try reader.widths(stages: blocks.count) ?? NetworkDescription.usualWidths(stages: blocks.count),
      width: try reader.integer("width", in: NetworkLimits.width) ?? 1, stem: try reader.choice("stem") ?? .plain,
      shortcut: try reader.choice("shortcut") ?? .projection)
  }

  private static func checkShortcuts(_ network: NetworkDescription) throws(SearchError) {
    guard network.shortcutsFit else {
      throw .model(
        key: "shortcut", problem: "cannot be A if a stage is narrower than the one before; let widths rise, or use B"
      )
    }
  }

  private static func checkSize(_ network: NetworkDescription) throws(SearchError) {
    let classes = NetworkLimits.classes.upperBound
    let architecture = Architecture(Model(network), classCount: classes)
    guard architecture.layers.count <= NetworkLimits.layers else {
      throw .model(
        key: nil,
        problem: "has \(architecture.layers.count) layers, at most \(NetworkLimits.layers) are allowed; "
          + "make it less deep"
      )
    }
    let parameters = architecture.cost(of: .dense, variant: .remainder).parameters
    guard parameters <= NetworkLimits.parameters else {
      throw .model(
        key: nil,
        problem: "has \(parameters) parameters at \(classes) classes, at most \(NetworkLimits.parameters) are allowed; "
          + "make it narrower or less deep")
    }
  }
}

/// Reads values by key, as the types that they should have.
private struct Reader {
  var fields: [String: ModelFields.Field] = [:]

  func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String) throws(SearchError) -> Value? {
    guard let text = try single(key) else { return nil }
    if let value = Value(rawValue: text) { return value }
    let names = Value.allCases.map(\.rawValue)
    let hint = nearest(to: text, in: names).map { "did you mean '\($0)'? Allowed" } ?? "allowed"
    throw .model(key: key, problem: "cannot be '\(text.prefix(60))'; \(hint): \(names.joined(separator: ", "))")
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(SearchError) -> Int? {
    guard let text = try single(key) else { return nil }
    return try number(key, text, in: range) { "is '\($0)'" }
  }

  func integers(_ key: String, in range: ClosedRange<Int>) throws(SearchError) -> [Int]? {
    guard let field = fields[key] else { return nil }
    guard field.isList != false else {
      throw .model(key: key, problem: "is \(field.shown), but must be a list of whole numbers")
    }
    var numbers: [Int] = []
    for text in field.values { numbers.append(try number(key, text, in: range) { "has '\($0)' in it" }) }
    return numbers
  }

  func widths(stages: Int) throws(SearchError) -> [Int]? {
    guard let widths = try integers("widths", in: NetworkLimits.widths) else { return nil }
    guard widths.count == stages else {
      let numbers = widths.count == 1 ? "1 number" : "\(widths.count) numbers"
      throw .model(
        key: "widths", problem: "has \(numbers), but the network has \(stages) stage\(stages == 1 ? "" : "s")")
    }
    return widths
  }

  private func single(_ key: String) throws(SearchError) -> String? {
    guard let field = fields[key] else { return nil }
    guard field.isList != true, field.values.count == 1 else {
      throw .model(key: key, problem: "is \(field.shown), but must be one value")
    }
    return field.values[0]
  }

  private func number(
    _ key: String, _ text: String, in range: ClosedRange<Int>, _ found: (String) -> String
  ) throws(SearchError) -> Int {
    let isPlain = !text.isEmpty && text.utf8.count <= 18 && text.utf8.allSatisfy { (48...57).contains($0) }
    guard isPlain, let number = Int(text), range.contains(number) else {
      let allowed = "whole numbers from \(range.lowerBound) to \(range.upperBound)"
      throw .model(key: key, problem: "\(found(String(text.prefix(60)))), but only \(allowed) are allowed")
    }
    return number
  }
}

extension ModelFields.Field {
  fileprivate var shown: String {
    isList == true || values.count > 1 ? "a list of \(values.count)" : "'\((values.first ?? "").prefix(60))'"
  }
}
