import SearchCore
import Testing

@testable import Trainings

@Suite("cost analyses")
struct CostAnalysisTests {
  private func choice(candidate: String? = nil, rankFraction: Double? = nil) -> NetworkChoice {
    NetworkChoice(model: .resnet8, variant: nil, candidate: candidate, rankFraction: rankFraction, rank: nil)
  }

  private func analysis(measures: Bool = false) throws -> CostAnalysis {
    try CostAnalysis(
      Architecture(.resnet8),
      choices: [
        ("rank-fraction 0.25", choice(rankFraction: 0.25)), ("candidate fc=3", choice(candidate: "fc=3")),
        ("rank-fraction 0.25", choice(rankFraction: 0.25)), ("candidate dense", choice(candidate: "dense")),
      ], variants: [.remainder, .full], batch: 16, measures: measures)
  }

  @Test("the dense network stands first, then each form once in each variant, and layers add up")
  func forms() throws {
    let analysis = try analysis()
    #expect(analysis.forms.map(\.label) == ["dense", "conv1 4 | all C/4", "conv1 4 | all C/4", "fc=3", "fc=3"])
    #expect(analysis.forms.map(\.variant) == [nil, .remainder, .full, .remainder, .full])
    let architecture = Architecture(.resnet8)
    for form in analysis.forms {
      let cost = architecture.cost(of: form.candidate, variant: form.variant ?? .remainder)
      #expect(form.cost.parameters == cost.parameters)
      #expect(form.cost.forward.multiplyAdds == 16 * cost.multiplyAdds)
      #expect(form.layers.map(\.layer) == architecture.layers.map(\.name))
      #expect(form.stepSeconds == nil && form.layers.allSatisfy { $0.seconds == nil })
    }
    #expect(analysis.gains.count == 2 * architecture.layers.count && analysis.kernelVariant == nil)
    // The stem: N = 16, K = 27, 2·16·27 / (2·27 + 3·16) = 8.5; a layer of 16 filters on 16 channels: 14.4.
    #expect(analysis.gains[1].below.parameters == 11 && analysis.gains[1].below.multiplyAdds == 9)
    #expect(analysis.gains[3].below.parameters == 15 && analysis.gains[3].below.multiplyAdds == 15)
    #expect(analysis.gains[2].below.parameters == 16 && analysis.gains[2].below.multiplyAdds == 16)
  }

