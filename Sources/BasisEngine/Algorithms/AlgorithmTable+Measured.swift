extension AlgorithmTable {
  /// The table of each set of kernels, by the kernels' name, as printed by `layersearch bench --tune`. The AVX-512
  /// table has one change: in whole steps of ResNet-20, whose tensors come from memory, Winograd also wins at 8 and 16
  /// channels on planes of 8×8 and more, where single kernels are equally fast either way (four or five pairs of
  /// alternating runs: 1.11 times as fast for a dense step, 1.04 with ranks of C/2 and C/4).
  static let measured: [String: AlgorithmTable] = [
    // Revision 1 completed the gradients of planes that go through the passes in strips of rows.
    "reference": AlgorithmTable(revision: 1),
    "avx2": AlgorithmTable(
      convolution: [
        4: [16: 8, 32: 8, 64: 16, 128: 8, 256: 8, 512: 16],
        8: [8: 16, 16: 8, 32: 16, 64: 16, 128: 16, 256: 16],
        16: [8: 8, 16: 8, 32: 8, 64: 8, 128: 8],
        32: [8: 8, 16: 8, 32: 8, 64: 16],
      ],
      weightGradient: [
        4: [16: 8, 32: 16, 64: 8, 128: 8, 256: 8, 512: 16],
        8: [16: 8, 32: 8, 64: 8, 128: 8, 256: 8],
        16: [8: 16, 16: 8, 32: 8, 64: 8, 128: 8],
        32: [16: 8, 32: 8, 64: 8],
      ]),
    "avx512": AlgorithmTable(
      convolution: [
        4: [16: 32, 32: 32, 64: 32, 128: 16, 256: 32, 512: 32],
        8: [16: 16, 32: 16, 64: 16, 128: 16, 256: 32],
        16: [8: 32, 16: 16, 32: 8, 64: 8, 128: 8],
        32: [8: 16, 16: 8, 32: 8, 64: 16],
      ],
      weightGradient: [
        4: [16: 512, 32: 16, 64: 32, 128: 32, 256: 32, 512: 16],
        8: [16: 128, 32: 16, 64: 16, 128: 32, 256: 16],
        16: [16: 16, 32: 8, 64: 16, 128: 16],
        32: [16: 16, 32: 8, 64: 16],
      ]),
  ]
}
