import SearchCore
import Testing

@testable import BasisEngine

@Suite("tensors by their names")
struct TensorTreeTests {
  private func tensor(_ name: String, _ shape: [Int], _ values: [Float]? = nil) throws -> NamedTensor {
    try NamedTensor(name: name, shape: shape, values: values ?? Array(repeating: 1, count: shape.reduce(1, *)))
  }

  private func problem(_ body: () throws(CheckpointProblem) -> Void) -> String? {
    do throws(CheckpointProblem) { try body() } catch { return "\(error)" }
    return nil
  }

  private let expected = [
    TensorDescription(name: "conv1.weight", shape: [2, 3]), TensorDescription(name: "bn1.running_mean", shape: [2]),
  ]

  @Test("the tensor that is missing, too many or of another shape is named with what is wrong")
  func differences() throws {
    let mean = try tensor("bn1.running_mean", [2])
    let weight = try tensor("conv1.weight", [2, 3])
    // The order of tensors does not matter.
    #expect(try TensorTree([mean, weight]).descriptions != expected)
    try TensorTree([mean, weight]).require(expected)
    let wrong: [([NamedTensor], String)] = [
      ([mean], "tensor conv1.weight is missing"),
      (
        [try tensor("conv1.weight", [3, 2]), mean], "tensor conv1.weight has the shape 3×2, but its network's has 2×3"
      ),
      ([weight, mean, try tensor("fc.bias", [1])], "tensor fc.bias does not belong to its network"),
    ]
    for (tensors, text) in wrong {
      let tree = try TensorTree(tensors)
      #expect(problem { () throws(CheckpointProblem) in try tree.require(expected) } == text)
    }
  }

  @Test("a name twice, a shape that is none and a wrong number of values are refused")
  func refusals() throws {
    let weight = try tensor("conv1.weight", [2, 3])
    let twice = problem { () throws(CheckpointProblem) in _ = try TensorTree([weight, weight]) }
    #expect(twice == "tensor conv1.weight appears twice")
    for shape in [[0], [-1, -1], [2, 0], [.max, 2], [2]] {
      let refusal = problem { () throws(CheckpointProblem) in
        _ = try NamedTensor(name: "a\nb", shape: shape, values: [1])
      }
      #expect(refusal?.contains("\n") == false, "\(shape)")
    }
  }

  @Test("equality is of bits: a number that is none is itself, and signs of zeros differ")
  func bits() throws {
    #expect(try tensor("a", [1], [.nan]) == tensor("a", [1], [.nan]))
    #expect(try tensor("a", [1], [0]) != tensor("a", [1], [-0.0]))
    #expect(try tensor("a", [1, 2]) != tensor("a", [2, 1]))
  }

  @Test("a network's tree has its tensors, and a network of the tree is the same")
  func network() throws {
    let candidate = Candidate(ranks: ["layer1.0.conv1": 4, "fc": 3])
    for variant in BasisVariant.allCases {
      let network = try ResNet(
        architecture: Architecture(.resnet8), candidate: candidate, variant: variant, batch: 2, kernels: fastest,
        seed: 5)
      let tree = network.tensors
      #expect(tree.descriptions == network.form.parameters + network.form.statistics)
      #expect(tree["layer1.0.conv1.basis"]?.shape.prefix(2) == [4, 16])
      #expect(tree["layer1.0.conv1.coefficients"]?.shape == [variant.combinations(outputs: 16, rank: 4), 4])
      #expect(tree["layer1.0.conv1.weight"] == nil && tree["bn1.running_mean"]?.shape == [16])
      let other = try ResNet(network.checkpoint(), batch: 2, kernels: fastest)
      #expect(other.tensors == tree)
    }
  }
}
