import KernelInterface
import SearchCore

/// Builds layers over their slices of the parameters and their views of the workspace.
struct LayerBuilder {
  let form: NetworkForm
  let workspace: Workspace
  let parameters: ParameterStore
  let statistics: ParameterStore
  let kernels: KernelTable
  let times: LayerTimes?
  private(set) var basisMemory: [AlignedBuffer<Lanes>] = []
  /// Memory for the gradients of y_b, of one portion, by output size. It is needed only within one layer's backward
  /// pass, so that layers of one output size share it.
  private var mapsGradients: [Int: AlignedBuffer<Lanes>] = [:]

  init(
    form: NetworkForm, workspace: Workspace, parameters: ParameterStore, statistics: ParameterStore,
    kernels: KernelTable, times: LayerTimes?
  ) {
    self.form = form
    self.workspace = workspace
    self.parameters = parameters
    self.statistics = statistics
    self.kernels = kernels
    self.times = times
  }

  mutating func stem() -> BlockActivation {
    let index = form.architecture.stem
    return BlockActivation(
      layer: normalizedLayer(index), shortcut: .none, values: workspace.activation(of: index),
      gradient: workspace.blockGradient(of: form.architecture.layers[index]))
  }

  /// - Parameter input: The input of the block.
  mutating func block(_ block: ResidualBlock, reading input: BlockInput) -> Block {
    let layers = form.architecture.layers
    let own = block.convolutions.map { layers[$0] }
    let last = layers[block.last]
    let shortcut: ShortcutPath =
      switch block.shortcut {
      case .identity: .identity(input.values)
      case .subsampleAndPad:
        .subsampleAndPad(
          input.values.subsampled(by: own.reduce(1) { $0 * $1.stride }),
          channelOffset: (last.outputChannels - input.values.channels) / 2)
      case .projection(let index):
        .projection(normalizedLayer(index), workspace.projectedInput(of: last))
      }
    let convolutions = block.convolutions.map { normalizedLayer($0) }
    let inner = zip(own, own.dropFirst()).enumerated().map { place, pair in
      BlockInner(
        inferred: workspace.inferredInner(of: pair.0, place: place),
        portion: workspace.innerPortion(of: pair.0, readFor: pair.1),
        gradient: workspace.innerGradient(of: pair.0, place: place))
    }
    return Block(
      convolutions, inner, input: input,
      output: BlockActivation(
        layer: convolutions[convolutions.count - 1], shortcut: shortcut, values: workspace.activation(of: block.last),
        gradient: workspace.blockGradient(of: last)))
  }

  /// Builds a convolution without batch norm.
  mutating func convolution(_ index: Int) -> any ConvolutionLayer {
    let layer = form.architecture.layers[index]
    let kernels = kernels(of: layer)
    switch form.layers[index] {
    case .dense: return dense(layer, kernels)
    case .basis(let basis, let channels):
      return convolution(layer, basis.variant, basisWeights(layer, basis, kernels), basisChannels: channels)
    }
  }

  /// Builds a convolution with its batch norm, in the fastest form.
  mutating func normalizedLayer(_ index: Int) -> any NormalizedLayer {
    let layer = form.architecture.layers[index]
    let kernels = kernels(of: layer)
    let output = workspace.convolutionOutput(of: index)
    let gradientPortion = workspace.convolutionGradientPortion(of: layer)
    let convolution: any ConvolutionLayer
    switch form.layers[index] {
    case .dense: convolution = dense(layer, kernels)
    case .basis(let basis, let channels):
      let weights = basisWeights(layer, basis, kernels)
      let isInOrder = channels == Array(0..<basis.rank)
      if isInOrder, basis.variant.keepsMapsOnly(rank: basis.rank, outputs: layer.outputChannels) {
        let batchNorm = batchNorm(of: layer, channelMap: nil, kernels)
        return NormalizedBasis(
          weights, batchNorm, BasisRegions(output, rank: basis.rank), gradientPortion: gradientPortion, kernels: kernels
        )
      }
      convolution = self.convolution(layer, basis.variant, weights, basisChannels: channels)
    }
    let batchNorm = batchNorm(of: layer, channelMap: convolution.channelMap, kernels)
    return NormalizedConvolution(convolution, batchNorm, output: output, gradientPortion: gradientPortion)
  }

