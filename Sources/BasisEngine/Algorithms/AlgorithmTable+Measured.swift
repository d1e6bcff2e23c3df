extension AlgorithmTable {
  /// By the kernels' name. Each entry is what `layersearch bench --tune` printed.
  static let measured: [String: AlgorithmTable] = [
    "avx512": AlgorithmTable(
      convolution: [
        4: [16: 64, 32: 32],
        8: [16: 64, 32: 32],
        16: [16: 64, 32: 32],
        32: [32: 32],
      ],
      weightGradient: [
        4: [32: 32],
        8: [32: 32],
        16: [32: 16],
        32: [32: 32],
      ])
  ]
}
