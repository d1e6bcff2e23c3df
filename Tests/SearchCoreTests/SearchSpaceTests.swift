import Testing

@testable import SearchCore

@Suite("Search space")
struct SearchSpaceTests {
  private func message(
    _ ranks: SearchSpace.Ranks, include: [String] = ["*"], exclude: [String] = []
  ) -> String {
    do {
      _ = try SearchSpace(architecture: Architecture(.resnet20), ranks: ranks, include: include, exclude: exclude)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test("fractions are of the output channels, and layers come in canonical order")
  func fractions() throws {
    let space = try SearchSpace(
      architecture: Architecture(.resnet20), ranks: .fractions([0.25, 0.5]), include: ["layer*"])
    #expect(space.choices.count == 18)
    #expect(space.choices.first == .init(layer: "layer1.0.conv1", ranks: [4, 8]))
    #expect(space.choices.last == .init(layer: "layer3.2.conv2", ranks: [16, 32]))
    #expect(space.count == 387_420_489)
    #expect(space.omitted.isEmpty)
    #expect(space.allLayers(rankIndex: 1).ranks["layer2.0.conv1"] == 16)
    #expect(space.allLayers(rankIndex: 0).ranks.count == 18)
    #expect(space.rankLabel(0) == "25 %")
  }

  @Test("fractions round to the nearest rank, halves up, and never to zero")
  func rounding() throws {
    let space = try SearchSpace(
      architecture: Architecture(.resnet20), ranks: .fractions([0.001, 0.25, 0.04]), include: ["fc", "layer3.0.conv1"])
    #expect(space.choices == [.init(layer: "fc", ranks: [1, 3]), .init(layer: "layer3.0.conv1", ranks: [1, 3, 16])])
  }

  @Test("layers that a rank does not fit are left out with the reason")
  func omissions() throws {
    let space = try SearchSpace(
      architecture: Architecture(.resnet18), ranks: .fractions([0.25, 0.5]),
      include: ["*downsample*", "conv1", "layer1.0.conv1"])
    #expect(space.choices.first == .init(layer: "conv1", ranks: [16]))
    #expect(
      space.omitted.map { "\($0.layer)=\($0.rank)" } == [
        "conv1=32", "layer2.0.downsample.0=64", "layer3.0.downsample.0=128", "layer4.0.downsample.0=256",
      ])
    #expect(space.omitted[0].reason == "the rank must be from 1 to 26 in this layer")
    #expect(space.count == 2 * 3 * 8)
    #expect(space.allLayers(rankIndex: 1).description == "layer1.0.conv1=32")
  }

  @Test("a rank that saves nothing in the full variant is left out")
  func fullVariant() throws {
    let space = try SearchSpace(
      architecture: Architecture(.resnet20), ranks: .absolute([4, 12]), include: ["conv1", "layer1.0.conv1"],
      variant: .full)
    #expect(space.choices.map(\.ranks) == [[4], [4, 12]])
    #expect(space.omitted.first?.reason.contains("variant full") == true)
  }

  @Test("what is asked for and cannot be is refused in one line")
  func errors() {
    #expect(message(.fractions([])).contains("at least one rank"))
    #expect(message(.fractions([0])).contains("between 0 and 1"))
    #expect(message(.fractions([1])).contains("between 0 and 1"))
    #expect(message(.fractions([.nan])).contains("between 0 and 1"))
    #expect(message(.fractions([0.5, 0.5])).contains("listed twice"))
    #expect(message(.absolute([4, 8, 4])).contains("rank 4 is listed twice"))
    #expect(message(.absolute([0])).contains("at least 1"))
    #expect(message(.absolute([64])).contains("legal in none of the 20 layers; the highest legal rank is 63"))
    #expect(
      message(.absolute([4]), include: ["layr1*"])
        == "include \"layr1*\" matches no layer of resnet20; its layers have names such as "
        + "conv1, layer1.0.conv1, layer3.2.conv2, fc")
    #expect(message(.absolute([4]), include: ["layer1.0.conv3"]).contains("did you mean layer1.0.conv1?"))
    #expect(message(.absolute([4]), exclude: ["layer9*"]).contains("exclude \"layer9*\" matches no layer"))
    #expect(message(.absolute([4]), include: ["fc"], exclude: ["f*"]).contains("leave no layer"))
    #expect(message(.absolute([4]), include: []).contains("leave no layer"))
    #expect(message(.absolute([4]), include: ["layer["]).contains("never closed"))
  }

  @Test("two fractions that give one rank in a layer are one choice there")
  func collidingFractions() throws {
    let space = try SearchSpace(
      architecture: Architecture(.resnet20), ranks: .fractions([0.25, 0.26]), include: ["layer1*"])
    #expect(space.choices.allSatisfy { $0.ranks == [4] })
    #expect(space.allLayersReferences.count == 1)
  }

  @Test("the count of the largest space is finite")
  func largest() throws {
    let ranks = Array(1...63)
    let space = try SearchSpace(architecture: Architecture(.resnet110), ranks: .absolute(ranks))
    #expect(space.count > 1e150 && space.count.isFinite)
  }
}
