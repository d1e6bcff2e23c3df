import BasisEngine
import SearchCore

extension ExportedNetwork {
  /// The network as operators: from images of red, green and blue from 0 to 1 to logits. Normalization is the first
  /// part; if the checkpoint does not contain it, images must be normalized beforehand.
  ///
  /// A basis convolution becomes two convolutions. The second one is 1×1, and grouped if the coefficients are. If the
  /// basis maps themselves are outputs, both results are concatenated, and gathered if the maps are not the first
  /// outputs.
  /// - Parameter foldsBatchNorm: Whether batch norm is folded into the weights of the convolutions that produce a
  ///   layer's outputs. Basis maps that are outputs then have a separate factor and shift.
  package func onnxGraph(foldsBatchNorm: Bool) -> ONNXGraph {
    var builder = ONNXBuilder(network: self, folds: foldsBatchNorm)
    builder.build()
    return builder.graph
  }
}

private struct ONNXBuilder {
  let network: ExportedNetwork
  let folds: Bool
  var graph: ONNXGraph

  init(network: ExportedNetwork, folds: Bool) {
    (self.network, self.folds) = (network, folds)
    let architecture = network.architecture
    let stem = architecture.layers[architecture.stem]
    graph = ONNXGraph(
      input: ("images", [stem.inputChannels, stem.inputSize, stem.inputSize]),
      output: ("logits", [architecture.classCount]))
  }

  private var architecture: Architecture { network.architecture }

  mutating func build() {
    var value = graph.input.name
    if let normalization = network.checkpoint.normalization {
      let shape = [1, normalization.mean.count, 1, 1]
      let mean = floats("normalization.mean", shape, normalization.mean)
      let deviation = floats("normalization.deviation", shape, normalization.standardDeviation)
      value = node("Sub", [value, mean], "normalization.centered")
      value = node("Div", [value, deviation], "normalization.output")
    }
    value = rectified(layer(architecture.stem, value), "stem")
    if architecture.poolsStem {
      value = node(
        "MaxPool", [value], "stem.pooled",
        [("kernel_shape", .integers([3, 3])), ("pads", .integers([1, 1, 1, 1])), ("strides", .integers([2, 2]))])
    }
    for block in architecture.blocks { value = self.block(block, value) }
    classify(node("GlobalAveragePool", [value], "pooled"))
  }

  private mutating func block(_ block: ResidualBlock, _ input: String) -> String {
    var value = input
    for index in block.convolutions {
      value = layer(index, value)
      if index != block.last { value = rectified(value, architecture.layers[index].name) }
    }
    let sum = node("Add", [value, shortcut(block, input)], "\(block.name).sum")
    return rectified(sum, block.name)
  }

  private mutating func shortcut(_ block: ResidualBlock, _ input: String) -> String {
    switch block.shortcut {
    case .identity: return input
    case .projection(let index): return layer(index, input)
    case .subsampleAndPad:
      let (first, last) = (architecture.layers[block.first], architecture.layers[block.last])
      let step = (first.inputSize + last.outputSize - 1) / last.outputSize
      var value = input
      if step > 1 {
        let name = "\(block.name).shortcut"
        value = node(
          "Slice",
          [
            value, integers("\(name).starts", [0, 0]), integers("\(name).ends", [first.inputSize, first.inputSize]),
            integers("\(name).axes", [2, 3]), integers("\(name).steps", [step, step]),
          ], "\(name).sliced")
      }
      let missing = last.outputChannels - first.inputChannels
      guard missing > 0 else { return value }
      let before = missing / 2
      let pads = integers("\(block.name).shortcut.pads", [0, before, 0, 0, 0, missing - before, 0, 0])
      return node("Pad", [value, pads], "\(block.name).shortcut.padded")
    }
  }

  private mutating func rectified(_ value: String, _ name: String) -> String {
    node("Relu", [value], "\(name).rectified")
  }

  /// A convolution followed by its batch norm.
  private mutating func layer(_ index: Int, _ input: String) -> String {
    let layer = architecture.layers[index]
    let norm = NetworkForm.batchNormName(of: layer.name)
    guard !folds else { return outputs(index, input, Affine(network, norm)) }
    let output = outputs(index, input, nil)
    let parameters = ["weight", "bias", "running_mean", "running_var"].map {
      floats("\(norm).\($0)", [layer.outputChannels], network.values("\(norm).\($0)"))
    }
    return node(
      "BatchNormalization", [output] + parameters, "\(norm).output",
      [("epsilon", .float(Float(NetworkForm.batchNormEpsilon)))])
  }

  /// A layer's outputs, multiplied by the factor and shifted by the shift of each channel, if given.
  private mutating func outputs(_ index: Int, _ input: String, _ affine: Affine?) -> String {
    let layer = architecture.layers[index]
    let filter = [layer.inputChannels, layer.kernelSize, layer.kernelSize]
    switch network.form.layers[index] {
    case .dense:
      let weight = network.values("\(layer.name).weight")
      return convolution(
        "\(layer.name).output", input, layer, "\(layer.name).weight", [layer.outputChannels] + filter,
        affine?.scaled(weight, channels: Array(0..<layer.outputChannels)) ?? weight, bias: affine?.shift)
    case .basis(let basis, let channels):
      let maps = convolution(
        "\(layer.name).maps", input, layer, "\(layer.name).basis", [basis.rank] + filter,
        network.values("\(layer.name).basis"), bias: nil)
      return combined(layer, basis, channels: channels, maps, affine)
    }
  }

