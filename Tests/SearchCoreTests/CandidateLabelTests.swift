import Randomness
import SearchCore
import Testing

@Suite("Labels of candidates")
struct CandidateLabelTests {
  private let resnet20 = Architecture(.resnet20)

  private func label(_ text: String, _ model: Model = .resnet20) throws -> String {
    CandidateLabel(try Candidate(parsing: text), in: Architecture(model)).text
  }

  /// Every 3×3 layer of these stages, with its output channels divided by `divisor` as rank.
  private func stages(_ prefixes: [String], _ model: Model = .resnet20, divisor: Int) -> Candidate {
    var ranks: [String: Int] = [:]
    for layer in Architecture(model).layers
    where layer.kernelSize == 3 && prefixes.contains(where: layer.name.hasPrefix) {
      ranks[layer.name] = layer.outputChannels / divisor
    }
    return Candidate(ranks: ranks)
  }

  @Test("uniform stages are fractions of their channels, others lists of ranks, single layers their own name")
  func examples() throws {
    #expect(try label("dense") == "dense")
    #expect(try label("layer1.1.conv2=4") == "layer1.1.conv2=4")
    #expect(CandidateLabel(stages(["layer"], divisor: 4), in: resnet20).text == "all C/4")
    #expect(CandidateLabel(stages(["layer2", "layer3"], divisor: 8), in: resnet20).text == "layer2–3 C/8")
    #expect(CandidateLabel(stages(["layer1", "layer3"], divisor: 8), in: resnet20).text == "layer1 C/8 | layer3 C/8")
    #expect(
      try label("conv1=4,layer1.0.conv1=4,layer1.0.conv2=4,layer1.1.conv2=8,layer2.2.conv1=8,layer2.2.conv2=16,fc=3")
        == "conv1 4 | layer1 4·4·–·8·–·– | layer2 –×4·8·16 | fc 3")
    #expect(
      try label(
        "layer2.0.conv1=32,layer2.0.conv2=32,layer2.1.conv1=32,layer2.1.conv2=32,layer2.0.downsample.0=16", .resnet18)
        == "layer2 C/4 | shortcuts 16·–·–")
    let threeQuarters = stages(["layer1"], divisor: 4).ranks.mapValues { 3 * $0 }
    #expect(CandidateLabel(Candidate(ranks: threeQuarters), in: resnet20).text == "layer1 3C/4")
    let fives = stages(["layer1"], divisor: 4).ranks.mapValues { $0 + 1 }
    #expect(CandidateLabel(Candidate(ranks: fives), in: resnet20).text == "layer1 5×6")
  }

  @Test(
    "random candidates of every model, dense to full, survive the way through their label, whole or broken in lines")
  func roundTrip() throws {
    var random = StableRandom(seed: 11)
    for round in 0..<600 {
      let architecture = Architecture(Model.allCases[round % Model.allCases.count])
      let share = [0.02, 0.3, 0.8, 1][random.integer(below: 4)]
      let divisors = [2, 4, 8].prefix(1 + random.integer(below: 3))
      let isUniform = random.uniform() < 0.5
      var ranks: [String: Int] = [:]
      for layer in architecture.layers where random.uniform() < share {
        let even = max(1, layer.outputChannels / divisors[random.integer(below: divisors.count)])
        ranks[layer.name] = isUniform ? even : 1 + random.integer(below: layer.legalRanks.count)
      }
      let candidate = Candidate(ranks: ranks)
      let label = CandidateLabel(candidate, in: architecture)
      #expect(label == CandidateLabel(candidate, in: architecture))
      #expect(label.text.count <= candidate.description.count)
      #expect(try Candidate(label: label.text, in: architecture) == candidate, "\(label)")
      #expect(try Candidate(label: candidate.description, in: architecture) == candidate)
      let width = 20 + random.integer(below: 60)
      let lines = label.lines(width: width)
      #expect(
        lines.allSatisfy { $0.count <= width || !$0.dropLast().contains(where: { "·,|".contains($0) }) }, "\(lines)")
      for joint in ["\n      ", "", " "] {
        #expect(try Candidate(label: lines.joined(separator: joint), in: architecture) == candidate, "\(lines)")
      }
    }
  }

  @Test("what a keyboard has will do, and spaces count for little")
  func typed() throws {
    let candidate = try Candidate(parsing: "layer1.0.conv1=4,layer1.0.conv2=4,layer1.2.conv2=8,layer3.0.conv1=16")
    for text in [
      "layer1 4·4·–×3·8 | layer3 16·–×5", "layer1 4,4,-x3,8|layer3 16,-*5",
      "  layer1  4 · 4 · - · - · - · 8 |\n layer3 16.-x5 ",
    ] {
      #expect(try Candidate(label: text, in: resnet20) == candidate, "\(text)")
    }
    #expect(try Candidate(label: "layer2-3 C/8", in: resnet20) == stages(["layer2", "layer3"], divisor: 8))
    #expect(try Candidate(label: "layer1–layer3 C/4", in: resnet20) == Candidate(label: "all C/4", in: resnet20))
    #expect(try Candidate(label: " dense ", in: resnet20) == .dense)
  }

  @Test(
    "what is no label is refused in one line that says why",
    arguments: [
      ("", "names no layer"), ("layer4 4·4", "has no \"layer4\""), ("layer1", "no ranks follow"),
      ("layer1 4·4", "has 6 layers, but 2 ranks follow"), ("layer1 4×7", "has 6 layers, but more ranks follow"),
      ("layer1 4×9223372036854775807", "more ranks follow"), ("layer1 4×0", "is not a rank"),
      ("layer1 a·b", "is not a rank"), ("layer1 C/0", "not a fraction"), ("layer1 C/3", "not a whole number"),
      ("layer1 C", "not a fraction"), ("layer1 5C/4", "not a fraction"), ("fc C/5 | fc 3", "fc appears twice"),
      ("layer1 C/4 | all C/4", "appears twice"), ("layer1 C/4 |", "is empty"), ("layer3–1 C/4", "has no \"layer3–1\""),
      ("shortcuts C/4", "has no \"shortcuts\""), ("dense | fc 3", "has no \"dense\""), ("fc ٣", "is not a rank"),
      ("layer1 99999999999999999999C/99999999999999999999", "not a fraction"),
      ("layer1 9223372036854775807C/9223372036854775807", "not a whole number"),
    ])
  func refused(text: String, reason: String) {
    let error = #expect(throws: SearchError.self) { try Candidate(label: text, in: resnet20) }
    let description = error.map { "\($0)" } ?? ""
    #expect(description.contains(reason), "\(description)")
    #expect(!description.contains("\n"))
  }

  @Test("a candidate that the network cannot take is shown in full")
  func foreign() {
    for ranks in [["layer9.0.conv1": 4], ["conv1": 0], ["conv1": -1, "fc": 3]] {
      let candidate = Candidate(ranks: ranks)
      #expect(CandidateLabel(candidate, in: resnet20).text == candidate.description)
    }
    var huge = Architecture(.resnet8).layers.reduce(into: [String: Int]()) { $0[$1.name] = Int.max }
    #expect(!CandidateLabel(Candidate(ranks: huge), in: Architecture(.resnet8)).text.isEmpty)
    huge["conv1"] = Int.max - 1
    #expect(!CandidateLabel(Candidate(ranks: huge), in: Architecture(.resnet8)).text.isEmpty)
  }
}
