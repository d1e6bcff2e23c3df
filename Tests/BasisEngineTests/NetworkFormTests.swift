import KernelInterface
import Randomness
import SearchCore
import Testing

@testable import BasisEngine

@Suite struct NetworkFormTests {
  @Test(
    "built networks have the published numbers of parameters",
    arguments: [(Model.resnet20, 269_722), (.resnet56, 853_018), (.resnet110, 1_727_962), (.resnet18, 11_173_962)])
  func publishedCounts(model: Model, count: Int) throws {
    let form = try NetworkForm(architecture: Architecture(model), candidate: .dense, variant: .remainder)
    #expect(ParameterStore(tensors: form.parameters).count == count)
  }

  @Test("drawn candidates have the numbers of parameters that the cost model says", arguments: BasisVariant.allCases)
  func costModel(variant: BasisVariant) throws {
    var random = StableRandom(seed: 77)
    for model in Model.allCases {
      let architecture = Architecture(model)
      var ranks: [String: Int] = [:]
      for layer in architecture.layers where random.uniform() < 0.5 {
        ranks[layer.name] = 1 + random.integer(below: layer.legalRanks.count)
      }
      let candidate = Candidate(ranks: ranks)
      let form = try NetworkForm(architecture: architecture, candidate: candidate, variant: variant)
      #expect(
        form.parameters.reduce(0) { $0 + $1.count } == architecture.cost(of: candidate, variant: variant).parameters)
    }
  }

  @Test("tensors have torchvision's names in torchvision's order")
  func names() throws {
    let form = try NetworkForm(
      architecture: Architecture(.resnet18), candidate: Candidate(ranks: ["layer2.0.downsample.0": 4]),
      variant: .remainder)
    let names = form.parameters.map(\.name)
    #expect(
      names.prefix(6) == [
        "conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.0.bn1.bias",
      ])
    #expect(names.contains("layer2.0.downsample.0.basis") && names.contains("layer2.0.downsample.0.coefficients"))
    #expect(!names.contains("layer2.0.downsample.0.weight") && names.contains("layer2.0.downsample.1.weight"))
    #expect(names.suffix(2) == ["fc.weight", "fc.bias"])
    #expect(form.statistics.map(\.name).contains("layer2.0.downsample.1.running_var"))
    #expect(Set(names).count == names.count)
  }

  @Test("illegal candidates are refused with a line that says what is wrong")
  func illegal() {
    let small = Architecture(.resnet8)
    func refusal(_ ranks: [String: Int], _ channels: [String: [Int]] = [:]) -> EngineError? {
      do throws(EngineError) {
        _ = try NetworkForm(
          architecture: small, candidate: Candidate(ranks: ranks), variant: .remainder, basisChannels: channels)
        return nil
      } catch {
        return error
      }
    }
    #expect(
      refusal(["layer1.0.conv3": 2])
        == .unknownLayer(name: "layer1.0.conv3", model: "resnet8", nearest: "layer1.0.conv1"))
    #expect(refusal(["conv1": 16]) == .illegalRank(layer: "conv1", rank: 16, legal: 1..<16))
    #expect(refusal(["fc": 0]) == .illegalRank(layer: "fc", rank: 0, legal: 1..<10))
    #expect(refusal(["fc": 9]) == nil)
    for channels in [[0], [0, 0], [0, 16], [-1, 2]] {
      guard case .illegalBasisChannels("conv1", _)? = refusal(["conv1": 2], ["conv1": channels]) else {
        Issue.record("\(channels) were accepted")
        continue
      }
    }
    guard case .illegalBasisChannels? = refusal([:], ["conv1": [1]]) else {
      Issue.record("channels of a dense layer were accepted")
      return
    }
    for error in [refusal(["nonsense": 2]), refusal(["conv1": 16])] {
      #expect(error.map { !"\($0)".contains("\n") } ?? false)
    }
  }

  @Test("initial weights have He's deviation, coefficients keep the maps' variance, and a layer's draw is its own")
  func initialization() throws {
    let architecture = Architecture(.resnet20)
    let dense = try ResNet(architecture: architecture, batch: 1, kernels: .reference, seed: 3)
    let ranks = ["layer3.1.conv1": 16]
    let basis = try ResNet(
      architecture: architecture, candidate: Candidate(ranks: ranks), batch: 1, kernels: .reference, seed: 3)
    func deviation(_ network: ResNet, _ name: String) -> Double {
      let values = network.parameters.read(name)
      return (dot(values, values) / Double(values.count)).squareRoot()
    }
    #expect(abs(deviation(dense, "layer3.1.conv1.weight") / (2.0 / (64 * 9)).squareRoot() - 1) < 0.02)
    #expect(abs(deviation(basis, "layer3.1.conv1.basis") / (2.0 / (16 * 9)).squareRoot() - 1) < 0.03)
    #expect(abs(deviation(basis, "layer3.1.conv1.coefficients") / 0.25 - 1) < 0.08)
    #expect(dense.parameters.read("layer3.1.bn1.weight").allSatisfy { $0 == 1 })
    #expect(dense.parameters.read("fc.weight").allSatisfy { abs($0) <= 0.125 })
    #expect(dense.parameters.read("layer1.0.conv1.weight") == basis.parameters.read("layer1.0.conv1.weight"))
    let other = try ResNet(architecture: architecture, batch: 1, kernels: .reference, seed: 4)
    #expect(dense.parameters.read("conv1.weight") != other.parameters.read("conv1.weight"))
  }
}
