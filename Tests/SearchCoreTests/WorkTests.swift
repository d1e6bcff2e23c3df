import Foundation
import Randomness
import Testing

@testable import SearchCore

@Suite("Works")
struct WorkTests {
  private let recipe = TrainingRecipe(
    model: .resnet8, variant: .full,
    data: DataSelection(set: .cifar10, trainImages: 10_000, validationImages: 5000, splitSeed: .max), epochs: 3,
    learningRate: 0.1, weightDecay: 1e-4)

  private func work(_ text: String = "layer1.0.conv1=4,layer2.0.conv2=8", seed: UInt64 = 7) throws -> Work {
    Work(candidate: try Candidate(parsing: text), kind: .proxyTraining(recipe), repetition: 2, seed: seed)
  }

  private let text =
    "proxy-training model=resnet8 space.variant=full data.set=cifar10 data.train_images=10000 "
    + "data.validation_images=5000 "
    + "data.split_seed=18446744073709551615 proxy.epochs=3 proxy.batch=128 proxy.learning_rate=0.1 "
    + "proxy.schedule=onecycle "
    + "proxy.momentum=0.9 proxy.nesterov=false proxy.weight_decay=0.0001 proxy.augment=true "
    + "candidate=layer1.0.conv1=4,layer2.0.conv2=8 repetition=2 seed=7"

  @Test("a work's text is pinned: studies and messages hold it; its hash too")
  func pinned() throws {
    #expect(try work().description == text)
    #expect(try work().digest.count == 32)
    #expect(try work().digest.prefix(4) == [0xc4, 0x97, 0x49, 0xeb])
    #expect(try Work(canonical: text) == work())
    #expect(try work("dense").description.contains(" candidate=dense repetition=2 seed=7"))
  }

