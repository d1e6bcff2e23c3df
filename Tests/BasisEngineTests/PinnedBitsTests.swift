import ImageData
import KernelInterface
import Randomness
import SearchCore
import Testing

@testable import BasisEngine

/// A result is a pure function of candidate, recipe, seed, data and kernel variant, in every version of this program:
/// later versions resume studies and compare their results. The values pinned here change only on purpose.
@Suite struct PinnedBitsTests {
  /// The kernel tables of this machine for which bits are pinned.
  static let pinnedKernels: [(kernels: KernelTable, bits: PinnedBits)] = KernelSelection.available.compactMap { table in
    PinnedBits.of(table).map { (table, $0) }
  }

  static let hasPinnedKernels = !pinnedKernels.isEmpty

  private static let epochs = 2

  /// Trainings of ResNet-8 on drawn images, with every form of a layer and with batches whose last block is not full.
  static let trainings: [(name: String, ranks: [String: Int], variant: BasisVariant)] = {
    let small = [
      "conv1": 4, "layer1.0.conv1": 2, "layer1.0.conv2": 4, "layer2.0.conv1": 8, "layer2.0.conv2": 4,
      "layer3.0.conv1": 16, "layer3.0.conv2": 8, "fc": 3,
    ]
    // Ranks at which both halves of y are kept.
    let large = [
      "conv1": 12, "layer1.0.conv1": 15, "layer1.0.conv2": 9, "layer2.0.conv1": 28, "layer2.0.conv2": 31,
      "layer3.0.conv1": 60, "layer3.0.conv2": 33, "fc": 9,
    ]
    return [
      ("dense", [:], .remainder), ("small ranks", small, .remainder), ("large ranks", large, .remainder),
      ("small ranks, full", small, .full), ("large ranks, full", large, .full),
    ]
  }()

  @Test(
    "a training has the losses and parameters that it always had",
    .enabled(if: hasPinnedKernels, "no bits are pinned for this machine's kernel variants"),
    arguments: pinnedKernels.map(\.kernels.name), trainings.indices)
  func training(kernelsName: String, index: Int) throws {
    let (kernels, pinned) = try #require(Self.pinnedKernels.first { $0.kernels.name == kernelsName })
    let training = Self.trainings[index]
    let recipe = TrainingRecipe(
      model: .resnet8, variant: training.variant,
      data: DataSelection(set: .shapes10, trainImages: 120, validationImages: 20, splitSeed: 1),
      epochs: Epochs(Self.epochs),
      batch: 40, learningRate: 0.05)
    let trainer = try Trainer(recipe: recipe, seed: 9)
    let network = try trainer.makeNetwork(candidate: Candidate(ranks: training.ranks), kernels: kernels)
    let outcome = try trainer.train(
      network, training: Shapes10.training(count: 120), evaluation: Shapes10.test(count: 50))
    let found = PinnedBits.Training(
      losses: outcome.epochLosses + [outcome.loss ?? .nan], values: hash(network.tensors.values))
    let expected = pinned.trainings.indices.contains(index) ? pinned.trainings[index] : nil
    #expect(found == expected, "\(training.name): \(found)")
  }

  @Test(
    "steps of small networks of every shape have the bits that they always had",
    .enabled(if: hasPinnedKernels, "no bits are pinned for this machine's kernel variants"),
    arguments: pinnedKernels.map(\.kernels.name), NetworkCase.cases.indices)
  func steps(kernelsName: String, index: Int) throws {
    let (kernels, pinned) = try #require(Self.pinnedKernels.first { $0.kernels.name == kernelsName })
    let form = NetworkCase.cases[index]
    let network = try form.network(kernels)
    let rule = UpdateRule(learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4, nesterov: false)
    network.input.fillNormal(images: form.images, seed: 3, other: 5)
    let losses = (0..<3).map { _ in Float(network.trainingStep(labels: labels(form.images), rule: rule)) }
    network.forward(images: form.images, mode: .inference)
    let found = hash(network.tensors.values + losses + network.logits.read(images: form.images))
    let expected = pinned.steps.indices.contains(index) ? pinned.steps[index] : nil
    #expect(found == expected, "case \(index): \(found)")
  }

  private func hash(_ values: [Float]) -> String {
    StableHash.hexadecimal(values.map { String($0.bitPattern, radix: 16) }.joined(separator: " "))
  }
}

