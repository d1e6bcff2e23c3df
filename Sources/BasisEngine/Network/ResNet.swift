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
  /// Memory of the activations; networks that take turns may share it.
  public let workspace: Workspace
  public let kernels: KernelTable

  let form: NetworkForm
  let parameters: ParameterStore
  let statistics: ParameterStore
  let stem: any NormalizedLayer
  /// z of the stem and its gradient.
  let stemOutput: LaneView
  let stemGradient: LaneView
  let blocks: [Block]
  let classifier: any ConvolutionLayer
  let classifierBias: ParameterSlice
  /// y_b of variant `full`, which must last from the forward to the backward pass, and gradients: nothing else owns
  /// them.
  private let basisMemory: [AlignedBuffer<Lanes>]
  /// That of `parameters` for which the layers' weights were last prepared; nil before the first pass.
  var preparedRevision: Int?

  /// A residual block and the views that it joins.
  struct Block {
    var first: any NormalizedLayer
    var second: any NormalizedLayer
    var projection: (any NormalizedLayer)?
    var shortcut: Shortcut
    var input: LaneView
    var output: LaneView
    /// z between the convolutions, of one block of images: in inference alone.
    var inner: LaneView
    /// Gradient of z between the convolutions, then g.
    var innerGradient: LaneView
    /// Of the block's input; the same memory as the output's where the shape stays.
    var inputGradient: LaneView
    var outputGradient: LaneView
  }

  /// A network to train from scratch; its weights are a pure function of `seed` and the form.
  /// - Parameters:
  ///   - batch: most images in a batch.
  ///   - basisChannels: which output channels the basis maps of a decomposed layer are; 0..<r where it says nothing.
  ///   - workspace: one for `architecture` and at least `batch` images, to share; nil: one of its own.
  ///   - times: receives the time of every layer's kernels; nil: nothing is timed.
  /// - Throws: `unknownLayer`, `illegalRank` or `illegalBasisChannels` for a candidate that the architecture cannot
  ///   take, `illegalRecipe` for a batch that is not positive or too large for this machine's memory.
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

  /// A network whose parameters and statistics are still zero.
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
    stem = builder.normalizedLayer(architecture.stem)
    stemOutput = memory.activations[architecture.stem]!
    stemGradient = memory.gradients(of: architecture.layers[architecture.stem]).block
    var blocks: [Block] = []
    var previous = architecture.stem
    for block in architecture.blocks {
      var projection: (any NormalizedLayer)?
      if case .projection(let layer) = block.shortcut { projection = builder.normalizedLayer(layer) }
      blocks.append(
        Block(
          first: builder.normalizedLayer(block.first), second: builder.normalizedLayer(block.second),
          projection: projection, shortcut: block.shortcut, input: memory.activations[previous]!,
          output: memory.activations[block.second]!, inner: memory.inner(of: architecture.layers[block.first]),
          innerGradient: memory.gradients(of: architecture.layers[block.first]).inner,
          inputGradient: memory.gradients(of: architecture.layers[previous]).block,
          outputGradient: memory.gradients(of: architecture.layers[block.second]).block))
      previous = block.second
    }
    self.blocks = blocks
    classifier = builder.convolution(architecture.classifier)
    classifierBias = parameters.slice("\(architecture.layers[architecture.classifier].name).bias")
    basisMemory = builder.basisMemory
  }

  /// Trained numbers: weights, coefficients, batch norm's γ and β, the classifier's bias.
  public var parameterCount: Int { parameters.count }

  /// Where a batch's images go before a pass: 3 × 32 × 32, haloed; `BatchAssembler` fills it.
  public var input: LaneView { workspace.input }

  /// Which output channels the basis maps of each decomposed layer are.
  public var basisChannels: [String: [Int]] { form.basisChannels }

  /// False once a pass met an infinite value or one that is not a number: the training has diverged.
  public var isFinite: Bool {
    units.allSatisfy(\.batchNorm.isFinite)
  }

  /// Everything but the classifier.
  var units: [any NormalizedLayer] {
    [stem] + blocks.flatMap { [$0.first, $0.second] + ($0.projection.map { [$0] } ?? []) }
  }
}
