import KernelInterface
import Randomness
import SearchCore
import Testing

@testable import BasisEngine

/// A basis convolution that is compared with the equivalent dense one.
struct FormCase: Sendable, CustomTestStringConvertible {
  var outputs = 7
  var inputs = 3
  var kernelSize = 3
  var stride = 1
  var rank: Int
  var variant = BasisVariant.remainder
  var basisChannels: [Int]? = nil
  var images: Int
  var size = 5

  var testDescription: String {
    "\(inputs)→\(rank)→\(outputs), \(kernelSize)×\(kernelSize), stride \(stride), \(variant), \(images) images"
  }

  func shape(outputChannels: Int) -> ConvolutionShape {
    ConvolutionShape(outputChannels: outputChannels, inputChannels: inputs, kernelSize: kernelSize, stride: stride)
  }

  static let cases: [FormCase] = [
    FormCase(rank: 1, images: 1),
    FormCase(rank: 6, images: 17),
    FormCase(stride: 2, rank: 3, basisChannels: [6, 0, 4], images: 15),
    FormCase(kernelSize: 1, stride: 2, rank: 2, basisChannels: [5, 1], images: 16),
    FormCase(outputs: 18, inputs: 5, rank: 17, basisChannels: Array((1..<18).reversed()), images: 15, size: 3),
    FormCase(outputs: 18, inputs: 5, stride: 2, rank: 5, images: 17, size: 4),
    FormCase(
      outputs: 10, inputs: 12, kernelSize: 1, rank: 9, basisChannels: [9, 8, 7, 6, 5, 4, 3, 2, 0], images: 3, size: 1),
    FormCase(rank: 1, variant: .full, images: 17),
    FormCase(stride: 2, rank: 6, variant: .full, images: 15),
    FormCase(kernelSize: 1, rank: 2, variant: .full, images: 1),
    FormCase(outputs: 9, rank: 3, variant: .grouped(3), images: 17),
    FormCase(outputs: 10, stride: 2, rank: 6, variant: .grouped(2), basisChannels: [9, 3, 0, 5, 1, 7], images: 15),
    FormCase(outputs: 24, inputs: 5, rank: 18, variant: .grouped(6), images: 3),
    FormCase(outputs: 12, kernelSize: 1, stride: 2, rank: 4, variant: .grouped(4), images: 16),
    FormCase(rank: 2, variant: .tied, basisChannels: [5, 1], images: 16),
  ]
}