  private mutating func combined(
    _ layer: Layer, _ basis: LayerBasis, channels: [Int], _ maps: String, _ affine: Affine?
  ) -> String {
    let order = ExportedNetwork.order(of: layer, basis, channels: channels)
    let combinations = basis.variant.combinations(outputs: layer.outputChannels, rank: basis.rank)
    let kept = layer.outputChannels - combinations
    let owner = network.form.coefficientsName(of: basis)
    let coefficients = network.values(owner)
    let own = Array(order[kept...])
    // Scaled coefficients belong to one layer, even if the layer shares its coefficients.
    let name = affine == nil ? owner : "\(layer.name).coefficients"
    let shape = [combinations, basis.variant.combinedMaps(rank: basis.rank), 1, 1]
    let bias = affine.map { affine in own.map { affine.shift[$0] } }
    let combination = node(
      "Conv",
      [maps, floats(name, shape, affine?.scaled(coefficients, channels: own) ?? coefficients)]
        + (bias.map { [floats("\(layer.name).bias", [combinations], $0)] } ?? []),
      "\(layer.name).combinations", [("group", .integer(basis.variant.groups)), ("kernel_shape", .integers([1, 1]))])
    guard kept > 0 else { return combination }
    var outputs = maps
    if let affine {
      let (scale, shift) = (order[..<kept].map { affine.scale[$0] }, order[..<kept].map { affine.shift[$0] })
      outputs = node(
        "Mul", [outputs, floats("\(layer.name).maps.scale", [1, kept, 1, 1], scale)], "\(layer.name).maps.scaled")
      outputs = node(
        "Add", [outputs, floats("\(layer.name).maps.shift", [1, kept, 1, 1], shift)], "\(layer.name).maps.shifted")
    }
    let all = node("Concat", [outputs, combination], "\(layer.name).concatenated", [("axis", .integer(1))])
    guard order != Array(0..<layer.outputChannels) else { return all }
    var places = [Int](repeating: 0, count: order.count)
    for (place, channel) in order.enumerated() { places[channel] = place }
    return node(
      "Gather", [all, integers("\(layer.name).places", places)], "\(layer.name).output", [("axis", .integer(1))])
  }

  private mutating func classify(_ pooled: String) {
    let layer = architecture.layers[architecture.classifier]
    let bias = floats("\(layer.name).bias", [layer.outputChannels], network.values("\(layer.name).bias"))
    switch network.form.layers[architecture.classifier] {
    case .dense:
      let features = node("Flatten", [pooled], "features", [("axis", .integer(1))])
      let weight = floats(
        "\(layer.name).weight", [layer.outputChannels, layer.inputChannels], network.values("\(layer.name).weight"))
      _ = node("Gemm", [features, weight, bias], graph.output.name, [("transB", .integer(1))])
    case .basis:
      let output = outputs(architecture.classifier, pooled, nil)
      let flat = node("Flatten", [output], "\(layer.name).flat", [("axis", .integer(1))])
      _ = node("Add", [flat, bias], graph.output.name)
    }
  }

  private mutating func convolution(
    _ output: String, _ input: String, _ layer: Layer, _ weight: String, _ shape: [Int], _ values: [Float],
    bias: [Float]?
  ) -> String {
    let padding = (layer.kernelSize - 1) / 2
    return node(
      "Conv",
      [input, floats(weight, shape, values)] + (bias.map { [floats("\(layer.name).bias", [shape[0]], $0)] } ?? []),
      output,
      [
        ("kernel_shape", .integers([layer.kernelSize, layer.kernelSize])),
        ("pads", .integers([Int](repeating: padding, count: 4))), ("strides", .integers([layer.stride, layer.stride])),
      ])
  }

  private mutating func node(
    _ type: String, _ inputs: [String], _ output: String, _ attributes: [(String, ONNXGraph.Attribute)] = []
  ) -> String {
    graph.nodes.append(
      ONNXGraph.Node(
        type: type, inputs: inputs, output: output, attributes: attributes.map { (name: $0.0, value: $0.1) }))
    return output
  }

  /// Adds a constant; coefficients that layers share are added once.
  private mutating func floats(_ name: String, _ shape: [Int], _ values: [Float]) -> String {
    add(ONNXGraph.Constant(name: name, shape: shape, values: .floats(values)))
  }

  private mutating func integers(_ name: String, _ values: [Int]) -> String {
    add(ONNXGraph.Constant(name: name, shape: [values.count], values: .integers(values)))
  }

  private mutating func add(_ constant: ONNXGraph.Constant) -> String {
    if constants.insert(constant.name).inserted { graph.constants.append(constant) }
    return constant.name
  }

  private var constants: Set<String> = []
}

/// A batch norm in inference: a factor and a shift for each channel.
private struct Affine {
  let scale: [Float]
  let shift: [Float]
  private let factors: [Double]

  init(_ network: ExportedNetwork, _ norm: String) {
    func values(_ name: String) -> [Double] { network.values("\(norm).\(name)").map(Double.init) }
    let (gamma, beta, mean, variance) = (
      values("weight"), values("bias"), values("running_mean"), values("running_var")
    )
    factors = zip(gamma, variance).map { $0 / ($1 + NetworkForm.batchNormEpsilon).squareRoot() }
    scale = factors.map { Float($0) }
    shift = zip(zip(factors, beta), mean).map { Float($0.1 - $0.0 * $1) }
  }

  /// Returns rows of weights, each multiplied by the factor of its channel.
  func scaled(_ weights: [Float], channels: [Int]) -> [Float] {
    let columns = weights.count / max(1, channels.count)
    return weights.indices.map { Float(Double(weights[$0]) * factors[channels[$0 / columns]]) }
  }
}
