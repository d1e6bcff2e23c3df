import SearchCore

/// The result of converting a layer to a basis convolution.
package struct LayerConversion: Equatable, Sendable {
  /// How a layer's coefficients A were found.
  package enum Method: String, Equatable, Sendable {
    /// The truncation itself: variant `full`.
    case truncation
    /// A solves A·U₁ = U₂ for the channels of the first r pivots.
    case pivots
    /// The same, but the first choice was ill-conditioned, and a later pivot replaced its last channel.
    case laterPivot
    /// Every choice that was tried was ill-conditioned: A is a least squares solution, and more is lost than by the
    /// truncation.
    case leastSquares
  }

  package let layer: String
  package let rank: Int
  package let method: Method
  /// The output channels of the trained network that are the basis maps, ascending; empty for variant `full`. Between a
  /// block's convolutions, the converted network has these channels first.
  package let basisChannels: [Int]
  /// The condition number of the system that A solves; 1 for variant `full`.
  package let conditionNumber: Double
  /// The share of the variance of the layer's outputs on the calibration images that is lost, 0…1: that of the
  /// truncation, unless `method` is `leastSquares`.
  package let error: Double
}

/// The factors of a converted layer, without its filters: W_b = projection · W.
struct ConvertedLayer {
  let conversion: LayerConversion
  /// r × N
  let projection: Matrix
  /// A: (N − r) × r for variant `remainder`, N × r for `full`, (N − r) × r/G in G groups.
  let coefficients: Matrix
  /// The mean of the converted layer's outputs; that of the trained layer's is `LayerSpectrum.mean`.
  let mean: [Double]

  /// Truncates a layer to a legal rank, in a variant's form: A·W_b is the Ŵ of `LayerSpectrum`.
  init(
    _ layer: Layer, _ spectrum: LayerSpectrum, rank: Int, variant: BasisVariant,
    highestConditionNumber: Double = Curve.highestConditionNumber
  ) throws(DecompositionFailure) {
    if variant.groups > 1 {
      self = try Self.grouped(layer, spectrum, rank: rank, groups: variant.groups, highestConditionNumber)
      return
    }
    // U_rᵀ
    let kept = spectrum.directions.rows(0..<rank)
    let factor = kept.transposed
    let keptMean = kept * Matrix(rows: layer.outputChannels, columns: 1, values: spectrum.mean)
    let error = spectrum.truncationErrors[rank - 1]
    switch variant {
    case .full:
      (projection, coefficients) = (kept, factor)
      mean = (factor * keptMean).values
      conversion = LayerConversion(
        layer: layer.name, rank: rank, method: .truncation, basisChannels: [], conditionNumber: 1, error: error)
    case .remainder, .grouped, .tied:
      let choice = try ChannelChoice(factor, highestConditionNumber: highestConditionNumber)
      let others = ChannelChoice.others(than: choice.channels, of: layer.outputChannels)
      let basis = factor.rows(choice.channels)
      projection = basis * kept
      coefficients = choice.coefficients
      // A·U₁, which stands in for U₂.
      let combined = choice.coefficients * basis
      let missing = (combined - factor.rows(others)).transposed.rowEnergies
      let total = spectrum.variances.reduce(0, +)
      let further = zip(missing, spectrum.variances).reduce(0) { $0 + $1.0 * $1.1 }
      var rows = factor
      for (place, row) in others.enumerated() {
        for column in 0..<rank { rows[row, column] = combined[place, column] }
      }
      mean = (rows * keptMean).values
      conversion = LayerConversion(
        layer: layer.name, rank: rank, method: choice.method, basisChannels: choice.channels,
        conditionNumber: choice.conditionNumber, error: total > 0 ? min(1, error + further / total) : 0)
    }
  }

  private init(conversion: LayerConversion, projection: Matrix, coefficients: Matrix, mean: [Double]) {
    (self.conversion, self.projection, self.coefficients, self.mean) = (conversion, projection, coefficients, mean)
  }

  /// Truncates each group of neighboring outputs by itself, as a layer of N/G outputs to rank r/G.
  ///
  /// The basis maps and combinations of a group then form a separate space: the result is the least squares solution
  /// over all A and W_b in groups of these outputs.
  private static func grouped(
    _ layer: Layer, _ spectrum: LayerSpectrum, rank: Int, groups: Int, _ highestConditionNumber: Double
  ) throws(DecompositionFailure) -> ConvertedLayer {
    let width = layer.outputChannels / groups
    var part = layer
    part.outputChannels = width
    var parts: [ConvertedLayer] = []
    var lost = 0.0
    for group in 0..<groups {
      let own = try spectrum.channels(group * width..<(group + 1) * width)
      let converted = try ConvertedLayer(
        part, own, rank: rank / groups, variant: .remainder, highestConditionNumber: highestConditionNumber)
      lost += converted.conversion.error * own.variances.reduce(0, +)
      parts.append(converted)
    }
    let rows = rank / groups
    let projection = Matrix(rows: rank, columns: layer.outputChannels) { row, column in
      let group = row / rows
      guard column / width == group else { return 0 }
      return parts[group].projection[row % rows, column % width]
    }
    let total = spectrum.variances.reduce(0, +)
    let conversion = LayerConversion(
      layer: layer.name, rank: rank,
      method: parts.map(\.conversion.method).max { $0.severity < $1.severity } ?? .pivots,
      basisChannels: parts.enumerated().flatMap { group, part in
        part.conversion.basisChannels.map { group * width + $0 }
      }, conditionNumber: parts.map(\.conversion.conditionNumber).max() ?? 1,
      error: total > 0 ? min(1, lost / total) : 0)
    return ConvertedLayer(
      conversion: conversion, projection: projection,
      coefficients: Matrix(
        rows: layer.outputChannels - rank, columns: rows, values: parts.flatMap(\.coefficients.values)),
      mean: parts.flatMap(\.mean))
  }
}

extension LayerConversion.Method {
  /// How far the method is from a first choice.
  fileprivate var severity: Int {
    switch self {
    case .truncation, .pivots: 0
    case .laterPivot: 1
    case .leastSquares: 2
    }
  }
}