  @Test("skipped updates are in the text where there are any, and not in that of works that train the dense network")
  func skipped() throws {
    var skipping = recipe
    skipping.skip = SkippedUpdates(of: .coefficients, every: 4)
    let made = Work(
      candidate: try work().candidate, kind: .proxyTraining(skipping), repetition: 2, seed: 7)
    #expect(
      made.description == text.replacing(" candidate=", with: " proxy.skip.coefficients=4 candidate="))
    #expect(try Work(canonical: made.description) == made)
    #expect(skipping.entries == recipe.entries.merging(["proxy.skip.coefficients": "4"]) { $1 })
    skipping.start = TrainedStart(origin: .dense(epochs: 2, trainImages: 50, seed: 1))
    #expect(skipping.start?.training(of: skipping)?.skip == nil)
    let first = StartedSearch.first(WorkTemplate(kind: .proxyTraining(skipping), studySeed: 1))
    #expect(first.count == 2 && first.allSatisfy { $0.kind.recipe.skip == nil })
  }

  @Test("kernels are in the text where a study asks for some, in those of all its works")
  func kernels() throws {
    var asking = recipe
    asking.kernels = .native(.avx2)
    let made = Work(candidate: try work().candidate, kind: .proxyTraining(asking), repetition: 2, seed: 7)
    #expect(made.description == text.replacing(" candidate=", with: " kernels=avx2 candidate="))
    #expect(try Work(canonical: made.description) == made)
    #expect(asking.entries == recipe.entries.merging(["kernels": "avx2"]) { $1 })
    let any = text.replacing(" candidate=", with: " kernels=any candidate=")
    #expect(throws: SearchError.self) { try Work(canonical: any) }
    asking.start = TrainedStart(origin: .dense(epochs: 2, trainImages: 50, seed: 1))
    let first = StartedSearch.first(WorkTemplate(kind: .proxyTraining(asking), studySeed: 1))
    #expect(first.count == 2 && first.allSatisfy { $0.kind.recipe.kernels == .native(.avx2) })
  }

  @Test("works of all kinds of values are read back as they were")
  func roundTrip() throws {
    var random = StableRandom(seed: 3)
    for _ in 0..<500 {
      var recipe = recipe
      recipe.model = Model.allCases[random.integer(below: Model.allCases.count)]
      recipe.schedule = Schedule.allCases[random.integer(below: Schedule.allCases.count)]
      recipe.learningRate = random.uniform() * 100 + 1e-300
      recipe.momentum = random.uniform()
      recipe.weightDecay = random.uniform() * 1e-7
      recipe.augment = random.uniform() < 0.5
      recipe.data.splitSeed = random.next()
      if random.uniform() < 0.5 {
        recipe.start = TrainedStart(
          origin: random.uniform() < 0.5
            ? .dense(
              epochs: 1 + random.integer(below: 60), trainImages: 1 + random.integer(below: 50_000), seed: random.next()
            )
            : .checkpoint(weights: String((0..<64).map { _ in "0123456789abcdef".randomElement(using: &random)! })),
          calibrationImages: 1 + random.integer(below: 5000), augment: random.integer(below: 2) == 0)
        recipe.epochs = [0, 1, 7].randomElement(using: &random) ?? 1
        if let part = Epochs(0.25), random.uniform() < 0.5 { recipe.epochs = part }
      }
      if recipe.epochs > .none, random.uniform() < 0.3 { recipe.until = 1 }
      if random.uniform() < 0.3 {
        recipe.skip = SkippedUpdates(
          of: random.uniform() < 0.5 ? .basis : .coefficients, every: 2 + random.integer(below: 70))
      }
      let kinds: [WorkKind] = [
        .proxyTraining(recipe), .startTraining(recipe), .layerAnalysis(recipe), .finalTraining(recipe),
      ]
      let made = Work(
        candidate: Candidate(ranks: ["layer1.\(random.integer(below: 20)).conv1": 1 + random.integer(below: 60)]),
        kind: kinds[random.integer(below: 4)], repetition: random.integer(below: 1000), seed: random.next())
      let read = try Work(canonical: made.description)
      #expect(read == made && read.hashValue == made.hashValue && read.digest == made.digest)
    }
  }

  @Test("what is not exactly a work's text is refused, and says why")
  func refused() throws {
    let cases: [(String, String, String)] = [
      ("proxy-training", "proxy-guessing", "its kind 'proxy-guessing' is not known; known: proxy-training"),
      ("proxy.epochs=3", "proxy.epochs=many", "'proxy.epochs' cannot be 'many'"),
      ("proxy.epochs=3 ", "", "'proxy.epochs' is missing"),
      ("proxy.epochs=3", "proxy.epochs=03", "not in the canonical form"),
      ("proxy.epochs=3", "proxy.epochs=0", "epochs is 0, allowed is: 1 to 1000"),
      ("proxy.epochs=3", "proxy.epochs=0.25", "epochs is 0.25, allowed is: 1 to 1000"),
      ("candidate", "proxy.until=4 candidate", "until is 4, allowed is: 1 to 3"),
      ("candidate", "proxy.skip.basis=0 candidate", "skip.basis is 0, allowed is: 2 to 78"),
      ("candidate", "proxy.skip.basis=1 candidate", "skip.basis is 1, allowed is: 2 to 78"),
      ("candidate", "proxy.skip.coefficients=79 candidate", "skip.coefficients is 79, allowed is: 2 to 78"),
      ("candidate", "proxy.skip.basis=many candidate", "'proxy.skip.basis' cannot be 'many'"),
      (
        "candidate", "proxy.skip.coefficients=2 proxy.skip.basis=2 candidate",
        "'proxy.skip.coefficients' and 'proxy.skip.basis' cannot be used together"
      ),
      ("candidate", "proxy.skip.filters=2 candidate", "not in the canonical form"),
      ("candidate", "start.from=chance candidate", "'start.from' cannot be 'chance'"),
      ("candidate", "start.from=dense candidate", "'start.epochs' is missing"),
      (
        "candidate", "start.from=checkpoint start.weights=ab start.calibration_images=9 candidate",
        "start.weights is ab"
      ),
      ("proxy.epochs=3", "proxy.epochs=3 proxy.epochs=3", "'proxy.epochs' appears twice"),
      ("proxy.epochs=3", "proxy.epochs=3 more=1", "not in the canonical form"),
      ("proxy.epochs=3", "proxy.epochs", "'proxy.epochs' is not key=value"),
      ("proxy.learning_rate=0.1", "proxy.learning_rate=nan", "learningRate is nan"),
      ("proxy.schedule=onecycle", "proxy.schedule=twocycle", "allowed: constant, step, cosine, onecycle"),
      ("candidate=layer1", "candidate=,layer1", "its candidate is not in the canonical form"),
      (" repetition=2", " repetition=-2", "it must be: kind, fields"),
      (" repetition=2", " repetition=+2", "numbers are not in the canonical form"),
      (" seed=7", " seed=7 ", "it must be: kind, fields"), (" seed=7", "", "it must be: kind, fields"),
      (" seed=7", " seed=18446744073709551616", "it must be: kind, fields"),
    ]
    for (from, to, problem) in cases {
      let changed = text.replacing(from, with: to, maxReplacements: 1)
      #expect(changed != text)
      do {
        _ = try Work(canonical: changed)
        Issue.record("\(changed) was read")
      } catch {
        #expect(error.description.contains(problem), "\(error)")
        #expect(!error.description.contains("\n"))
      }
    }
    for _ in ["", " ", "seed=1", "candidate=dense repetition=0 seed=1"] {
      #expect(throws: SearchError.self) { try Work(canonical: "") }
    }
  }

  @Test("a reader knows a kind again, and tells another one from it")
  func reader() throws {
    var reader = WorkReader()
    let other = text.replacing("proxy.epochs=3", with: "proxy.epochs=4")
    for text in [text, text, other, text] { #expect(try reader.work(text).description == text) }
    #expect(try Work(canonical: other) != work())
  }

  @Test("only the first repetition is timed, and each candidate and repetition has its own seed, the same as ever")
  func derived() throws {
    let template = WorkTemplate(kind: .proxyTraining(recipe), studySeed: 1)
    #expect(template.work(.dense, repetition: 0).measuresTime && !template.work(.dense, repetition: 1).measuresTime)
    // The seed that the first release recorded.
    #expect(template.work(.dense, repetition: 0).seed == 3_528_712_885_199_513)
    let seeds = Set((0..<100).map { template.work(.dense, repetition: $0).seed })
    #expect(seeds.count == 100 && seeds.allSatisfy { $0 < 1 << 53 })
  }

  @Test("rungs are kinds of one training: the same seed at each, and the top one where none is named")
  func rungs() throws {
    var shorter = recipe
    shorter.until = 1
    let template = WorkTemplate(kind: .proxyTraining(recipe), lower: [.proxyTraining(shorter)], studySeed: 1)
    let (low, top) = (template.work(.dense, repetition: 2, rung: 0), template.work(.dense, repetition: 2))
    #expect(low.seed == top.seed && low != top && low.digest != top.digest)
    #expect(template.rung(of: low) == 0 && template.rung(of: top) == 1 && template.topRung == 1)
    #expect(template.work(low, at: 1) == top && template.kind == .proxyTraining(recipe))
    #expect(template.rung(of: Work(candidate: .dense, kind: .layerAnalysis(recipe), repetition: 2, seed: 1)) == nil)
  }

  @Test("a start's own training is the recipe's, from scratch, for its own epochs on its own images")
  func startTraining() throws {
    var started = recipe
    started.start = TrainedStart(origin: .dense(epochs: 60, trainImages: 45_000, seed: 3))
    started.curve = true
    var expected = recipe
    (expected.epochs, expected.data.trainImages) = (60, 45_000)
    #expect(started.start?.training(of: started) == expected)
    started.start?.learningRate = 0.3
    expected.learningRate = 0.3
    #expect(started.start?.training(of: started) == expected && started.learningRate != 0.3)
    started.start?.origin = .checkpoint(weights: String(repeating: "0", count: 64))
    #expect(started.start?.training(of: started) == nil)
  }

  @Test("a number of epochs may be a fraction, is written as it is read, and says how many steps it has")
  func epochs() throws {
    for (text, begun, steps) in [("0", 0, 0), ("3", 3, 234), ("0.25", 1, 20), ("0.001", 1, 1), ("1.5", 2, 117)] {
      let epochs = try #require(Epochs(text))
      #expect(epochs.description == text && epochs.begun == begun && epochs.steps(perEpoch: 78) == steps)
      #expect(try JSONDecoder().decode(Epochs.self, from: try JSONEncoder().encode(epochs)) == epochs)
    }
    #expect(try String(decoding: JSONEncoder().encode(Epochs(3)), as: UTF8.self) == "3")
    for whole in [Int.max, .min] {
      var beyond = recipe
      beyond.epochs = Epochs(whole)
      #expect(beyond.beyondLimits.map(\.field) == ["epochs"])
    }
    for text in ["-1", "0.0001", "inf", "nan", "1e9", "x"] { #expect(Epochs(text) == nil) }
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Epochs.self, from: Data("-1".utf8)) }
  }

  @Test("a recipe follows from the resolved values of a configuration, and says which one is missing")
  func entries() throws {
    var entries = recipe.entries
    entries["seed"] = "\(recipe.data.splitSeed)"
    #expect(try TrainingRecipe(entries: entries) == recipe)
    entries["budget.jobs"] = "7"
    #expect(try TrainingRecipe(entries: entries) == recipe)
    entries["proxy.batch"] = nil
    #expect(throws: SearchError.work(problem: "'proxy.batch' is missing")) { try TrainingRecipe(entries: entries) }
  }
}

