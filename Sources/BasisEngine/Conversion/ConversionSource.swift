import COpenBLAS
import ImageData
import KernelInterface
import SearchCore

/// A trained dense network from which candidates' networks are made: the covariance of its layers' outputs on
/// calibration images, and the conversion of each layer to a basis convolution (see `LayerSpectrum` and
/// `ChannelChoice`).
///
/// A function of (weights, calibration images and their augmentation, batch, kernel variant). The result for a layer
/// and a rank is kept for later candidates, up to 64 MB in total. Not safe for concurrent use.
package final class ConversionSource {
  package let architecture: Architecture
  /// The images that the covariances are computed from and on which batch norm is recalibrated.
  package let calibration: LabeledImages
  /// The augmentation of the calibration images when batch norm is recalibrated on them.
  private let augmentation: Augmentation?
  private let tensors: TensorTree
  private let kernels: KernelTable
  /// The spectrum of each layer of the architecture.
  private let spectra: [LayerSpectrum]
  private var converted: [Key: ConvertedLayer] = [:]
  /// The number of values in the matrices of `converted`, which is emptied when there would be more than
  /// `mostKeptNumbers`.
  private(set) var keptNumbers = 0
  var mostKeptNumbers = 1 << 23

  private struct Key: Hashable {
    var layer: Int
    var rank: Int
    var variant: BasisVariant
    /// The layers that share the coefficients, including this one.
    var tied: [Int]
  }

  /// Passes the calibration images through the network once, in inference, and decomposes each layer's covariance.
  /// - Parameters:
  ///   - dense: A network without decomposed layers.
  ///   - path: The network's origin, for error messages.
  ///   - architecture: The architecture that the network must have.
  ///   - calibration: Training images; the covariances are those of the images without augmentation.
  ///   - augmentation: The augmentation of these images when batch norm is recalibrated on them.
  ///   - workspace: A workspace of the architecture; its capacity is the batch size of the pass.
  ///   - shouldContinue: Called after every batch and every layer; returns `false` to stop.
  /// - Throws: `checkpoint` for another or a broken network, `conversion` if there are too few images or the outputs
  ///   are not finite, `cancelled` if `shouldContinue` returned `false`.
  package init(
    dense: Checkpoint, path: String = "the checkpoint", architecture: Architecture, calibration: LabeledImages,
    augmentation: Augmentation? = nil, workspace: Workspace, kernels: KernelTable,
    while shouldContinue: () -> Bool = { true }
  ) throws(EngineError) {
    do { try dense.requireStart(of: architecture) } catch { throw .checkpoint(path: path, reason: "\(error)") }
    let fewest = architecture.fewestCalibrationImages
    guard calibration.count >= fewest else {
      throw .conversion(
        reason: "with \(calibration.count) calibration images, the covariance of a layer's outputs is singular; "
          + "\(architecture.model.rawValue) needs at least \(fewest)")
    }
    // LAPACK's results, like those of the kernels, are computed on one thread.
    openblas_set_num_threads(1)
    let network = try ResNet(
      dense, path: path, batch: workspace.capacity, kernels: kernels, workspace: workspace)
    var outputs = architecture.layers.map { OutputCovariance(channels: $0.outputChannels) }
    let assembler = BatchAssembler(normalization: calibration.normalization)
    for batch in calibration.evenBatches(atMost: workspace.capacity) {
      assembler.assemble(calibration, indices: batch, into: network.input)
      network.forwardKeepingOutputs(images: batch.count)
      for index in outputs.indices {
        outputs[index].add(workspace.convolutionOutput(of: index), BatchExtent(images: batch.count))
      }
      guard shouldContinue() else { throw .cancelled }
    }
    var spectra: [LayerSpectrum] = []
    for (layer, outputs) in zip(architecture.layers, outputs) {
      do {
        spectra.append(try LayerSpectrum(outputs, filters: Self.filters(of: layer, dense.tensors)))
      } catch {
        throw .conversion(reason: "outputs of layer \(layer.name): \(error); choose a network that learned something")
      }
      guard shouldContinue() else { throw .cancelled }
    }
    self.architecture = architecture
    self.calibration = calibration
    self.augmentation = augmentation
    self.kernels = kernels
    self.spectra = spectra
    tensors = dense.tensors
  }

  /// The share of the variance of a layer's outputs on the calibration images that truncation of the layer loses, 0…1:
  /// one number for each rank 1…N of each of `analyzedConvolutions`.
  package var truncationErrors: [Double] {
    architecture.analyzedConvolutions.flatMap { spectra[$0].truncationErrors }
  }

  /// Returns the trained network in a candidate's form, with batch norm recalibrated on the calibration images.
  /// - Parameters:
  ///   - variant: The variant of layers for which the candidate names none. Tied layers are truncated to a common space
  ///     of outputs: the least squares solution for their one A and all their filters.
  ///   - workspace: A workspace of the architecture; `nil` to allocate one for `batch` images.
  ///   - shouldContinue: Called after every layer and every batch; returns `false` to stop.
  /// - Throws: `unknownLayer`, `illegalRank`, or `illegalVariant` for a candidate that the architecture cannot take,
  ///   `conversion`, `cancelled`.
  package func network(
    for candidate: Candidate, variant: BasisVariant, batch: Int, workspace: Workspace? = nil,
    while shouldContinue: () -> Bool = { true }
  ) throws(EngineError) -> (network: ResNet, conversions: [LayerConversion]) {
    // Checks the candidate before anything is computed from its ranks.
    let form = try NetworkForm(architecture: architecture, candidate: candidate, variant: variant)
    var layers: [ConvertedLayer?] = []
    var (basisChannels, orders): ([String: [Int]], [Int: [Int]]) = ([:], [:])
    let inner = Set(architecture.blocks.flatMap { $0.convolutions.dropLast() })
    for (index, layer) in architecture.layers.enumerated() {
      guard case .basis(let basis, _) = form.layers[index] else {
        layers.append(nil)
        continue
      }
      let converted = try converted(index, basis, tied: form.layersSharing(basis))
      layers.append(converted)
      if basis.variant.keepsMaps {
        let channels = converted.conversion.basisChannels
        if inner.contains(index) {
          orders[index] = channels + ChannelChoice.others(than: channels, of: layer.outputChannels)
        } else {
          basisChannels[layer.name] = channels
        }
      }
      guard shouldContinue() else { throw .cancelled }
    }
    let network = try ResNet(
      form: NetworkForm(
        architecture: architecture, candidate: candidate, variant: variant, basisChannels: basisChannels),
      batch: batch, kernels: kernels, workspace: workspace)
    let before = Dictionary(
      uniqueKeysWithValues: architecture.blocks.flatMap { zip($0.convolutions.dropFirst(), $0.convolutions) })
    for (index, converted) in layers.enumerated() {
      write(converted, index, outputs: orders[index], inputs: before[index].flatMap { orders[$0] }, to: network)
    }
    try network.recalibrate(on: calibration, augmentation: augmentation, while: shouldContinue)
    return (network, layers.compactMap { $0?.conversion })
  }

  private func converted(
    _ index: Int, _ basis: LayerBasis, tied: [Int]
  ) throws(EngineError) -> ConvertedLayer {
    let (rank, variant) = (basis.rank, basis.variant)
    let key = Key(layer: index, rank: rank, variant: variant, tied: tied)
    if let known = converted[key] { return known }
    let layer = architecture.layers[index]
    do {
      let spectrum = try LayerSpectrum.along(common: tied.map { spectra[$0] })[tied.firstIndex(of: index) ?? 0]
      let found = try ConvertedLayer(layer, spectrum, rank: rank, variant: variant)
      let numbers = found.projection.values.count + found.coefficients.values.count
      if keptNumbers + numbers > mostKeptNumbers { (converted, keptNumbers) = ([:], 0) }
      converted[key] = found
      keptNumbers += numbers
      return found
    } catch { throw .conversion(reason: "layer \(layer.name) at rank \(rank): \(error)") }
  }

  /// Writes a layer's tensors, and those of the batch norm that follows it.
  ///
  /// The channels between a block's convolutions may have any order that both convolutions use; there, the basis maps
  /// come first, which is a faster form.
  /// - Parameters:
  ///   - outputs: The channels of the trained network in the order in which they follow this layer; `nil` if unchanged.
  ///   - inputs: The same for the channels that this layer reads.
  private func write(
    _ converted: ConvertedLayer?, _ index: Int, outputs: [Int]?, inputs: [Int]?, to network: ResNet
  ) {
    let layer = architecture.layers[index]
    let filters = reordered("\(layer.name).weight", pieces: layer.outputChannels, of: layer.inputChannels, inputs)
    if let converted {
      // The rows of the projection are in the order of the outputs already.
      let basis =
        converted.projection
        * Matrix(rows: layer.outputChannels, columns: layer.filterSize, values: filters.map(Double.init))
      network.parameters.write("\(layer.name).basis", basis.values.map(Float.init))
      // Layers that share coefficients have the same result, and only the first of them has the tensor.
      let coefficients = "\(layer.name).coefficients"
      if network.parameters.contains(coefficients) {
        network.parameters.write(coefficients, converted.coefficients.values.map(Float.init))
      }
    } else {
      network.parameters.write("\(layer.name).weight", filters)
    }
    guard index != architecture.classifier else {
      let name = "\(layer.name).bias"
      var bias = tensors[name]?.values ?? []
      if let converted {
        for k in bias.indices { bias[k] += Float(spectra[index].mean[k] - converted.mean[k]) }
      }
      return network.parameters.write(name, bias)
    }
    let norm = NetworkForm.batchNormName(of: layer.name)
    for (store, name) in [
      (network.parameters, "weight"), (network.parameters, "bias"), (network.statistics, "running_mean"),
      (network.statistics, "running_var"),
    ] {
      store.write("\(norm).\(name)", reordered("\(norm).\(name)", pieces: 1, of: layer.outputChannels, outputs))
    }
  }

  /// Returns a tensor's values with its second axis, of `channels` entries in each of `pieces` pieces, reordered.
  private func reordered(_ name: String, pieces: Int, of channels: Int, _ order: [Int]?) -> [Float] {
    let values = tensors[name]?.values ?? []
    guard let order else { return values }
    let taps = values.count / (pieces * channels)
    var reordered: [Float] = []
    reordered.reserveCapacity(values.count)
    for piece in 0..<pieces {
      for channel in order {
        let first = (piece * channels + channel) * taps
        reordered.append(contentsOf: values[first..<first + taps])
      }
    }
    return reordered
  }

  /// W: N × K.
  private static func filters(of layer: Layer, _ tensors: TensorTree) -> Matrix {
    Matrix(
      rows: layer.outputChannels, columns: layer.filterSize,
      values: (tensors["\(layer.name).weight"]?.values ?? []).map(Double.init))
  }
}