/// The results of one kernel variant.
struct PinnedBits: Sendable {
  struct Training: Equatable, Sendable {
    /// The loss of each epoch, then the loss on the evaluation images: equal to the last digit.
    var losses: [Double]
    /// A hash of the trained parameters and running statistics.
    var values: String
  }

  /// One for each of `PinnedBitsTests.trainings`.
  var trainings: [Training]
  /// One for each of `NetworkCase.cases`: a hash of losses, parameters, running statistics and logits.
  var steps: [String]

  /// By the part of the variant's description that names the kernels: the rest names OpenBLAS's core type, and no
  /// kernel calls OpenBLAS.
  static let all: [String: PinnedBits] = [
    "avx2-c160": PinnedBits(
      trainings: [
        Training(losses: [2.4529541330999094, 2.338459729031365, 2.3095223063676174], values: "651bf2221f8d5155"),
        Training(losses: [2.345244606259735, 2.374154725425374, 2.385233029990186], values: "ff8441a5d5448582"),
        Training(losses: [2.397334541198415, 2.2854350658996423, 2.2979090083307483], values: "0685dc4d676f3182"),
        Training(losses: [2.334599776219841, 2.3031107337240244, 2.412888074599365], values: "93c8b4866e01e168"),
        Training(losses: [2.329456023730571, 2.286419034690095, 2.3047933633954707], values: "0fd391906d10e6dd"),
      ],
      steps: [
        "e93814976d9fc7a7", "33648befc6781db6", "090fa38ad51c23f4", "70f996995b93d645",
        "0329e5fbe31e876f", "8741dbce6e917ba3", "1be63a0e13b3e4f8", "4951bbb5b3318667",
        "ac6ed520b8a54138", "76ece76e8790ed20", "9f24de44f55c14cc", "5f10c1a96fa00d31",
        "efeaf242d8c06a54", "715b0aae830c8cdf", "a2ea47bf3528954b", "db18d2b174ed764b",
        "497f15ad1fef6821", "bb91f4ef66a931a2", "6a341d9d1ecc542d", "c6bc0cbec394f266",
        "bab180bb3e8863f8", "239c7b184ddcec4d", "89c643fa2594cab1", "ee7ebdd0e298844b",
        "587b8226d62a108e", "f9e72364cbf866ed", "6d110098ea6ec39a",
      ]),
    "avx512-0abf": PinnedBits(
      trainings: [
        Training(losses: [2.4529541311459226, 2.3384528279555177, 2.3095149332360494], values: "bd14177bd41d09e7"),
        Training(losses: [2.3452452449622303, 2.3741563922761126, 2.3851624314625464], values: "7406faa3b6fb909b"),
        Training(losses: [2.3973345195882536, 2.285435129271655, 2.297910399342823], values: "81a2caa1359b2c8a"),
        Training(losses: [2.3345978237299425, 2.3031056057697445, 2.412659294755366], values: "1273491e2dc0f64e"),
        Training(losses: [2.329456137805888, 2.2863902505986258, 2.304878854204594], values: "d5fe013e33442260"),
      ],
      steps: [
        "9ac0c7af11b23f35", "1f6654baaf5680e8", "bcb288ff69fdce2c", "1189b7b0642fef7a",
        "8b29d8c7832e0456", "13cf157ecc1edb9f", "89bf61b5cdfc4cd8", "7b2f1eb5d79883fb",
        "eb620b4ce804efb5", "3cf222c2b797e660", "4f13718f113de80a", "73f7becbeff1764c",
        "27f54fe2e6043390", "91d6716e12621cf2", "2735cc775aa72695", "fd92e2553152c532",
        "86365322cf07dc99", "bf1655ffd3fa074d", "cfd820e670f3a288", "efb3520cebfbba5d",
        "2a5fd7c9000d35a3", "d5bd658284982ecd", "3d3862ef42ba0696", "797d3b3abe153f5b",
        "fec7dfc9506d046d", "35c53c91b0d823b9", "0d5a1b0474678c6c",
      ]),
  ]

  static func of(_ kernels: KernelTable) -> PinnedBits? {
    all[String(KernelSelection.variantDescription(of: kernels).prefix { $0 != "+" })]
  }
}
