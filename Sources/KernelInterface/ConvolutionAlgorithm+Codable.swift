/// In a separate file, because Embedded Swift has no encoders and compiles the module without it.
extension ConvolutionAlgorithm: Codable {}
