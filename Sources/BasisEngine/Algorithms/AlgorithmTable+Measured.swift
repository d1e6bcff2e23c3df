extension AlgorithmTable {
  /// By the kernels' name. Each entry is what `layersearch bench --tune` printed.
  static let measured: [String: AlgorithmTable] = [
    "avx512": AlgorithmTable([
      4: [16: 64, 32: 32],
      8: [16: 64, 32: 32],
      16: [16: 64, 32: 32],
      32: [32: 32],
    ])
  ]
}
