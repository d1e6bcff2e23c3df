import ImageData
import KernelInterface
import SearchCore

/// A residual network in a candidate's form: built, trained step by step, and evaluated.
///
/// One thread at a time may use a network and its workspace. The same calls give the same bits.
public final class ResNet {
  public let architecture: Architecture
  public let candidate: Candidate
  public let variant: BasisVariant
  /// The memory of the activations, which networks that take turns may share.
  public let workspace: Workspace
  public let kernels: KernelTable

  let form: NetworkForm
  let parameters: ParameterStore
  let statistics: ParameterStore
  let stem: BlockActivation
  /// Max pooling after the stem; `nil` if there is none.
  let stemPooling: MaxPoolingStage?
  let blocks: [Block]
  let pooling: PoolingStage
  /// The stages of a training step, which are everything except the classifier: forward in this order, backward in
  /// reverse.
  let stages: [any Stage]
  /// All layers except the classifier.
  let layers: [any NormalizedLayer]
  let classifier: any ConvolutionLayer
  let classifierBias: ParameterSlice
  /// Memory for y_b of variant `full`, which must last from the forward to the backward pass, and for its gradients. No
  /// other object owns it.
  private let basisMemory: [AlignedBuffer<Lanes>]
  /// The revision of `parameters` for which the layers' weights were last prepared; `nil` before the first pass.
  var preparedRevision: Int?

  /// Creates a network to train from scratch; its weights are a pure function of `seed` and the form.
  /// - Parameters:
  ///   - batch: The maximum number of images in a batch.
  ///   - basisChannels: The output channels that are the basis maps of a decomposed layer; defaults to 0..<r.
  ///   - workspace: A workspace to share, for `architecture` and at least `batch` images; `nil` to allocate one.
  ///   - times: Receives the time of every layer's kernels; `nil` to time nothing.
  /// - Throws: `unknownLayer`, `illegalRank`, `illegalVariant`, or `illegalBasisChannels` for a candidate that the
  ///   architecture cannot take, `illegalRecipe` for a batch that is not positive or too large for this machine's
  ///   memory.
  public convenience init(
    architecture: Architecture, candidate: Candidate = .dense, variant: BasisVariant = .remainder, batch: Int,
    kernels: KernelTable, seed: UInt64, basisChannels: [String: [Int]] = [:], workspace: Workspace? = nil,
    times: LayerTimes? = nil
  ) throws(EngineError) {
    let form = try NetworkForm(
      architecture: architecture, candidate: candidate, variant: variant, basisChannels: basisChannels)
    try self.init(form: form, batch: batch, kernels: kernels, workspace: workspace, times: times)
    form.initialize(parameters, statistics, seed: seed)
  }

  /// Creates a network whose parameters and statistics are zero.
  init(
    form: NetworkForm, batch: Int, kernels: KernelTable, workspace: Workspace? = nil, times: LayerTimes? = nil
  ) throws(EngineError) {
    let architecture = form.architecture
    let memory: Workspace
    if let workspace { memory = workspace } else { memory = try Workspace(architecture: architecture, capacity: batch) }
    precondition(memory.architecture == architecture && memory.capacity >= batch)
    self.architecture = architecture
    self.workspace = memory
    self.kernels = times?.table(for: LayerTimes.other) ?? kernels
    self.form = form
    candidate = form.candidate
    variant = form.variant
    parameters = ParameterStore(tensors: form.parameters)
    statistics = ParameterStore(tensors: form.statistics, trained: false)
    var builder = LayerBuilder(
      form: form, workspace: memory, parameters: parameters, statistics: statistics, kernels: kernels,
      times: times)
    stem = builder.stem()
    var maxPooling: MaxPoolingStage?
    if let pooled = memory.pooledStem {
      maxPooling = MaxPoolingStage(
        stem: stem, pooled: BlockInput(pooled: pooled, gradient: memory.pooledGradient(of: pooled)),
        kernels: self.kernels)
    }
    stemPooling = maxPooling
    var blocks: [Block] = []
    for block in architecture.blocks {
      let input = blocks.last.map { BlockInput($0.output) } ?? maxPooling?.pooled ?? BlockInput(stem)
      blocks.append(builder.block(block, reading: input))
    }
    self.blocks = blocks
    pooling = PoolingStage(
      last: blocks.last?.output ?? stem, pooled: memory.pooled, pooledGradient: memory.pooledGradient,
      kernels: self.kernels)
    stages = Self.stages(images: memory.input, stem, maxPooling, blocks, pooling, self.kernels)
    layers = [stem.layer] + blocks.flatMap { $0.layers.dropLast() + $0.output.layers }
    classifier = builder.convolution(architecture.classifier)
    classifierBias = parameters.slice("\(architecture.layers[architecture.classifier].name).bias")
    basisMemory = builder.basisMemory
  }

  /// The place of a batch's images before a pass: channels × rows × columns, haloed. `BatchAssembler` fills it.
  public var input: LaneView { workspace.input }

  /// The output channels that are the basis maps of each decomposed layer.
  public var basisChannels: [String: [Int]] { form.basisChannels }

  /// Whether all passes so far met only finite values; `false` if the training has diverged.
  public var isFinite: Bool {
    layers.allSatisfy(\.batchNorm.isFinite)
  }

  private static func stages(
    images: LaneView, _ stem: BlockActivation, _ stemPooling: MaxPoolingStage?, _ blocks: [Block],
    _ pooling: PoolingStage, _ kernels: KernelTable
  ) -> [any Stage] {
    var stages: [any Stage] = [StemStage(images: images, stem: stem)]
    if let stemPooling { stages.append(stemPooling) }
    for block in blocks {
      stages.append(FirstStage(block, kernels))
      for index in block.inner.indices { stages.append(InnerStage(block, index)) }
    }
    return stages + [pooling]
  }
}
