/// The parts of a candidate's label: what their names stand for, and how their ranks are written and read.
enum LabelPart {
  /// A name in a label, and the layers that it stands for, in the network's order.
  private struct Group {
    var name: String
    var layers: [Layer]
  }

  /// Returns stem, stages, shortcuts and classifier. Every layer is in one of these groups.
  private static func groups(of architecture: Architecture) -> [Group] {
    let stages = stages(of: architecture)
    let shortcuts = architecture.blocks.compactMap { block -> Layer? in
      guard case .projection(let layer) = block.shortcut else { return nil }
      return architecture.layers[layer]
    }
    let stem = Group(name: "conv1", layers: [architecture.layers[architecture.stem]])
    let classifier = Group(name: "fc", layers: [architecture.layers[architecture.classifier]])
    return [stem] + stages + (shortcuts.isEmpty ? [] : [Group(name: "shortcuts", layers: shortcuts)]) + [classifier]
  }

  private static func stages(of architecture: Architecture) -> [Group] {
    var stages: [Group] = []
    for block in architecture.blocks {
      let name = String(block.name.prefix { $0 != "." })
      if stages.last?.name != name { stages.append(Group(name: name, layers: [])) }
      stages[stages.count - 1].layers += block.convolutions.map { architecture.layers[$0] }
    }
    return stages
  }
}

// Writing.
extension LabelPart {
  /// Returns `nil` if the network lacks a layer of the candidate, or if a rank is below 1.
  static func parts(of candidate: Candidate, in architecture: Architecture) -> [String]? {
    guard candidate.decompositions.allSatisfy({ $0.rank >= 1 }),
      Set(candidate.decomposedLayers).isSubset(of: architecture.layers.map(\.name))
    else { return nil }
    let stages = stages(of: architecture)
    var parts: [String] = []
    var open: (first: Int, last: Int, fraction: String)?
    func close() {
      guard let (first, last, fraction) = open else { return }
      open = nil
      let isAll = last - first + 1 == stages.count
      let name =
        first == last ? stages[first].name : "\(stages[first].name)–\(stages[last].name.dropFirst("layer".count))"
      parts.append("\(isAll ? "all" : name) \(fraction)")
    }
    for group in groups(of: architecture) {
      let forms = group.layers.map { candidate.form(of: $0.name) }
      guard forms.contains(where: { $0 != nil }) else {
        close()
        continue
      }
      let fraction = group.layers.count > 1 ? commonFraction(of: forms, in: group.layers) : nil
      let stage = stages.firstIndex { $0.name == group.name }
      if let fraction, let stage {
        if let known = open, known.fraction == fraction {
          open = (known.first, stage, fraction)
        } else {
          close()
          open = (stage, stage, fraction)
        }
        continue
      }
      close()
      parts.append("\(group.name) \(fraction ?? list(forms))")
    }
    close()
    return parts
  }

  /// Returns `C/4`, `3C/4` or `C/4/grouped2` if every layer has that fraction of its output channels as its rank, and
  /// that variant. Only unit fractions and denominators up to 8 are used: others are harder to read than the ranks.
  private static func commonFraction(of forms: [BasisForm?], in layers: [Layer]) -> String? {
    guard let first = forms[0], let channels = layers.first?.outputChannels else { return nil }
    let divisor = greatestCommonDivisor(first.rank, channels)
    let (numerator, denominator) = (first.rank / divisor, channels / divisor)
    guard numerator == 1 || denominator <= 8 else { return nil }
    for (form, layer) in zip(forms, layers) {
      guard let form, form.variant == first.variant,
        multiplied(form.rank, denominator) == multiplied(layer.outputChannels, numerator)
      else { return nil }
    }
    return (numerator == 1 ? "" : "\(numerator)") + "C/\(denominator)" + (first.variant.map { "/\($0.rawValue)" } ?? "")
  }

  private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
    var (left, right) = (left, right)
    while right != 0 { (left, right) = (right, left % right) }
    return left
  }

  /// Returns `nil` on overflow, which no layer's channels cause.
  private static func multiplied(_ left: Int, _ right: Int) -> Int? {
    let (product, overflows) = left.multipliedReportingOverflow(by: right)
    return overflows ? nil : product
  }

  /// `4·4/grouped2·–×3`
  private static func list(_ forms: [BasisForm?]) -> String {
    var entries: [String] = []
    var index = 0
    while index < forms.count {
      let length = forms[index...].prefix { $0 == forms[index] }.count
      let entry = forms[index].map(\.description) ?? "–"
      entries += length < 3 ? Array(repeating: entry, count: length) : ["\(entry)×\(length)"]
      index += length
    }
    return entries.joined(separator: "·")
  }
}

