import ReadableText
import Reporting
import SearchCore

/// A candidate as a strip of the network's layers with a bar for each layer. The bar of a decomposed layer is filled up
/// to the share of its rank in its output channels. The strip's text is the candidate's label.
struct LayerStrip {
  private let positions: [String: (x: Int, channels: Int)]
  private let names: [(x: Int, name: String)]
  private let architecture: Architecture
  private let width: Int

  static let height = 20
  private static let step = 5
  /// The gap between two stages.
  private static let gap = 4
  static let networkID = "net"

  init(_ architecture: Architecture) {
    self.architecture = architecture
    var positions: [String: (x: Int, channels: Int)] = [:]
    var x = 2
    var stage: Substring?
    var names: [(x: Int, name: String)] = []
    for layer in architecture.layers {
      let own = layer.name.prefix { $0 != "." }
      if let stage, stage != own { x += Self.gap }
      stage = own
      positions[layer.name] = (x, layer.outputChannels)
      names.append((x, layer.name))
      x += Self.step
    }
    self.positions = positions
    self.names = names
    width = x - Self.step + 2
  }

  /// The bars of all layers, defined once for all strips of a page.
  var network: HTML {
    let bars: String = names.map { "M\($0.x) \(Self.height)V0" }.joined()
    return tag("svg", ["class": "hidden", "aria-hidden": "true"]) {
      tag("path", ["id": Self.networkID, "class": "net", "d": bars]) {}
    }
  }

  func strip(_ candidate: Candidate) -> HTML {
    let places = candidate.decompositions.compactMap { decomposition in
      positions[decomposition.layer].map { (x: $0.x, share: Double(decomposition.rank) / Double($0.channels)) }
    }
    let ranks: String = places.map { place -> String in
      let top = NumberText.shortest(((1 - place.share) * Double(Self.height) * 10).rounded() / 10)
      return "M\(place.x) \(Self.height)V\(top)"
    }.joined()
    return tag(
      "svg", ["class": "strip", "viewBox": "0 0 \(width) \(Self.height)", "width": "\(width)", "role": "img"]
    ) {
      tag("title") { CandidateLabel(candidate, in: architecture).text }
      tag("use", ["href": "#\(Self.networkID)"]) {}
      if !places.isEmpty {
        tag("path", ["class": "k", "d": ranks]) {}
      }
    }
  }

  /// An explanation of the bars for readers.
  static let key =
    "A strip shows the network layer by layer: an empty bar is a dense layer, a filled bar a decomposed layer; its "
    + "height is the rank's share of the channels."
}
