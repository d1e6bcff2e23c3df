/// In a file of its own, for compilers of Swift without a system below it, which have no encoders.
extension ConvolutionAlgorithm: Codable {}
