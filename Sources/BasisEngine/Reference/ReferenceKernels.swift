import KernelInterface

extension KernelTable {
  /// The naive twin of every kernel: plain loops, sums in double precision, one lane at a time.
  ///
  /// Tests compare the fast variants with these kernels. They fulfill the same contract, so that an engine can run on
  /// them, slowly.
  public static let reference = KernelTable(
    name: "reference",
    prepareForward: ReferenceConvolution.prepare,
    prepareInputGradient: ReferenceConvolution.prepare,
    convolutionForward: ReferenceConvolution.forward,
    convolutionInputGradient: ReferenceConvolution.inputGradient,
    convolutionWeightGradient: ReferenceConvolution.weightGradient,
    normalize: ReferencePasses.normalize,
    batchNormBackwardSums: ReferencePasses.batchNormBackwardSums,
    batchNormBackwardApply: ReferencePasses.batchNormBackwardApply,
    add: ReferencePasses.add,
    poolForward: ReferencePasses.poolForward,
    poolBackward: ReferencePasses.poolBackward,
    maxPoolForward: ReferenceMaxPooling.forward,
    maxPoolBackward: ReferenceMaxPooling.backward,
    updateWeights: ReferencePasses.updateWeights)
}

/// Access to single floats of a `LaneView` by five coordinates, with bounds checks: the halo may be read but not
/// written.
struct ScalarView {
  let view: LaneView
  private let floats: UnsafeMutablePointer<Float>

  init(_ view: LaneView) {
    self.view = view
    floats = UnsafeMutableRawPointer(view.base).assumingMemoryBound(to: Float.self)
  }

  private func offset(_ block: Int, _ channel: Int, _ row: Int, _ column: Int, _ lane: Int) -> Int {
    let pixel =
      block * view.blockStride + channel * view.planeStride + row * view.rowStride + column * view.columnStride
    return pixel * laneCount + lane
  }

  subscript(block: Int, channel: Int, row: Int, column: Int, lane: Int) -> Float {
    get {
      precondition(channel >= 0 && channel < view.channels)
      precondition(row >= -view.halo && row < view.height + view.halo)
      precondition(column >= -view.halo && column < view.width + view.halo)
      return floats[offset(block, channel, row, column, lane)]
    }
    nonmutating set {
      precondition(channel >= 0 && channel < view.channels)
      precondition(row >= 0 && row < view.height && column >= 0 && column < view.width)
      floats[offset(block, channel, row, column, lane)] = newValue
    }
  }

  /// Calls `body` with the coordinates of every pixel of the interior in every lane of every block.
  func forEach(blocks: Int, _ body: (_ block: Int, _ channel: Int, _ row: Int, _ column: Int, _ lane: Int) -> Void) {
    for block in 0..<blocks {
      for channel in 0..<view.channels {
        for row in 0..<view.height {
          for column in 0..<view.width {
            for lane in 0..<laneCount { body(block, channel, row, column, lane) }
          }
        }
      }
    }
  }
}

extension BatchExtent {
  /// Whether `lane` of `block` holds an image of the batch.
  func contains(block: Int, lane: Int) -> Bool { block * laneCount + lane < images }
}
