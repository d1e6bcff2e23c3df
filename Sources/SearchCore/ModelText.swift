/// Descriptions of networks on one line: `family:key=value,key=value`, lists with slashes.
enum ModelText {
  /// Returns the canonical text: the keys in the order of `ModelFields.Family.keys`, without those that have the
  /// family's default values.
  static func text(of network: NetworkDescription) -> String {
    var fields: [(String, String)] = []
    func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: "/") }
    let family: ModelFields.Family
    let usual: ([Int], NetworkDescription.ShortcutOption)
    if let blocks = network.cifarBlocks {
      family = .cifarResNet
      usual = (NetworkDescription.cifarWidths, .subsampling)
      fields.append(("depth", "\(6 * blocks + 2)"))
    } else {
      family = .resNet
      usual = (NetworkDescription.usualWidths(stages: network.blocks.count), .projection)
      fields.append(("blocks", list(network.blocks)))
      if network.block != .basic { fields.append(("block", network.block.rawValue)) }
    }
    if network.widths != usual.0 { fields.append(("widths", list(network.widths))) }
    if network.width != 1 { fields.append(("width", "\(network.width)")) }
    if network.stem != .plain { fields.append(("stem", network.stem.rawValue)) }
    if network.shortcut != usual.1 { fields.append(("shortcut", network.shortcut.rawValue)) }
    return "\(family.rawValue):" + fields.map { "\($0)=\($1)" }.joined(separator: ",")
  }

  /// Reads a description. Throws `SearchError.model` for text that is neither a name nor a description.
  static func read(_ text: String) throws(SearchError) -> Model {
    guard let colon = text.firstIndex(of: ":") else {
      let families = ModelFields.Family.allCases.map(\.rawValue)
      let near = nearest(to: text, in: Model.allCases.map(\.rawValue) + families)
      let hint =
        near.map { families.contains($0) ? "\($0):…" : $0 }.map { "did you mean '\($0)'? Allowed" } ?? "allowed"
      throw .model(
        key: nil,
        problem: "cannot be '\(text.prefix(60))'; \(hint): \(ModelFields.allowed)")
    }
    var fields: [ModelFields.Field] = [
      ModelFields.Field(key: ModelFields.familyKey, values: [String(text[..<colon])], isList: false)
    ]
    let rest = text[text.index(after: colon)...]
    for piece in rest.split(separator: ",", omittingEmptySubsequences: false) {
      guard let equals = piece.firstIndex(of: "="), equals > piece.startIndex else {
        throw .model(key: nil, problem: "has '\(piece.prefix(60))' in it, but must be key=value with commas between")
      }
      let value = piece[piece.index(after: equals)...]
      let values = value.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      fields.append(ModelFields.Field(key: String(piece[..<equals]), values: values, isList: nil))
    }
    return try ModelFields.model(of: fields)
  }
}