@Suite("Observations")
struct ObservationTests {
  @Test("values are kept by name, in the order of the names")
  func named() {
    var values: NamedValues<String, Int> = ["b": 2, "a": 1]
    values["d"] = 4
    values["c"] = 3
    values["b"] = 5
    values["x"] = nil
    #expect(values.map(\.name) == ["a", "b", "c", "d"] && values.map(\.value) == [1, 5, 3, 4])
    values["a"] = nil
    #expect(values.count == 3 && values["a"] == nil && values["d"] == 4)
    #expect(values == ["d": 4, "c": 3, "b": 5])
  }

  @Test("metrics have names of their own and limits; one of a newer version keeps its name")
  func metrics() {
    #expect(Set(Metric.known.map(\.name)).count == Metric.known.count)
    for metric in Metric.known {
      #expect(Metric(named: metric.name) == metric && Metric(named: metric.name).unit == metric.unit)
      #expect(metric.name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (97...122).contains($0) })
    }
    let newer = Metric(named: "flatness")
    #expect(newer == Metric(named: "flatness") && newer != .accuracy && newer.unit == .number)
    var observation = result(accuracy: 0.5)
    observation[newer] = 3
    #expect(observation[Metric(named: "flatness")] == 3 && observation[.accuracy] == 0.5)
  }