  @Test("a candidate that names its layers' variants is one form, whose layers count as theirs")
  func namedVariants() throws {
    let text = "layer1.0.conv1=4/grouped2,layer1.0.conv2=4/tied,layer2.0.conv1=8/tied,layer2.0.conv2=8/tied"
    let analysis = try CostAnalysis(
      Architecture(.resnet8),
      choices: [("candidate", choice(candidate: text)), ("other", choice(candidate: "fc=2/full,conv1=4"))],
      variants: [.remainder, .full], batch: 16)
    #expect(analysis.forms.map(\.variant) == [nil, nil, .remainder, .full])
    let named = analysis.forms[1]
    #expect(named.layers.compactMap(\.variant) == [.grouped(2), .tied, .tied, .tied])
    let cost = Architecture(.resnet8).cost(of: named.candidate, variant: .remainder)
    #expect(named.cost.parameters == cost.parameters)
    #expect(named.cost.forward.multiplyAdds == 16 * cost.multiplyAdds)
    #expect(analysis.forms[3].layers.compactMap(\.variant) == [.full, .full])
    #expect(Set(analysis.gains.map(\.variant)) == [.remainder, .full, .grouped(2), .tied])
    let rows = analysis.csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows.contains { $0.first == "layer1.0.conv1" && $0.contains("grouped2") })
    #expect(analysis.lines().contains { $0.hasPrefix("layer2.0.conv1") && $0.contains("tied") })
    // Only ranks that the groups divide are counted for the picture.
    for panel in analysis.panels {
      let curve = try #require(panel.curves.first { $0.name == "grouped2" })
      #expect(!curve.counted.isEmpty && curve.counted.allSatisfy { $0.rank % 2 == 0 && $0.share > 0 })
    }
    #expect(analysis.svg.contains("grouped2"))
    let error = #expect(throws: SearchError.self) {
      try CostAnalysis(
        Architecture(.resnet8), choices: [("candidate", choice(candidate: "layer1.0.conv1=3"))],
        variants: [.grouped(2)],
        batch: 16)
    }
    #expect(error.map { "\($0)" }?.contains("2 groups do not divide") ?? false)
  }

  @Test("tables fit the terminal and say what they leave out")
  func table() throws {
    let analysis = try analysis()
    let wide = analysis.lines()
    #expect(wide.contains { $0.hasPrefix("layer1.0.conv1") && $0.contains("remainder") && $0.contains("10.22 M") })
    #expect(!wide.contains { $0.contains("left out") })
    for width in [100, 80, 60] {
      let lines = analysis.lines(width: width)
      #expect(lines.allSatisfy { $0.count <= width }, "\(lines.filter { $0.count > width })")
      #expect(lines.contains { $0.contains("left out for lack of room") } || width == 100)
    }
  }

  @Test("separated values have a row a form and layer, with as many fields as the header")
  func separated() throws {
    let analysis = try analysis()
    let rows = analysis.csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows.count == 1 + 5 * (1 + Architecture(.resnet8).layers.count))
    #expect(rows.allSatisfy { $0.count == rows[0].count })
    let dense = rows[1]
    #expect(dense[0] == "all" && dense[1] == "dense" && dense[4] == "\(analysis.forms[0].cost.parameters)")
  }

  @Test("the picture has layers of one shape together, their costs at every legal rank, and where they gain")
  func panels() throws {
    let analysis = try analysis()
    let panels = analysis.panels
    #expect(
      panels.map { $0.layers.first } == [
        "conv1", "layer1.0.conv1", "layer2.0.conv1", "layer2.0.conv2", "layer3.0.conv1", "layer3.0.conv2", "fc",
      ])
    #expect(panels[1].layers == ["layer1.0.conv1", "layer1.0.conv2"])
    #expect(panels.allSatisfy { $0.curves.map(\.name) == ["remainder", "full"] })
    for panel in panels {
      for curve in panel.curves {
        // Less than the dense layer at every rank below the reported one, as much or more from there on.
        #expect(curve.counted.allSatisfy { ($0.share < 1) == ($0.rank < curve.gainsBelow) }, "\(panel.layers)")
        #expect(curve.measured.isEmpty && curve.timeGain == nil)
      }
    }
    // 16 filters of 144 weights: 8 of them, and 8 · 8 coefficients.
    let half = try #require(panels[1].curves[0].counted.first { $0.rank == 8 })
    #expect(half.share == Double(8 * 144 + 8 * 8) / Double(16 * 144))
    #expect(analysis.svg.contains("What layers of ResNet-8 take") && analysis.svg.hasSuffix("</svg>\n"))
  }

  @Test("a form that decomposes nothing is refused")
  func nothing() {
    #expect(throws: TrainingError.unfit(setting: "rank-fraction 0.999", "decomposes no layer of resnet8")) {
      try CostAnalysis(
        Architecture(.resnet8), choices: [("rank-fraction 0.999", choice(rankFraction: 0.999))], variants: [.full],
        batch: 16)
    }
    #expect(throws: SearchError.self) {
      try CostAnalysis(
        Architecture(.resnet8), choices: [("candidate fc=10", choice(candidate: "fc=10"))], variants: [.full], batch: 16
      )
    }
  }

  @Test("measured, every form has its step's and every layer's time, and decomposed layers a rank by time")
  func measured() throws {
    let analysis = try analysis(measures: true)
    for form in analysis.forms {
      let step = try #require(form.stepSeconds)
      let layers = form.layers.compactMap(\.seconds)
      #expect(try #require(form.otherSeconds) > 0)
      #expect(step > 0 && layers.count == form.layers.count)
      #expect(layers.allSatisfy { $0.forward > 0 && $0.weightGradient > 0 && $0.total > $0.forward })
    }
    #expect(analysis.kernelVariant?.isEmpty == false)
    #expect(analysis.gains.allSatisfy { $0.time != nil })
    #expect(analysis.lines(width: 80).allSatisfy { $0.count <= 80 })
    let fields = analysis.csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(fields.dropFirst().allSatisfy { Double($0[12]) ?? 0 > 0 && $0.count == fields[0].count })
    #expect(fields.count { $0[0] == "other" } == analysis.forms.count)
    let panels = analysis.panels
    #expect(panels[1].curves[0].measured.map(\.rank) == [4] && panels[1].curves[0].timeGain != nil)
    #expect(panels[6].curves[1].measured.map(\.rank) == [3])
    let measured = try #require(panels[1].curves[0].measured.first)
    #expect(measured.low <= measured.mean && measured.mean <= measured.high && measured.low > 0)
    #expect(analysis.svg.contains("times measured on one core"))
  }
}
