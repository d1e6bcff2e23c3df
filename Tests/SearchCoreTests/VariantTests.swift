import Digests
import Randomness
import Testing

@testable import SearchCore

@Suite("Variants of basis convolutions")
struct VariantTests {
  @Test("names are read back, and what is none finds the one that was meant")
  func names() {
    let variants: [BasisVariant] = [.remainder, .full, .tied, .grouped(1), .grouped(2), .grouped(16), .grouped(9999)]
    for variant in variants { #expect(BasisVariant(rawValue: variant.rawValue) == variant) }
    for text in ["", "Full", "grouped", "grouped0", "grouped02", "grouped-2", "grouped+2", "grouped10000", "grouped2 "]
    {
      #expect(BasisVariant(rawValue: text) == nil, "\(text)")
    }
    #expect(BasisVariant.hint(for: "teid").hasPrefix("did you mean 'tied'?"))
    #expect(BasisVariant.hint(for: "groupd4").hasPrefix("did you mean 'grouped4'?"))
    #expect(BasisVariant.hint(for: "sparse").hasPrefix("allowed: remainder, full, tied"))
  }

  @Test("a candidate says variants behind ranks, and is what it was where it says none")
  func texts() throws {
    let text = "conv1=4/full,layer1.0.conv1=8/grouped2,layer1.0.conv2=8,layer2.0.conv1=4/tied"
    let candidate = try #require(Candidate(canonical: text))
    #expect(candidate.description == text)
    #expect(candidate.form(of: "layer1.0.conv1") == BasisForm(rank: 8, variant: .grouped(2)))
    #expect(candidate.form(of: "layer1.0.conv2") == BasisForm(rank: 8))
    #expect(candidate.ranks == ["conv1": 4, "layer1.0.conv1": 8, "layer1.0.conv2": 8, "layer2.0.conv1": 4])
    #expect(
      try Candidate(parsing: " layer2.0.conv1 = 4 / tied,layer1.0.conv2=8,conv1=4/full,layer1.0.conv1=8/grouped2")
        == candidate)
    #expect(candidate.plain(where: .full).description == text.replacing("conv1=4/full", with: "conv1=4"))
    #expect(Candidate(ranks: ["conv1": 4]) == Candidate(forms: ["conv1": BasisForm(rank: 4)]))
    #expect(Candidate(ranks: ["conv1": 4]).description == "conv1=4")
    for text in ["conv1=4/", "conv1=4/Full", "conv1=4/grouped02", "conv1=4/full/full", "conv1=/full", "conv1=4 /full"] {
      #expect(Candidate(canonical: text) == nil, "\(text)")
    }
    for (text, reason) in [
      ("conv1=4/groupd2", "did you mean 'grouped2'?"), ("conv1=4/", "is not a variant"),
      ("conv1=4/full/full", "\"full/full\" is not a variant"), ("conv1=x/full", "\"x\" is not a rank"),
    ] {
      let error = #expect(throws: SearchError.self) { try Candidate(parsing: text) }
      let line = error.map { "\($0)" } ?? ""
      #expect(line.contains(reason) && !line.contains("\n"), "\(line)")
    }
  }