// Reading.
extension LabelPart {
  /// Reads the decomposed layers of one part.
  static func read(
    _ part: Substring, label: String, in architecture: Architecture
  ) throws(SearchError) -> [(layer: String, form: BasisForm)] {
    func problem(_ what: String) -> SearchError { .candidateText(text: label, problem: what) }
    let words = part.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    guard let name = words.first else { throw problem("a part between two bars is empty") }
    guard let layers = layers(named: name, in: architecture) else {
      let names = ["all"] + groups(of: architecture).map(\.name)
      throw problem(
        "\(architecture.model.rawValue) has no \"\(name)\" (\(names.joined(separator: ", ")), or layer2–3 for several)")
    }
    let ranks = words.count < 2 ? "" : String(words[1].filter { !$0.isWhitespace })
    guard !ranks.isEmpty else { throw problem("no ranks follow \"\(name)\"") }
    func variant(_ name: Substring?) throws(SearchError) -> BasisVariant? {
      guard let name else { return nil }
      guard let variant = BasisVariant(rawValue: String(name)) else {
        throw problem("\"\(name)\" is not a variant; \(BasisVariant.hint(for: String(name)))")
      }
      return variant
    }
    let (plain, named) = withoutVariant(ranks[...])
    if plain.contains("C") || plain.contains("/") && !plain.contains(where: { "·,.".contains($0) }) {
      guard let (numerator, denominator) = fraction(String(plain)) else {
        throw problem("\"\(ranks)\" is not a fraction of the channels such as C/4 or 3C/4")
      }
      let variant = try variant(named)
      var read: [(layer: String, form: BasisForm)] = []
      for layer in layers {
        guard let channels = multiplied(layer.outputChannels, numerator), channels % denominator == 0 else {
          throw problem("\(ranks) is not a whole number in \(layer.name), which has \(layer.outputChannels) channels")
        }
        read.append((layer.name, BasisForm(rank: channels / denominator, variant: variant)))
      }
      return read
    }
    var read: [(layer: String, form: BasisForm)] = []
    var position = 0
    for entry in ranks.split(omittingEmptySubsequences: false, whereSeparator: { "·,.".contains($0) }) {
      guard let (rank, named, count) = self.entry(entry) else {
        throw problem("\"\(entry)\" after \(name) is not a rank, – for a dense layer, or one of them ×count")
      }
      guard count <= layers.count - position else {
        throw problem("\(name) has \(layers.count) layer\(layers.count == 1 ? "" : "s"), but more ranks follow it")
      }
      if let rank {
        let form = BasisForm(rank: rank, variant: try variant(named))
        for offset in 0..<count { read.append((layers[position + offset].name, form)) }
      }
      position += count
    }
    guard position == layers.count else {
      throw problem(
        "\(name) has \(layers.count) layers, but \(position) rank\(position == 1 ? " follows" : "s follow") it")
    }
    return read
  }

  private static func layers(named name: Substring, in architecture: Architecture) -> [Layer]? {
    let stages = stages(of: architecture)
    if name == "all" { return stages.flatMap(\.layers) }
    if let group = groups(of: architecture).first(where: { $0.name == name }) { return group.layers }
    let ends = name.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "–" || $0 == "-" })
    guard ends.count == 2, let first = stages.firstIndex(where: { $0.name == ends[0] }),
      let last = stages.firstIndex(where: { $0.name == ends[1] || $0.name == "layer\(ends[1])" }), first <= last
    else { return nil }
    return stages[first...last].flatMap(\.layers)
  }

  private static func fraction(_ text: String) -> (numerator: Int, denominator: Int)? {
    let sides = text.split(separator: "/", omittingEmptySubsequences: false)
    guard sides.count == 2, sides[0].last == "C", let denominator = number(sides[1]) else { return nil }
    let digits = sides[0].dropLast()
    guard let numerator = digits.isEmpty ? 1 : number(digits), numerator <= denominator else { return nil }
    return (numerator, denominator)
  }

  /// Splits `8/grouped2` into `8` and `grouped2`, and `C/4` into `C/4` and `nil`: what follows a slash and begins with
  /// a lower-case letter is the name of a variant.
  private static func withoutVariant(_ text: Substring) -> (rank: Substring, variant: Substring?) {
    guard let slash = text.lastIndex(of: "/"), let first = text[slash...].dropFirst().first, first.isLowercase,
      first != "x"
    else { return (text, nil) }
    return (text[..<slash], text[slash...].dropFirst())
  }

  /// Reads a rank (`nil` for a dense layer), the name of its variant, and the number of times it is repeated.
  private static func entry(_ text: Substring) -> (rank: Int?, variant: Substring?, count: Int)? {
    let sides = text.split(omittingEmptySubsequences: false, whereSeparator: { "×x*".contains($0) })
    guard sides.count <= 2, let first = sides.first else { return nil }
    guard let count = sides.count == 1 ? 1 : number(sides[1]) else { return nil }
    if first == "–" || first == "-" { return (nil, nil, count) }
    let (digits, variant) = withoutVariant(first)
    guard let rank = number(digits) else { return nil }
    return (rank, variant, count)
  }

  /// Reads a whole number of at least 1, in ASCII digits.
  private static func number(_ text: Substring) -> Int? {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(text),
      number >= 1
    else { return nil }
    return number
  }
}