  private func kernels(of layer: Layer) -> KernelTable { times?.table(for: layer.name) ?? kernels }

  private func dense(_ layer: Layer, _ kernels: KernelTable) -> Convolution {
    let shape = shape(of: layer, outputChannels: layer.outputChannels)
    return Convolution(
      shape: shape, algorithms: algorithms(for: shape, of: layer, kernels),
      weight: parameters.slice("\(layer.name).weight"), kernels: kernels)
  }

  private func basisWeights(_ layer: Layer, _ basis: LayerBasis, _ kernels: KernelTable) -> BasisWeights {
    BasisWeights(
      shape: shape(of: layer, outputChannels: layer.outputChannels), rank: basis.rank, variant: basis.variant,
      algorithms: algorithms(for: shape(of: layer, outputChannels: basis.rank), of: layer, kernels),
      filters: parameters.slice("\(layer.name).basis"),
      coefficients: parameters.slice(form.coefficientsName(of: basis)), kernels: kernels)
  }

  /// Builds the form of a basis convolution that computes all of y.
  private mutating func convolution(
    _ layer: Layer, _ variant: BasisVariant, _ weights: BasisWeights, basisChannels: [Int]
  ) -> any ConvolutionLayer {
    switch variant {
    case .remainder, .grouped, .tied: RemainderConvolution(weights, basisChannels: basisChannels)
    case .full:
      FullConvolution(
        weights, maps: maps(of: layer, rank: weights.rank), mapsGradient: mapsGradient(of: layer, rank: weights.rank))
    }
  }

  private func batchNorm(of layer: Layer, channelMap: UnsafePointer<Int32>?, _ kernels: KernelTable) -> BatchNorm {
    let name = NetworkForm.batchNormName(of: layer.name)
    return BatchNorm(
      channels: layer.outputChannels, gamma: parameters.slice("\(name).weight"),
      beta: parameters.slice("\(name).bias"), runningMean: statistics.slice("\(name).running_mean"),
      runningVariance: statistics.slice("\(name).running_var"), channelMap: channelMap, kernels: kernels)
  }

  /// The shape of the layer's filters, or of its basis's.
  private func shape(of layer: Layer, outputChannels: Int) -> ConvolutionShape {
    ConvolutionShape(
      outputChannels: outputChannels, inputChannels: layer.inputChannels, kernelSize: layer.kernelSize,
      stride: layer.stride)
  }

  private func algorithms(
    for shape: ConvolutionShape, of layer: Layer, _ kernels: KernelTable
  ) -> ConvolutionAlgorithms {
    AlgorithmTable.of(kernels).algorithms(for: shape, size: layer.outputSize)
  }

  private mutating func maps(of layer: Layer, rank: Int) -> LaneView {
    let size = layer.outputSize
    let memory = AlignedBuffer<Lanes>(
      count: LaneView.elementCount(
        blocks: BatchExtent(images: workspace.capacity).blocks, channels: rank, height: size, width: size, halo: 0))
    basisMemory.append(memory)
    return LaneView(memory: memory.base, channels: rank, height: size, width: size, halo: 0)
  }

  private mutating func mapsGradient(of layer: Layer, rank: Int) -> LaneView {
    let size = layer.outputSize
    let capacity = BatchExtent(images: workspace.capacity).blocks
    // The classifier processes the whole batch at once.
    let blocks = size == 1 ? capacity : min(capacity, BatchPortion.blocks(size: size))
    let widest = form.architecture.layers.filter { $0.outputSize == size }.map(\.outputChannels).max() ?? rank
    let memory =
      mapsGradients[size]
      ?? AlignedBuffer<Lanes>(
        count: LaneView.elementCount(
          blocks: blocks, channels: widest, height: BatchPortion.rows(size: size), width: size, halo: 1))
    if mapsGradients.updateValue(memory, forKey: size) == nil { basisMemory.append(memory) }
    return LaneView(
      memory: memory.base, channels: widest, height: BatchPortion.rows(size: size), width: size, halo: 1
    ).channels(0..<rank)
  }
}
