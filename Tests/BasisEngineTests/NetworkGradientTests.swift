import KernelInterface
import Randomness
import SearchCore
import Testing

@testable import BasisEngine

/// A form of a small network whose gradients are compared with finite differences of its loss.
struct NetworkCase: CustomTestStringConvertible, Sendable {
  var model = Model.resnet8
  var widths = [5, 8, 12]
  var imageSize = 8
  var ranks: [String: Int] = [:]
  var variant = BasisVariant.remainder
  /// The variants of layers for which `variant` does not hold.
  var variants: [String: BasisVariant] = [:]
  var basisChannels: [String: [Int]] = [:]
  var images = 17

  var candidate: Candidate {
    Candidate(
      forms: Dictionary(
        uniqueKeysWithValues: ranks.map { ($0.key, BasisForm(rank: $0.value, variant: variants[$0.key])) }))
  }

  var testDescription: String { "\(model) \(candidate) \(variant) \(images) images" }

  /// Returns the case of a described network; the description contains the widths.
  static func described(
    _ text: String, imageSize: Int, ranks: [String: Int] = [:], variant: BasisVariant = .remainder,
    basisChannels: [String: [Int]] = [:], images: Int = 17
  ) -> NetworkCase {
    let model = Model(rawValue: text) ?? .resnet8
    return NetworkCase(
      model: model, widths: model.network.widths, imageSize: imageSize, ranks: ranks, variant: variant,
      basisChannels: basisChannels, images: images)
  }

  func network(_ kernels: KernelTable) throws -> ResNet {
    try ResNet(
      architecture: Architecture(model, imageSize: imageSize, widths: widths), candidate: candidate,
      variant: variant, batch: images, kernels: kernels, seed: 5, basisChannels: basisChannels)
  }

