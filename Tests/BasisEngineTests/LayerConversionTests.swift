import KernelInterface
import Randomness
import SearchCore
import Testing

@testable import BasisEngine

/// A layer with patches of its input, so that the result of truncation can be computed from first principles.
private struct ExampleLayer: CustomTestStringConvertible, Sendable {
  enum Filters: String, CaseIterable, Sendable {
    case random
    /// Each filter is about a tenth of the one before.
    case illConditioned
    /// All filters are combinations of three.
    case rankDeficient
  }

  var outputs: Int
  var inputs: Int
  var filters: Filters
  /// Whether the first input is always zero.
  var hasDeadInput = false
  /// The side of an image in pixels, the number of images, and the number of their pixels.
  static let side = 5
  static let images = 37
  static let samples = images * side * side

  var testDescription: String { "\(outputs) of \(inputs), \(filters.rawValue)\(hasDeadInput ? ", a dead input" : "")" }

  static let all: [ExampleLayer] = Filters.allCases.flatMap { filters in
    [(2, 9), (5, 27), (7, 18), (16, 27), (13, 45), (30, 9)].map {
      ExampleLayer(outputs: $0.0, inputs: $0.1, filters: filters)
    }
  }

  var layer: Layer {
    Layer(name: "conv1", outputChannels: outputs, inputChannels: inputs, kernelSize: 1, stride: 1, inputSize: Self.side)
  }

  /// The filters W.
  var weights: Matrix {
    let random = Matrix.random(outputs, inputs, seed: UInt64(100 * outputs + inputs))
    switch filters {
    case .random: return random
    case .illConditioned:
      var scale = 1.0
      var scales: [Double] = []
      for _ in 0..<outputs {
        scales.append(scale)
        scale = max(1e-6, scale / 10)
      }
      return Matrix.diagonal(scales) * random
    case .rankDeficient: return Matrix.random(outputs, 3, seed: 7) * random.rows((0..<3).map { $0 % outputs })
    }
  }

  /// One patch in each column; the inputs are correlated, and their means are not zero.
  var patches: Matrix {
    let mix = Matrix.random(inputs, inputs, seed: 11)
    let plain =
      mix * (.diagonal((0..<inputs).map { 1 / Double(1 + $0) }) * Matrix.random(inputs, Self.samples, seed: 12))
    return Matrix(rows: inputs, columns: Self.samples) { row, column in
      hasDeadInput && row == 0 ? 0 : plain[row, column] + 3
    }
  }

  /// Returns the covariance of outputs that are stored as the kernels store them: in floats, lane by lane.
  func covariance(of outputs: Matrix) -> OutputCovariance {
    let tensor = Tensor(channels: outputs.rows, size: Self.side, halo: 0, images: Self.images)
    tensor.view.fill(images: Self.images, other: 1e6) { image, channel, row, column in
      Float(outputs[channel, (image * Self.side + row) * Self.side + column])
    }
    var covariance = OutputCovariance(channels: outputs.rows)
    covariance.add(tensor.view, BatchExtent(images: Self.images))
    return covariance
  }
}

/// Returns the columns minus their mean.
private func centered(_ matrix: Matrix) -> Matrix {
  let means = (0..<matrix.rows).map { row in
    (0..<matrix.columns).reduce(0) { $0 + matrix[row, $1] } / Double(matrix.columns)
  }
  return Matrix(rows: matrix.rows, columns: matrix.columns) { matrix[$0, $1] - means[$0] }
}

private func energy(_ matrix: Matrix) -> Double { matrix.values.reduce(0) { $0 + $1 * $1 } }

/// Returns the weights that a converted layer's factors represent, in floats as a network has them.
private func weights(_ converted: ConvertedLayer, of weights: Matrix) -> Matrix {
  func rounded(_ matrix: Matrix) -> Matrix {
    Matrix(rows: matrix.rows, columns: matrix.columns) { Double(Float(matrix[$0, $1])) }
  }
  let basis = rounded(converted.projection * weights)
  let combined = rounded(converted.coefficients) * basis
  let channels = converted.conversion.basisChannels
  guard !channels.isEmpty else { return combined }
  let order = channels + ChannelChoice.others(than: channels, of: weights.rows)
  let values = Matrix(rows: weights.rows, columns: weights.columns, values: basis.values + combined.values)
  return values.rows(order.indices.map { channel in order.firstIndex(of: channel) ?? 0 })
}

@Suite("a layer brought into a basis's form") struct LayerConversionTests {
  @Test("mean and covariance are those of plain loops, lanes that are no images left out")
  func covariance() {
    let example = ExampleLayer(outputs: 7, inputs: 9, filters: .random)
    let outputs = example.weights * example.patches
    let found = example.covariance(of: outputs)
    #expect(found.count == ExampleLayer.samples)
    let apart = centered(outputs)
    let expected = Matrix(rows: 7, columns: 7) { i, j in
      (0..<apart.columns).reduce(0) { $0 + apart[i, $1] * apart[j, $1] } / Double(apart.columns)
    }
    #expect(found.covariance.distance(to: expected) < 1e-5 * (expected.values.max() ?? 0))
    for channel in 0..<7 {
      #expect(abs(found.mean[channel] - (outputs[channel, 5] - apart[channel, 5])) < 1e-4)
    }
  }

