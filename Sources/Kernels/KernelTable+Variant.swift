import CVector
import KernelInterface

/// Returns the kernels compiled for this module's instruction set. Only for processors that support it.
public func makeKernelTable() -> KernelTable {
  KernelTable(
    name: String(cString: lane_instruction_set()),
    prepareForward: Convolution.prepareForward,
    prepareInputGradient: Convolution.prepareInputGradient,
    convolutionForward: Convolution.forward,
    convolutionInputGradient: Convolution.inputGradient,
    convolutionWeightGradient: WeightGradient.run,
    normalize: BatchNormPasses.normalize,
    batchNormBackwardSums: BatchNormPasses.backwardSums,
    batchNormBackwardApply: BatchNormPasses.backwardApply,
    add: ElementwisePasses.add,
    poolForward: ElementwisePasses.poolForward,
    poolBackward: ElementwisePasses.poolBackward,
    maxPoolForward: MaxPooling.forward,
    maxPoolBackward: MaxPooling.backward,
    updateWeights: ElementwisePasses.updateWeights)
}