  static let cases: [NetworkCase] = [
    NetworkCase(),
    NetworkCase(imageSize: 16, images: 1),
    // Large planes take several groups of blocks, small ones a single group.
    NetworkCase(imageSize: 16, ranks: ["layer1.0.conv2": 2, "layer2.0.conv1": 3], images: 35),
    NetworkCase(
      ranks: ["conv1": 3, "layer1.0.conv1": 1, "layer1.0.conv2": 4, "layer2.0.conv1": 7, "layer3.0.conv2": 11, "fc": 9]
    ),
    NetworkCase(ranks: ["conv1": 4, "layer1.0.conv2": 3, "layer2.0.conv1": 7, "fc": 1], variant: .full, images: 15),
    NetworkCase(
      ranks: ["conv1": 3, "layer1.0.conv2": 2, "layer2.0.conv1": 5, "layer2.0.conv2": 2, "fc": 4],
      basisChannels: [
        "conv1": [4, 0, 2], "layer1.0.conv2": [3, 1], "layer2.0.conv1": [7, 2, 5, 0, 1], "layer2.0.conv2": [6, 3],
        "fc": [9, 0, 5, 2],
      ], images: 16),
    // Layers wide enough for Winograd's algorithm, in strips of rows and whole.
    NetworkCase(widths: [32, 40, 64], imageSize: 32, ranks: ["layer2.0.conv2": 33], images: 3),
    // Planes that are processed in strips of rows.
    NetworkCase(
      widths: [3, 4, 5], imageSize: 32,
      ranks: ["conv1": 2, "layer1.0.conv1": 1, "layer1.0.conv2": 2, "layer2.0.conv1": 3, "layer2.0.conv2": 2]),
    NetworkCase(
      widths: [3, 4, 5], imageSize: 32, ranks: ["conv1": 2, "layer1.0.conv1": 1, "layer2.0.conv1": 3], variant: .full),
    NetworkCase(
      model: .resnet18, widths: [2, 3, 4, 5], imageSize: 64,
      ranks: ["layer1.0.conv2": 1, "layer2.0.conv1": 2, "layer2.0.downsample.0": 1], images: 1),
    // Projections, dense and decomposed.
    NetworkCase(
      model: .resnet18, widths: [4, 6, 8, 9], imageSize: 16,
      ranks: ["layer2.0.downsample.0": 3, "layer3.0.conv1": 5, "layer1.1.conv2": 3, "layer4.0.downsample.0": 7],
      basisChannels: ["layer2.0.downsample.0": [5, 3, 1]], images: 15),
    NetworkCase(
      model: .resnet18, widths: [4, 6, 8, 9], imageSize: 16, ranks: ["layer2.0.downsample.0": 3, "layer3.0.conv1": 5],
      variant: .full, images: 15),
    // Groups: r channels kept, all kept, groups of one map each, and permuted basis channels.
    NetworkCase(
      widths: [9, 12, 18],
      ranks: [
        "conv1": 3, "layer1.0.conv1": 6, "layer1.0.conv2": 3, "layer2.0.conv1": 6, "layer2.0.conv2": 3,
        "layer3.0.conv1": 9, "layer3.0.conv2": 15,
      ], variant: .grouped(3), basisChannels: ["layer1.0.conv2": [8, 1, 4], "layer2.0.conv2": [3, 2, 0]]),
    NetworkCase(
      widths: [4, 6, 8], imageSize: 32,
      ranks: ["conv1": 2, "layer1.0.conv1": 2, "layer1.0.conv2": 2, "layer2.0.conv1": 2, "layer2.0.conv2": 4, "fc": 4],
      variant: .grouped(2), images: 17),
    // Tied: r channels kept, all kept, permuted basis channels, and a layer that has no other to be tied to.
    NetworkCase(
      ranks: [
        "conv1": 2, "layer1.0.conv1": 2, "layer1.0.conv2": 2, "layer2.0.conv1": 3, "layer2.0.conv2": 3,
        "layer3.0.conv1": 7, "layer3.0.conv2": 7, "fc": 3,
      ], variant: .tied, basisChannels: ["layer2.0.conv2": [6, 1, 3], "layer3.0.conv1": [0, 1, 2, 3, 4, 11, 6]]),
    // All variants in one network, with projections.
    NetworkCase(
      model: .resnet18, widths: [4, 6, 8, 9], imageSize: 16,
      ranks: [
        "layer1.0.conv1": 2, "layer1.1.conv2": 2, "layer2.0.conv1": 3, "layer2.0.downsample.0": 3, "layer2.1.conv2": 3,
        "layer2.1.conv1": 3, "layer3.0.conv1": 4, "layer3.0.downsample.0": 4, "layer3.1.conv1": 3, "layer4.0.conv2": 2,
      ],
      variants: [
        "layer1.0.conv1": .grouped(2), "layer1.1.conv2": .grouped(2), "layer2.0.conv1": .tied,
        "layer2.0.downsample.0": .tied, "layer2.1.conv2": .tied, "layer3.0.conv1": .grouped(4),
        "layer3.0.downsample.0": .grouped(2), "layer4.0.conv2": .full,
      ], images: 15),
    // Bottlenecks: planes in strips of rows and several blocks at a time, a projection that keeps the size.
    described("resnet:blocks=2/1/1,block=bottleneck,widths=3/4/5", imageSize: 16),
    described("resnet:blocks=1/1,block=bottleneck,widths=3/4", imageSize: 32, images: 3),
    described(
      "resnet:blocks=2/2,block=bottleneck,widths=4/5", imageSize: 16,
      ranks: [
        "layer1.0.conv1": 1, "layer1.0.conv2": 2, "layer1.0.conv3": 3, "layer1.0.downsample.0": 3, "layer2.0.conv1": 4,
        "layer2.0.conv2": 2, "layer2.0.conv3": 4, "layer2.1.conv3": 2,
      ], basisChannels: ["layer1.0.conv2": [3, 1], "layer2.0.conv3": [19, 0, 7, 4]]),
    described(
      "resnet:blocks=1/2,block=bottleneck,widths=4/6", imageSize: 8,
      ranks: ["layer1.0.conv3": 2, "layer2.0.conv1": 3, "layer2.0.conv2": 2, "layer2.0.downsample.0": 5],
      variant: .full, images: 15),
    // Wide networks with both kinds of shortcuts; bottlenecks whose shortcuts have no weights.
    described("cifar-resnet:depth=8,widths=3/4/5,width=3", imageSize: 8, ranks: ["layer1.0.conv1": 2, "conv1": 1]),
    described(
      "cifar-resnet:depth=14,widths=3/4/5,width=2,shortcut=B", imageSize: 12, ranks: ["layer1.0.downsample.0": 1],
      images: 3),
    described(
      "resnet:blocks=1/1/1,block=bottleneck,widths=2/3/4,width=2,shortcut=A", imageSize: 16,
      ranks: ["layer2.0.conv2": 3], images: 5),
    // Stems that halve planes, then pool them.
    described("resnet:blocks=1/1,widths=5/6,stem=7x7-pool", imageSize: 32, images: 18),
    described(
      "resnet:blocks=1/1,block=bottleneck,widths=6/5,stem=7x7-pool", imageSize: 20,
      ranks: ["conv1": 2, "layer2.0.conv2": 2, "layer1.0.conv1": 2], images: 17),
    described(
      "resnet:blocks=1,widths=9,stem=7x7-pool", imageSize: 64, ranks: ["conv1": 7, "layer1.0.conv2": 3],
      basisChannels: ["conv1": [8, 1, 2, 0, 5, 3, 6]], images: 2),
    described(
      "resnet:blocks=1/1/1,widths=3/4/5,stem=7x7-pool", imageSize: 96, ranks: ["conv1": 2], variant: .full, images: 1),
  ]
}

