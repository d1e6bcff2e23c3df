import KernelInterface

/// Times single kernels on the operands that the engine gives them in one call: a portion of a batch, in the cache as
/// it would be there.
public final class KernelBenchmark {
  /// The kernels of a convolution.
  public enum Convolution: String, CaseIterable, Sendable {
    case forward
    case inputGradient = "input gradient"
    case weightGradient = "weight gradient"
  }

  /// The passes of batch norm.
  public enum Pass: String, CaseIterable, Sendable {
    case normalize = "normalize, add, rectify"
    case backwardSums = "backward: rectify, sum"
    case backwardApply = "backward: apply"
  }

  public let shape: ConvolutionShape
  private let algorithm: ConvolutionAlgorithm
  /// Rows and columns of the input planes.
  public let size: Int
  private let kernels: KernelTable
  private let batch: BatchExtent
  private let rows: Int
  private let outputSize: Int
  private let memory: [AlignedBuffer<Lanes>]
  /// `input` has a halo, `inputGradient` has none.
  private let (input, inputGradient): (LaneView, LaneView)
  private let (output, outputGradient, activation): (LaneView, LaneView, LaneView)
  private let weights: AlignedBuffer<Float>
  private let weightGradients: AlignedBuffer<Float>
  private let prepared: (forward: AlignedBuffer<Float>, gradient: AlignedBuffer<Float>)
  private let sums: AlignedBuffer<Double>
  private let factors: AlignedBuffer<Float>

  /// - Parameter algorithm: The algorithm of all three kernels.
  public init(
    shape: ConvolutionShape, algorithm: ConvolutionAlgorithm = .direct, size: Int, kernels: KernelTable
  ) {
    self.shape = shape
    self.algorithm = algorithm
    self.size = size
    self.kernels = kernels
    let outputSize = (size + shape.stride - 1) / shape.stride
    let blocks = BatchPortion.blocks(size: outputSize)
    self.outputSize = outputSize
    batch = BatchExtent(images: blocks * laneCount)
    rows = BatchPortion.rows(size: outputSize)
    var memory: [AlignedBuffer<Lanes>] = []
    func view(_ channels: Int, _ size: Int, halo: Int) -> LaneView {
      let buffer = AlignedBuffer<Lanes>(
        count: LaneView.elementCount(blocks: blocks, channels: channels, height: size, width: size, halo: halo))
      for i in 0..<buffer.count { buffer.base[i] = Lanes(repeating: Float(i % 13) - 6) }
      memory.append(buffer)
      return LaneView(memory: buffer.base, channels: channels, height: size, width: size, halo: halo)
    }
    input = view(shape.inputChannels, size, halo: 1)
    inputGradient = view(shape.inputChannels, size, halo: 0)
    output = view(shape.outputChannels, outputSize, halo: 0)
    outputGradient = view(shape.outputChannels, outputSize, halo: 1)
    activation = view(shape.outputChannels, outputSize, halo: 1)
    self.memory = memory
    weights = AlignedBuffer(count: shape.weightCount)
    for i in 0..<shape.weightCount { weights.base[i] = Float(i % 7 - 3) / 64 }
    weightGradients = AlignedBuffer(count: shape.weightCount)
    prepared = (
      AlignedBuffer(count: shape.preparedCount(algorithm)), AlignedBuffer(count: shape.preparedCount(algorithm))
    )
    kernels.prepareForward(weights.base, shape, algorithm, prepared.forward.base)
    kernels.prepareInputGradient(weights.base, shape, algorithm, prepared.gradient.base)
    sums = AlignedBuffer(count: 2 * shape.outputChannels)
    factors = AlignedBuffer(count: 3 * shape.outputChannels)
    factors.values.update(repeating: 0.5)
  }

  /// The number of floating-point operations in a call, counted for the direct sum.
  public var operations: Double { 2 * Double(shape.weightCount * rows * outputSize * batch.images) }

  /// Returns the number of bytes that a pass reads and writes in a call.
  public func bytes(_ pass: Pass) -> Double {
    let tensor = Double(shape.outputChannels * rows * outputSize * batch.images * MemoryLayout<Float>.size)
    // `backwardSums` reads y, z, and g and writes g; the others read two tensors and write one.
    return tensor * (pass == .backwardSums ? 4 : 3)
  }

  /// Returns the seconds of a call: the mean over enough calls to take some milliseconds.
  public func seconds(_ convolution: Convolution) -> Double {
    let calls = max(1, Int(3e8 / operations))
    return time(calls) { run(convolution) }
  }

  /// Returns the seconds of a call, likewise as a mean.
  public func seconds(_ pass: Pass) -> Double {
    let calls = max(1, Int(3e7 / bytes(pass)))
    return time(calls) { run(pass) }
  }

  private func time(_ calls: Int, _ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    for _ in 0..<calls { body() }
    return BasisEngine.seconds(since: start) / Double(calls)
  }

  private func run(_ convolution: Convolution) {
    let stride = shape.stride
    let inputRows = 0..<min(size, rows * stride)
    switch convolution {
    case .forward:
      kernels.convolutionForward(
        input.rows(inputRows), prepared.forward.base, output.rows(0..<rows), shape, algorithm, batch,
        .statistics(ChannelSums(values: sums.base, squares: sums.base + shape.outputChannels)))
    case .inputGradient:
      kernels.convolutionInputGradient(
        outputGradient.rows(0..<rows), prepared.gradient.base, inputGradient.rows(inputRows), shape, algorithm, batch,
        false)
    case .weightGradient:
      kernels.convolutionWeightGradient(
        input.rows(inputRows), outputGradient.rows(0..<rows), weightGradients.base, shape, algorithm, batch)
    }
  }

  private func run(_ pass: Pass) {
    let rows = 0..<rows
    let (channels, y) = (shape.outputChannels, output.rows(rows))
    switch pass {
    case .normalize:
      kernels.normalize(
        Normalization(
          input: y, scale: factors.base, shift: factors.base + channels, channelMap: nil,
          residual: outputGradient.rows(rows), residualChannelOffset: 0, appliesReLU: true,
          output: activation.rows(rows)),
        batch)
    case .backwardSums:
      kernels.batchNormBackwardSums(
        BatchNormBackward(
          input: y, output: activation.rows(rows), outputGradient: outputGradient.rows(rows), channelMap: nil), batch,
        sums.base)
    case .backwardApply:
      kernels.batchNormBackwardApply(
        BatchNormBackward(
          input: y, output: nil, outputGradient: outputGradient.rows(rows), channelMap: nil, a: factors.base,
          b: factors.base + channels, d: factors.base + 2 * channels, inputGradient: activation.rows(rows)), batch)
    }
  }
}