  @Test(
    "at every legal rank it is W·Σ^½ truncated, and what it leaves out is what the spectrum says",
    arguments: ExampleLayer.all)
  private func truncation(example: ExampleLayer) throws {
    let (weights, patches) = (example.weights, centered(example.patches))
    let outputs = weights * patches
    let largest = outputs.values.reduce(0) { max($0, abs($1)) }
    let spectrum = try LayerSpectrum(example.covariance(of: weights * example.patches), filters: weights)
    // According to the definition: with the root of Σ and its inverse.
    let (vectors, variances) = try Matrix.productTransposed(patches, patches).symmetricEigenvectors()
    let root = vectors.transposed * (.diagonal(variances.map { $0.squareRoot() }) * vectors)
    let inverse = vectors.transposed * (.diagonal(variances.map { 1 / $0.squareRoot() }) * vectors)
    let (left, values, right) = try (weights * root).singularValues()
    let errors = spectrum.truncationErrors
    #expect(errors.count == example.outputs && errors.last == 0)
    for rank in example.layer.legalRanks {
      let kept = Matrix.diagonal(values.indices.map { $0 < rank ? values[$0] : 0 })
      let truncated = left * (kept * (right * inverse)) * patches
      for variant in BasisVariant.allCases {
        let converted = try ConvertedLayer(example.layer, spectrum, rank: rank, variant: variant)
        let found = BasisEngineTests.weights(converted, of: weights) * patches
        #expect(found.distance(to: truncated) < 1e-4 * largest, "rank \(rank), \(variant)")
        let lost = energy(outputs - found) / energy(outputs)
        #expect(abs(lost - errors[rank - 1]) < 1e-6, "rank \(rank), \(variant)")
        #expect(abs(lost - converted.conversion.error) < 1e-6, "rank \(rank), \(variant)")
        #expect(converted.conversion.method == (variant == .full ? .truncation : .pivots))
        if example.filters == .rankDeficient, rank >= 3 { #expect(found.distance(to: outputs) < 1e-4 * largest) }
      }
      // The filters' own truncation, which does not depend on the images.
      let own = try weights.singularValues()
      let plain = own.left * (.diagonal(own.values.indices.map { $0 < rank ? own.values[$0] : 0 }) * own.right)
      #expect(errors[rank - 1] <= energy(outputs - plain * patches) / energy(outputs) + 1e-6, "rank \(rank)")
    }
  }

  @Test("in groups each group's outputs are truncated as a layer of their own", arguments: [2, 3])
  func groups(count: Int) throws {
    let example = ExampleLayer(outputs: 12, inputs: 27, filters: .random)
    let (weights, patches) = (example.weights, centered(example.patches))
    let outputs = weights * patches
    let largest = outputs.values.reduce(0) { max($0, abs($1)) }
    let spectrum = try LayerSpectrum(example.covariance(of: weights * example.patches), filters: weights)
    for rank in stride(from: count, to: 12, by: count) {
      let converted = try ConvertedLayer(example.layer, spectrum, rank: rank, variant: .grouped(count))
      let (maps, combinations) = (rank / count, (12 - rank) / count)
      #expect(converted.coefficients.rows == 12 - rank && converted.coefficients.columns == maps)
      // A with zeros between its groups.
      let whole = Matrix(rows: 12 - rank, columns: rank) { row, column in
        row / combinations == column / maps ? converted.coefficients[row, column % maps] : 0
      }
      let basis = converted.projection * weights
      let order =
        converted.conversion.basisChannels + ChannelChoice.others(than: converted.conversion.basisChannels, of: 12)
      let made = Matrix(rows: 12, columns: 27, values: basis.values + (whole * basis).values)
        .rows((0..<12).map { order.firstIndex(of: $0) ?? 0 })
      let found = made * patches
      var lost = 0.0
      for group in 0..<count {
        let channels = Array(group * 12 / count..<(group + 1) * 12 / count)
        let own = outputs.rows(channels)
        let (left, values, right) = try own.singularValues()
        let kept = Matrix.diagonal(values.indices.map { $0 < maps ? values[$0] : 0 })
        #expect(found.rows(channels).distance(to: left * (kept * right)) < 1e-4 * largest, "rank \(rank)")
        lost += values.dropFirst(maps).reduce(0) { $0 + $1 * $1 }
      }
      #expect(abs(converted.conversion.error - lost / energy(outputs)) < 1e-6)
      #expect(abs(converted.conversion.error - energy(outputs - found) / energy(outputs)) < 1e-6)
    }
    let one = try ConvertedLayer(example.layer, spectrum, rank: 5, variant: .grouped(1))
    let plain = try ConvertedLayer(example.layer, spectrum, rank: 5, variant: .remainder)
    #expect(one.coefficients == plain.coefficients && one.projection == plain.projection)
    #expect(one.conversion == plain.conversion)
  }

  @Test("tied layers have one matrix, and no other space of outputs loses less of them together")
  func tied() throws {
    let examples = [9, 18, 27].map { ExampleLayer(outputs: 8, inputs: $0, filters: .random) }
    let spectra = try examples.map { example in
      try LayerSpectrum(example.covariance(of: example.weights * example.patches), filters: example.weights)
    }
    let outputs = examples.map { $0.weights * centered($0.patches) }
    let common = try LayerSpectrum.along(common: spectra)
    /// Returns the share of each layer's variance that lies outside the space of these orthonormal rows.
    func lost(beside directions: Matrix) -> [Double] {
      outputs.map { 1 - energy(directions * $0) / energy($0) }
    }
    for rank in [1, 3, 7] {
      let converted = try zip(examples, common).map { example, spectrum in
        try ConvertedLayer(example.layer, spectrum, rank: rank, variant: .tied)
      }
      #expect(Set(converted.map(\.conversion.basisChannels)).count == 1)
      #expect(converted.allSatisfy { $0.coefficients == converted[0].coefficients })
      for (example, (found, whole)) in zip(examples, zip(converted, outputs)) {
        let kept = weights(found, of: example.weights) * centered(example.patches)
        #expect(abs(energy(whole - kept) / energy(whole) - found.conversion.error) < 1e-5, "rank \(rank)")
      }
      let sum = converted.reduce(0) { $0 + $1.conversion.error }
      #expect(abs(sum - lost(beside: common[0].directions.rows(0..<rank)).reduce(0, +)) < 1e-6)
      for spectrum in spectra { #expect(sum <= lost(beside: spectrum.directions.rows(0..<rank)).reduce(0, +) + 1e-9) }
      for seed in 0..<20 as Range<UInt64> {
        let random = try Matrix.random(8, 8, seed: seed).singularValues().right
        #expect(sum <= lost(beside: random.rows(0..<rank)).reduce(0, +) + 1e-9)
      }
    }
    // A single layer is the same as without tying.
    #expect(try LayerSpectrum.along(common: [spectra[0]])[0].directions == spectra[0].directions)
  }

  @Test("what the calibration images do not show is kept by the weights alone")
  func unseen() throws {
    let example = ExampleLayer(outputs: 8, inputs: 3, filters: .random, hasDeadInput: true)
    let weights = example.weights
    let spectrum = try LayerSpectrum(example.covariance(of: weights * example.patches), filters: weights)
    // Two inputs vary. The third direction, the first without any variance, is that of the dead input.
    #expect(spectrum.variances[2] < LayerSpectrum.noise * spectrum.variances[0])
    let layer = Layer(name: "fc", outputChannels: 8, inputChannels: 3, kernelSize: 1, stride: 1, inputSize: 1)
    for variant in BasisVariant.allCases {
      let converted = try ConvertedLayer(layer, spectrum, rank: 3, variant: variant)
      #expect(BasisEngineTests.weights(converted, of: weights).distance(to: weights) < 1e-5)
    }
  }

  @Test("a least squares solution says what it loses beyond the truncation")
  func leastSquares() throws {
    let example = ExampleLayer(outputs: 9, inputs: 27, filters: .random)
    let (weights, patches) = (example.weights, centered(example.patches))
    let outputs = weights * patches
    let spectrum = try LayerSpectrum(example.covariance(of: weights * example.patches), filters: weights)
    // No choice has a condition number of 1: all singular values but the largest are left out.
    let converted = try ConvertedLayer(
      example.layer, spectrum, rank: 4, variant: .remainder, highestConditionNumber: 1)
    #expect(converted.conversion.method == .leastSquares)
    let lost = energy(outputs - BasisEngineTests.weights(converted, of: weights) * patches) / energy(outputs)
    #expect(abs(lost - converted.conversion.error) < 1e-6)
    #expect(lost > spectrum.truncationErrors[3] + 0.01)
  }

  @Test("a layer whose outputs never vary loses nothing, and numbers that are none are an error")
  func constant() throws {
    let example = ExampleLayer(outputs: 4, inputs: 9, filters: .random)
    let still = Matrix(rows: 4, columns: ExampleLayer.samples) { row, _ in Double(row) }
    let spectrum = try LayerSpectrum(example.covariance(of: still), filters: example.weights)
    #expect(spectrum.truncationErrors == [0, 0, 0, 0])
    for variant in BasisVariant.allCases {
      let converted = try ConvertedLayer(example.layer, spectrum, rank: 2, variant: variant)
      #expect(converted.projection.isFinite && converted.coefficients.isFinite && converted.conversion.error == 0)
    }
    var broken = still
    broken[2, 7] = .nan
    #expect(throws: DecompositionFailure.self) {
      try LayerSpectrum(example.covariance(of: broken), filters: example.weights)
    }
  }
}