/// Every fast variant with every form; the naive kernels, which are slow in debug builds, with the two richest forms.
private let pairs: [(KernelTable, NetworkCase)] = kernelTables.flatMap { kernels in
  NetworkCase.cases.indices.filter { kernels.name != "reference" || [5, NetworkCase.cases.count - 3].contains($0) }
    .map { (kernels, NetworkCase.cases[$0]) }
}

@Suite struct NetworkGradientTests {
  @Test("gradients of every tensor agree with finite differences of the loss", arguments: pairs)
  func finiteDifferences(kernels: KernelTable, form: NetworkCase) throws {
    // Rectifiers that switch between the two points of a difference quotient make it a little inaccurate.
    try check(form, kernels, tolerance: 0.06)
  }

  @Test("where all rectifiers are open they agree closely", arguments: pairs)
  func openRectifiers(kernels: KernelTable, form: NetworkCase) throws {
    // Max pooling switches too.
    try check(form, kernels, tolerance: form.model.network.stem == .pooled ? 0.06 : 0.005, shift: 6)
  }

  @Test("the naive kernels agree with the fast ones where planes go through the passes in strips of rows")
  func strips() throws {
    let form = NetworkCase(
      widths: [3, 4, 5], imageSize: 32, ranks: ["conv1": 2, "layer1.0.conv2": 2, "layer2.0.conv1": 3], images: 2)
    let gradients = try [KernelTable.reference, fastest].map { kernels in
      let network = try form.network(kernels)
      for tensor in network.parameters.tensors where tensor.name.hasSuffix("bias") && tensor.name.contains("bn") {
        network.parameters.write(tensor.name, Array(repeating: 6, count: tensor.count))
      }
      network.input.fillNormal(images: form.images, seed: 11, other: 3)
      _ = network.computeGradients(labels: labels(form.images))
      return network.parameters.tensors.map { ($0.name, network.parameters.readGradient($0.name)) }
    }
    for (naive, fast) in zip(gradients[0], gradients[1]) {
      let difference = norm(zip(naive.1, fast.1).map { $0 - $1 })
      #expect(difference <= 1e-3 * norm(naive.1) + 1e-5, "\(naive.0): \(difference) of \(norm(naive.1))")
    }
  }

  /// Compares each tensor's gradient with a finite difference along its own direction, which is partly the gradient's,
  /// partly random.
  private func check(
    _ form: NetworkCase, _ kernels: KernelTable, tolerance: Double, shift: Float? = nil
  ) throws {
    let network = try form.network(kernels)
    // The rounding error of the two losses. Winograd's algorithm, which all but the naive kernels use, rounds about
    // twice as much as the direct sum.
    let rounding = kernels.name == "reference" ? 2e-6 : 4e-6
    if let shift {
      for tensor in network.parameters.tensors where tensor.name.hasSuffix("bias") && tensor.name.contains("bn") {
        network.parameters.write(tensor.name, Array(repeating: shift, count: tensor.count))
      }
    }
    // Garbage in lanes without an image must not matter.
    network.input.fillNormal(images: form.images, seed: 11, other: 3)
    let labels = labels(form.images)
    _ = network.computeGradients(labels: labels)
    for tensor in network.parameters.tensors {
      let gradient = network.parameters.readGradient(tensor.name)
      let values = network.parameters.read(tensor.name)
      var random = StableRandom(seed: 3, purpose: tensor.name)
      let size = norm(gradient)
      guard size > 1e-5 else { continue }
      let direction = gradient.map { Float(Double($0) / size + random.normal() / Double(gradient.count).squareRoot()) }
      let step = 3e-4 * max(0.3, norm(values)) / norm(direction)
      let change =
        loss(network, labels, tensor.name, values, direction, step)
        - loss(network, labels, tensor.name, values, direction, -step)
      let numeric = change / (2 * step)
      network.parameters.write(tensor.name, values)
      let exact = dot(gradient, direction)
      #expect(
        abs(numeric - exact) <= tolerance * max(abs(exact), size) + rounding / step,
        "\(tensor.name): \(exact) against \(numeric)")
    }
  }

  private func loss(
    _ network: ResNet, _ labels: [UInt16], _ name: String, _ values: [Float], _ direction: [Float], _ step: Double
  ) -> Double {
    network.parameters.write(name, zip(values, direction).map { Float(Double($0) + step * Double($1)) })
    network.forward(images: labels.count, mode: .training)
    return network.score(labels: labels, gradients: false).loss / Double(labels.count)
  }
}