  @Test("the text and digest of works that name no variant are what they always were")
  func digests() throws {
    let recipe = TrainingRecipe(
      model: .resnet20, data: DataSelection(set: .cifar10, trainImages: 10_000, validationImages: 5000, splitSeed: 1),
      epochs: 3)
    let candidate = Candidate(ranks: ["layer1.0.conv1": 8, "layer2.1.conv2": 16])
    let work = Work(candidate: candidate, kind: .proxyTraining(recipe), repetition: 1, seed: 77)
    #expect(
      work.description
        == "proxy-training model=resnet20 space.variant=remainder data.set=cifar10 data.train_images=10000 "
        + "data.validation_images=5000 data.split_seed=1 proxy.epochs=3 proxy.batch=128 proxy.learning_rate=0.1 "
        + "proxy.schedule=onecycle proxy.momentum=0.9 proxy.nesterov=false proxy.weight_decay=0.0001 "
        + "proxy.augment=true candidate=layer1.0.conv1=8,layer2.1.conv2=16 repetition=1 seed=77")
    let named = Work(
      candidate: try Candidate(parsing: "layer1.0.conv1=8/grouped2"), kind: .proxyTraining(recipe), repetition: 0,
      seed: 1)
    #expect(try Work(canonical: named.description) == named)
    var grouped = recipe
    grouped.variant = .grouped(4)
    let own = Work(candidate: candidate, kind: .proxyTraining(grouped), repetition: 0, seed: 1)
    #expect(own.description.contains("space.variant=grouped4 "))
    #expect(try Work(canonical: own.description) == own)
    #expect(throws: SearchError.self) {
      try Work(canonical: own.description.replacing("grouped4", with: "grouped0"))
    }
  }

  @Test("labels have variants, too, and read back")
  func labels() throws {
    let architecture = Architecture(.resnet20)
    func label(_ candidate: Candidate) -> String { CandidateLabel(candidate, in: architecture).text }
    func all(_ variant: BasisVariant?, except: [String: BasisForm] = [:]) -> Candidate {
      var forms: [String: BasisForm] = [:]
      for layer in architecture.layers where layer.name.hasPrefix("layer") {
        forms[layer.name] = BasisForm(rank: layer.outputChannels / 4, variant: variant)
      }
      return Candidate(forms: forms.merging(except) { $1 })
    }
    #expect(label(all(.grouped(2))) == "all C/4/grouped2")
    let mixed = all(.tied, except: ["layer1.0.conv2": BasisForm(rank: 4), "layer2.0.conv1": BasisForm(rank: 8)])
    #expect(label(mixed) == "layer1 4/tied·4·4/tied×4 | layer2 8·8/tied×5 | layer3 C/4/tied")
    for candidate in [all(.grouped(2)), mixed, all(.full, except: ["fc": BasisForm(rank: 2, variant: .grouped(2))])] {
      #expect(try Candidate(label: label(candidate), in: architecture) == candidate)
      for line in CandidateLabel(candidate, in: architecture).lines(width: 20) { #expect(line.count <= 24) }
    }
    var random = StableRandom(seed: 5)
    let variants: [BasisVariant?] = [nil, nil, .full, .tied, .grouped(2), .grouped(12)]
    for _ in 0..<300 {
      var forms: [String: BasisForm] = [:]
      for layer in architecture.layers where random.uniform() < 0.6 {
        forms[layer.name] = BasisForm(
          rank: [2, 4, 8][random.integer(below: 3)], variant: variants[random.integer(below: variants.count)])
      }
      let candidate = Candidate(forms: forms)
      #expect(try Candidate(label: label(candidate), in: architecture) == candidate, "\(label(candidate))")
    }
    for text in ["layer1 C/4/groupd2", "layer1 4/teid×6", "layer1 4/2×6"] {
      #expect(throws: SearchError.self) { try Candidate(label: text, in: architecture) }
    }
  }

  @Test("groups take a part of the coefficients and their multiply-adds, tied layers of their parameters")
  func costs() throws {
    let architecture = Architecture(.resnet20)
    func cost(_ text: String, _ variant: BasisVariant = .remainder) throws -> Cost {
      architecture.cost(of: try Candidate(parsing: text), variant: variant)
    }
    let plain = try cost("layer1.0.conv1=4,layer1.0.conv2=4,layer1.1.conv1=4,layer2.0.conv1=8")
    let grouped = try cost("layer1.0.conv1=4/grouped2,layer1.0.conv2=4/grouped4,layer1.1.conv1=4,layer2.0.conv1=8")
    let saved = 48 / 2 + 48 * 3 / 4
    #expect(plain.parameters - grouped.parameters == saved)
    #expect(plain.multiplyAdds - grouped.multiplyAdds == saved * 1024)
    // In layer1, two of three layers use the coefficients of the first; layer2 has its own.
    let tied = try cost("layer1.0.conv1=4,layer1.0.conv2=4,layer1.1.conv1=4,layer2.0.conv1=8", .tied)
    #expect(plain.parameters - tied.parameters == 2 * 48 && plain.multiplyAdds == tied.multiplyAdds)
    // Layers of one shape are tied to each other, and a layer that is not tied takes no part.
    let shapes = try cost("layer1.0.conv1=4/tied,layer1.0.conv2=2/tied,layer1.1.conv1=2/tied,layer1.1.conv2=4")
    let apart = try cost("layer1.0.conv1=4,layer1.0.conv2=2,layer1.1.conv1=2,layer1.1.conv2=4")
    #expect(apart.parameters - shapes.parameters == 14 * 2)
    #expect(try cost("layer1.0.conv1=4/grouped1") == cost("layer1.0.conv1=4"))
  }

  @Test("what groups do not divide is refused with the layer and both numbers")
  func validation() throws {
    let architecture = Architecture(.resnet20)
    func message(_ text: String, _ variant: BasisVariant = .remainder) -> String {
      do {
        try Candidate(parsing: text).validate(in: architecture, variant: variant)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(
      message("layer1.0.conv1=8/grouped3")
        == "layer1.0.conv1=8/grouped3: 3 groups do not divide both the 8 basis maps and the 8 other outputs; "
        + "choose another rank or variant")
    #expect(message("layer1.0.conv1=3", .grouped(2)).contains("2 groups"))
    #expect(message("layer1.0.conv1=3/remainder", .grouped(2)) == "no error")
    #expect(message("fc=2/grouped2,layer1.0.conv1=5/tied") == "no error")
  }

  @Test("the ranks below which a layer gains in groups are those that trying all finds", arguments: [2, 3, 4])
  func gains(groups: Int) {
    let variant = BasisVariant.grouped(groups)
    for layer in Architecture(.resnet18).layers {
      let gain = layer.gainRanks(variant: variant, readsImages: false)
      for rank in 1...layer.outputChannels where variant.problem(outputs: layer.outputChannels, rank: rank) == nil {
        let saves = layer.weights(rank: rank, variant: variant) < layer.weights(rank: nil, variant: variant)
        #expect(saves == (rank < gain.parameters), "\(layer.name) \(rank)")
      }
    }
  }

  // MARK: spaces

  @Test("a space may mix variants: forms by rank and variant, references of each, and its own without a name")
  func mixedSpace() throws {
    let space = try SearchSpace(
      architecture: Architecture(.resnet20), ranks: .fractions([0.25, 0.5]), include: ["layer1.0.*", "fc"],
      variant: .full, others: [.grouped(4), .tied])
    #expect(space.variants == [.full, .grouped(4), .tied])
    let first = try #require(space.choices.last)
    #expect(
      first.forms.map(\.description) == ["4", "4/grouped4", "4/tied", "8", "8/grouped4", "8/tied"])
    // fc has 10 outputs: 3 and 5 maps, which four groups do not divide.
    #expect(space.choices[0].forms.map(\.description) == ["3", "3/tied", "5", "5/tied"])
    #expect(space.omitted.map { "\($0.layer)=\($0.rank)" } == ["fc=3", "fc=5"])
    #expect(space.omitted[0].reason == "4 groups do not divide both the 3 basis maps and the 7 other outputs")
    #expect(space.count == 5 * 7 * 7)
    #expect(space.rankCount == 6)
    #expect(
      (0..<6).map(space.rankLabel) == ["25 %", "50 %", "25 % grouped4", "50 % grouped4", "25 % tied", "50 % tied"])
    #expect(space.allLayers(rankIndex: 2).description == "layer1.0.conv1=4/grouped4,layer1.0.conv2=4/grouped4")
    #expect(space.allLayersReferences.count == 6)
    #expect(Array(SmallestSetsFirst(space.choices)).count == 5 * 7 * 7)
    let effects = EffectSpace(space)
    for candidate in SmallestSetsFirst(space.choices) {
      let options = try #require(effects.options(of: candidate))
      #expect(effects.candidate(options: options) == candidate)
      #expect(effects.cost(options: options) == space.cost(of: candidate))
    }
    // The study's own variant may be named; it is the same option.
    #expect(
      effects.options(of: try Candidate(parsing: "layer1.0.conv1=4/full"))
        == effects.options(of: try Candidate(parsing: "layer1.0.conv1=4")))
    #expect(effects.options(of: try Candidate(parsing: "layer1.0.conv1=4/remainder")) == nil)
  }

  @Test("spaces that make no sense are refused in one line")
  func refusedSpaces() {
    func message(_ ranks: SearchSpace.Ranks, _ variants: [BasisVariant]) -> String {
      do {
        _ = try SearchSpace(
          architecture: Architecture(.resnet20), ranks: ranks, variant: variants[0], others: Array(variants.dropFirst())
        )
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message(.fractions([0.5]), [.tied, .full, .tied]).contains("variant tied is listed twice"))
    #expect(message(.fractions([0.5]), [.remainder, .grouped(1)]).contains("grouped1 is the same as remainder"))
    #expect(message(.absolute(Array(1...9)), [.remainder, .tied]).contains("at most 8 ranks"))
    #expect(
      message(.absolute([3]), [.remainder, .grouped(2)]).contains("rank 3 with variant grouped2 is legal in none"))
    #expect(message(.fractions([0.5]), [.grouped(7)]).contains("rank fraction 0.5 with variant grouped7"))
    #expect(message(.fractions([0.25, 0.5]), [.remainder, .grouped(2), .tied]) == "no error")
  }

  @Test("the smallest costs of a space are those that trying all candidates finds, and constraints below are told")
  func smallest() throws {
    let space = try SearchSpace(
      architecture: Architecture(.resnet14), ranks: .absolute([2, 4]), include: ["layer1.?.conv?"], variant: .remainder,
      others: [.grouped(2), .tied])
    let effects = EffectSpace(space)
    let costs = SmallestSetsFirst(space.choices).map { space.cost(of: $0) }
    let parameters = try #require(costs.map(\.parameters).min())
    let multiplyAdds = try #require(costs.map(\.multiplyAdds).min())
    #expect(effects.smallestCosts == Cost(parameters: parameters, multiplyAdds: multiplyAdds))
    func isPossible(_ constraints: CostConstraints) -> Bool { costs.contains(where: constraints.allow) }
    var impossible = 0
    for more in [0, 40, 80, 160, 320, 640] {
      for other in [-1, 0, 40, 80, 160] {
        let constraints = CostConstraints(
          parameters: parameters + more, multiplyAdds: multiplyAdds + 1024 * other)
        let problem = constraints.problem(in: space)
        #expect((problem == nil) == isPossible(constraints), "\(constraints)")
        if let problem {
          #expect(problem.contains("no candidate has at most") && !problem.contains("\n"))
          impossible += 1
        }
      }
    }
    #expect(impossible > 5 && impossible < 30)
    #expect(!CostConstraints(parameters: parameters, multiplyAdds: nil).leaveOnlyReferences(of: space))
  }
}