  @Test("what differs from run to run is told from what does not, and a proxy training must have found something")
  func parts() {
    let observation = result(accuracy: 0.5, stepTime: 0.9)
    #expect(observation.cost.map(\.name) == [.imagesPerSecond, .peakMemoryBytes, .trainSeconds])
    #expect(observation.repeatable.metrics.map(\.name) == [.accuracy, .loss])
    let kind = WorkTemplate.example().kind
    #expect(kind.problem(with: observation) == nil)
    var empty = observation
    empty[.accuracy] = nil
    #expect(kind.problem(with: empty) == "it has no accuracy")
    let analysis = WorkKind.layerAnalysis(kind.recipe)
    #expect(analysis.problem(with: empty) == "it has no truncation_errors")
    empty[.truncationErrors] = [0, 0.5, 1]
    #expect(analysis.problem(with: empty) == nil)
    for wrong in [-0.001, 1.5, .nan] {
      empty[.truncationErrors] = [0.5, wrong]
      #expect(analysis.problem(with: empty) == "its truncation_errors contain \(wrong), which is no share")
    }
  }

  @Test("something is said of each field of a work")
  func meanings() {
    #expect(WorkPage.unexplained.missing == [])
    #expect(WorkPage.unexplained.surplus == [])
    #expect(WorkPage.text.contains("| `proxy.skip.basis` | whole number | no; at most one of them |"))
  }
}
