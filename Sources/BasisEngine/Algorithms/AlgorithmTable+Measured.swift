extension AlgorithmTable {
  /// By the kernels' name. Each entry is what `layersearch bench --tune` printed.
  static let measured: [String: AlgorithmTable] = [
    "avx512": AlgorithmTable(
      convolution: [
        4: [16: 32, 32: 32, 64: 32, 128: 16, 256: 32, 512: 32],
        8: [16: 32, 32: 16, 64: 32, 128: 16, 256: 32],
        16: [16: 32, 32: 16, 64: 16, 128: 8],
        32: [8: 32, 16: 16, 32: 16, 64: 32],
      ],
      weightGradient: [
        4: [16: 512, 32: 16, 64: 32, 128: 32, 256: 32, 512: 16],
        8: [16: 128, 32: 16, 64: 16, 128: 32, 256: 16],
        16: [16: 16, 32: 8, 64: 16, 128: 16],
        32: [16: 16, 32: 8, 64: 16],
      ])
  ]
}
