import ImageData
import KernelInterface
import SearchCore

@testable import BasisEngine

/// A converted network according to its definition, in plain loops and in the trained network's order of channels.
enum ConvertedNetwork {
  /// Returns the trained network's channels in the order that they have behind a layer of the converted network.
  static func order(behind layer: Layer, in network: ResNet, _ conversions: [LayerConversion]) -> [Int] {
    guard let channels = conversions.first(where: { $0.layer == layer.name })?.basisChannels, !channels.isEmpty,
      network.architecture.blocks.contains(where: { block in
        block.convolutions.dropLast().contains { network.architecture.layers[$0] == layer }
      })
    else { return Array(0..<layer.outputChannels) }
    return channels + ChannelChoice.others(than: channels, of: layer.outputChannels)
  }

  /// Returns the filters (N × K) that the factors of a converted layer represent, in the trained network's order.
  static func filters(of layer: Layer, in network: ResNet, _ conversions: [LayerConversion]) -> Matrix {
    func matrix(_ name: String, rows: Int) -> Matrix {
      let values = network.parameters.read(name).map(Double.init)
      return Matrix(rows: rows, columns: values.count / rows, values: values)
    }
    let (architecture, count) = (network.architecture, layer.outputChannels)
    var found: Matrix
    let place = architecture.layers.firstIndex(of: layer) ?? 0
    if case .basis(let form, _) = network.form.layers[place] {
      let (rank, variant) = (form.rank, form.variant)
      let basis = matrix("\(layer.name).basis", rows: rank)
      let combined = variant.combinations(outputs: count, rank: rank)
      let coefficients = matrix(network.form.coefficientsName(of: form), rows: combined)
      let columns = coefficients.columns
      // The coefficients of all groups, with zeros between the groups.
      let all = Matrix(rows: combined, columns: rank) { row, column in
        row / (combined / variant.groups) == column / columns ? coefficients[row, column % columns] : 0
      }
      found = all * basis
      if variant != .full {
        let channels = conversions.first { $0.layer == layer.name }?.basisChannels ?? []
        let order = channels + ChannelChoice.others(than: channels, of: count)
        found = Matrix(rows: count, columns: layer.filterSize, values: basis.values + found.values)
          .rows((0..<count).map { order.firstIndex(of: $0) ?? 0 })
      }
    } else {
      found = matrix("\(layer.name).weight", rows: count)
    }
    let pairs = architecture.blocks.flatMap { zip($0.convolutions, $0.convolutions.dropFirst()) }
    guard let before = pairs.first(where: { architecture.layers[$0.1] == layer })?.0 else { return found }
    let inputs = order(behind: architecture.layers[before], in: network, conversions)
    let taps = layer.kernelSize * layer.kernelSize
    return Matrix(rows: count, columns: layer.filterSize) { row, column in
      found[row, (inputs.firstIndex(of: column / taps) ?? 0) * taps + column % taps]
    }
  }

  /// Returns y of a layer on all images, centered, image by image: N rows.
  static func outputs(of layer: Int, in network: ResNet, _ images: LabeledImages) -> [[Double]] {
    let view = network.workspace.convolutionOutput(of: layer)
    var rows = [[Double]](repeating: [], count: view.channels)
    for batch in images.evenBatches(atMost: network.workspace.capacity) {
      BatchAssembler(normalization: images.normalization).assemble(images, indices: batch, into: network.input)
      network.forwardKeepingOutputs(images: batch.count)
      let plane = view.height * view.width
      for (place, value) in view.read(images: batch.count).enumerated() {
        rows[place / plane % view.channels].append(Double(value))
      }
    }
    return rows.map { row in
      let mean = row.reduce(0, +) / Double(row.count)
      return row.map { $0 - mean }
    }
  }

  static func energy(_ rows: [[Double]]) -> Double { rows.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } } }

  static func difference(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
    zip(a, b).map { zip($0, $1).map { $0 - $1 } }
  }
}