@Suite struct BasisConvolutionTests {
  @Test(
    "a basis convolution computes what the dense one does whose filters are its combinations, forward and backward",
    arguments: kernelTables, FormCase.cases)
  func equalsDense(kernels: KernelTable, form: FormCase) {
    let filterSize = form.inputs * form.kernelSize * form.kernelSize
    let combined = form.variant == .full ? form.outputs : form.outputs - form.rank
    // Each group has `columns` of the r basis maps, one group after the other.
    let columns = form.rank / form.variant.groups
    func firstMap(of combination: Int) -> Int { combination / (combined / form.variant.groups) * columns }
    let store = ParameterStore(tensors: [
      TensorDescription(name: "basis", shape: [form.rank, filterSize]),
      TensorDescription(name: "coefficients", shape: [combined, columns]),
      TensorDescription(name: "dense", shape: [form.outputs, filterSize]),
    ])
    var random = StableRandom(seed: 9)
    let basis = (0..<form.rank * filterSize).map { _ in Float(random.normal()) }
    let coefficients = (0..<combined * columns).map { _ in Float(random.normal()) }
    store.write("basis", basis)
    store.write("coefficients", coefficients)
    let outputSize = (form.size + form.stride - 1) / form.stride
    let maps = Tensor(channels: form.rank, size: outputSize, halo: 0, images: form.images)
    let mapsGradient = Tensor(channels: form.rank, size: outputSize, halo: 1, images: form.images)
    let weights = BasisWeights(
      shape: form.shape(outputChannels: form.outputs), rank: form.rank, variant: form.variant,
      filters: store.slice("basis"), coefficients: store.slice("coefficients"), kernels: kernels)
    let layer: any ConvolutionLayer =
      switch form.variant {
      case .remainder, .grouped, .tied:
        RemainderConvolution(weights, basisChannels: form.basisChannels ?? Array(0..<form.rank))
      case .full: FullConvolution(weights, maps: maps.view, mapsGradient: mapsGradient.view)
      }
    let order = (0..<form.outputs).map { c in layer.channelMap.map { Int($0[c]) } ?? c }
    #expect(order.sorted() == Array(0..<form.outputs))
    if let channels = form.basisChannels { #expect(Array(order.prefix(form.rank)) == channels) }

    // The dense filters, by internal channel.
    let kept = form.outputs - combined
    let filters = (0..<form.outputs).map { c -> [Float] in
      if c < kept { return Array(basis[c * filterSize..<(c + 1) * filterSize]) }
      return (0..<filterSize).map { k in
        Float(
          (0..<columns).reduce(0.0) {
            $0 + Double(coefficients[(c - kept) * columns + $1])
              * Double(basis[(firstMap(of: c - kept) + $1) * filterSize + k])
          })
      }
    }
    // In internal order, so that both outputs can be compared directly.
    store.write("dense", filters.flatMap(\.self))
    let dense = Convolution(
      shape: form.shape(outputChannels: form.outputs), weight: store.slice("dense"), kernels: kernels)

    let batch = BatchPortion(
      firstBlock: 0, extent: BatchExtent(images: form.images), rows: 0..<(form.size + form.stride - 1) / form.stride)
    let input = Tensor(channels: form.inputs, size: form.size, halo: 1, images: form.images)
    input.view.fillNormal(images: form.images, seed: 1, other: 5)
    let results = [layer, dense].map { layer in
      let output = Tensor(channels: form.outputs, size: outputSize, halo: 0, images: form.images)
      let sums = AlignedBuffer<Double>(count: 2 * form.outputs)
      layer.prepare(for: .training)
      layer.forward(
        input.view, output.view, batch,
        statistics: ChannelSums(values: sums.base, squares: sums.base + form.outputs))
      let outputGradient = Tensor(channels: form.outputs, size: outputSize, halo: 1, images: form.images)
      outputGradient.view.fillNormal(images: form.images, seed: 2)
      let inputGradient = Tensor(channels: form.inputs, size: form.size, halo: 0, images: form.images)
      inputGradient.view.fill(images: form.images) { _, _, _, _ in 0.5 }
      layer.backward(
        input.view, output.view, outputGradient: outputGradient.view, inputGradient: inputGradient.view,
        accumulate: true, skipped: nil, batch)
      return (
        output: output.view.read(images: form.images), sums: sums.values.map { Float($0) },
        inputGradient: inputGradient.view.read(images: form.images)
      )
    }
    #expect(relativeDifference(results[0].output, results[1].output) < 1e-5)
    #expect(relativeDifference(results[0].sums, results[1].sums) < 1e-5)
    #expect(relativeDifference(results[0].inputGradient, results[1].inputGradient) < 1e-5)

    // Chain rule through W = [W_b; A·W_b]: dA = dW_r · W_bᵀ, dW_b' = dW_b + Aᵀ · dW_r.
    let gradient = store.readGradient("dense")
    func denseGradient(_ c: Int, _ k: Int) -> Double { Double(gradient[c * filterSize + k]) }
    let coefficientGradient = (0..<combined * columns).map { index in
      let (c, j) = index.quotientAndRemainder(dividingBy: columns)
      return Float(
        (0..<filterSize).reduce(0.0) {
          $0 + denseGradient(kept + c, $1) * Double(basis[(firstMap(of: c) + j) * filterSize + $1])
        })
    }
    let basisGradient = (0..<form.rank * filterSize).map { index -> Float in
      let (j, k) = index.quotientAndRemainder(dividingBy: filterSize)
      let own = kept > 0 ? denseGradient(j, k) : 0
      return Float(
        (0..<combined).reduce(own) { sum, c in
          let column = j - firstMap(of: c)
          guard (0..<columns).contains(column) else { return sum }
          return sum + Double(coefficients[c * columns + column]) * denseGradient(kept + c, k)
        })
    }
    #expect(relativeDifference(store.readGradient("coefficients"), coefficientGradient) < 1e-4)
    #expect(relativeDifference(store.readGradient("basis"), basisGradient) < 1e-4)
  }
}
