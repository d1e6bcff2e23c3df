import SearchCore
import Testing

@testable import Configuration

@Suite("Configurations of recorded studies")
struct RecordedTests {
  private let text = """
    study: one
    model: resnet8
    data: {set: cifar10, path: "/a \\"b\\"/c", train_images: 500}
    space: {include: ["layer3*", "layer1.[!1]*"], exclude: ["*.conv2"], ranks: [8, 4]}
    objectives: [step_time, accuracy]
    budget: {jobs: 7}
    """

  private func recorded(_ given: StudyConfiguration, text: String? = nil) throws -> StudyConfiguration {
    try StudyConfiguration.recorded(
      entries: given.entries, budget: given.budgetJobs, text: text ?? given.text, fileName: "configuration.yaml")
  }

  private func expectSame(_ read: StudyConfiguration, _ given: StudyConfiguration) {
    #expect(read.recipe == given.recipe && read.strategy == given.strategy && read.seed == given.seed)
    #expect(read.objectives == given.objectives && read.budgetJobs == given.budgetJobs)
    #expect(read.seeding == given.seeding && read.constraints == given.constraints && read.budget == given.budget)
    #expect(read.dataPath == given.dataPath && read.entries == given.entries)
    #expect(read.fingerprint == given.fingerprint && read.text == given.text)
    #expect(read.space.choices.map(\.layer) == given.space.choices.map(\.layer))
    #expect(read.space.choices.map(\.ranks) == given.space.choices.map(\.ranks))
    #expect(read.space.choices == given.space.choices && read.space.variants == given.space.variants)
  }

  @Test(
    "what is rebuilt from the recorded values is what was given, defaults, order of lists and data's place among it")
  func same() throws {
    let search = """
      strategy: {name: surrogate, common_seeds: false, round: 8, tolerance: 0.25}
      constraints: {max_parameters: 0.5, max_multiply_adds: 20000000, min_accuracy: 0.4}
      budget: {jobs: 9, worker_hours: 1.5, hours: 2}
      """
    let short = "model: resnet20\ndata: {set: shapes10}\n"
    let variants = "space: {variants: [full, grouped2, tied], ranks: [4]}\n"
    let skip = "proxy: {batch: 64, skip: {basis: 4}}\n"
    for text in [
      text, short, short + search, short + "proxy: {curve: true}\n", short + skip, short + variants,
      short + "space: {variant: tied}\n", "kernels: avx2\n" + short,
      "kernels: torch\n" + short, "kernels: [avx2, torch]\n" + short, "kernels: [torch, any]\n" + short,
    ] {
      let given = try StudyConfiguration.parse(text: text, fileName: "x.yaml")
      expectSame(try recorded(given), given)
    }
  }

  @Test("defaults that changed since take no part: what is on record holds, whatever the text would mean today")
  func otherDefaults() throws {
    let given = try StudyConfiguration.parse(text: "model: resnet8\ndata: {set: shapes10}\n", fileName: "x.yaml")
    var entries = given.entries
    // As a version with these defaults would have recorded it.
    for (key, value) in [
      ("proxy.batch", "64"), ("proxy.epochs", "5"), ("proxy.schedule", "cosine"), ("strategy.name", "random"),
      ("strategy.seeds", "3"), ("space.rank_fractions", "[0.125]"), ("objectives", "[accuracy, inference_time]"),
    ] { entries[key] = value }
    let read = try StudyConfiguration.recorded(
      entries: entries, budget: 9, text: given.text, fileName: "configuration.yaml")
    #expect((read.recipe.batch, read.recipe.epochs, read.recipe.schedule) == (64, 5, .cosine))
    #expect(
      read.strategy == StrategySettings(name: .random, seeds: 3, scores: .accuraciesAndLosses) && read.budgetJobs == 9)
    #expect(read.objectives == [.accuracy, .inferenceTime])
    #expect(read.space.choices.allSatisfy { $0.ranks.count == 1 })
    #expect(read.entries == entries && read.text == given.text)
  }

  @Test("a study of before common seeds goes on with seeds of each candidate's own, where nothing else is written out")
  func beforeCommonSeeds() throws {
    let text = "model: resnet8\ndata: {set: shapes10}\n"
    let given = try StudyConfiguration.parse(text: text, fileName: "x.yaml")
    #expect(given.seeding == .common)
    var before = given.entries
    before["strategy.common_seeds"] = nil
    let read = try StudyConfiguration.recorded(entries: before, budget: nil, text: text, fileName: "configuration.yaml")
    #expect(read.seeding == .perCandidate && read.entries == before)
    let continued = given.continuing(before)
    #expect(continued.seeding == .perCandidate && continued.entries == before)
    #expect(given.continuing(given.entries).seeding == .common)
    let written = try StudyConfiguration.parse(text: text + "strategy: {common_seeds: true}\n", fileName: "x.yaml")
    #expect(written.continuing(before).entries == given.entries)
  }

  @Test("a study of before training losses were read goes on without them, where nothing else is written out")
  func beforeTrainingLosses() throws {
    let text = "model: resnet8\ndata: {set: shapes10}\n"
    let given = try StudyConfiguration.parse(text: text, fileName: "x.yaml")
    #expect(given.strategy.scores == .accuraciesAndLosses && given.template.scores == .accuraciesAndLosses)
    var before = given.entries
    #expect(before.removeValue(forKey: "strategy.training_losses") == "true")
    let read = try StudyConfiguration.recorded(entries: before, budget: nil, text: text, fileName: "configuration.yaml")
    #expect(read.strategy.scores == .accuracies && read.entries == before)
    let continued = given.continuing(before)
    #expect(continued.strategy.scores == .accuracies && continued.entries == before && continued.seeding == .common)
    #expect(given.continuing(given.entries).strategy.scores == .accuraciesAndLosses)
    let written = try StudyConfiguration.parse(text: text + "strategy: {training_losses: true}\n", fileName: "x.yaml")
    #expect(written.continuing(before).entries == given.entries)
    let without = try StudyConfiguration.parse(text: text + "strategy: {training_losses: false}\n", fileName: "x.yaml")
    #expect(without.strategy.scores == .accuracies && without.entries == before)
    #expect(without.continuing(given.entries).entries == before)
  }

  @Test("a study of before truncation errors were weighed goes on without them, where nothing else is written out")
  func beforeTruncationErrors() throws {
    let text = "model: resnet8\ndata: {set: shapes10}\nstart: {from: dense}\n"
    let given = try StudyConfiguration.parse(text: text, fileName: "x.yaml")
    #expect(given.strategy.weighsTruncation && given.template.weighsTruncation)
    var before = given.entries
    #expect(before.removeValue(forKey: "strategy.truncation_errors") == "true")
    let read = try StudyConfiguration.recorded(entries: before, budget: nil, text: text, fileName: "configuration.yaml")
    #expect(!read.strategy.weighsTruncation && read.entries == before)
    let continued = given.continuing(before)
    #expect(!continued.template.weighsTruncation && continued.entries == before)
    let without = try StudyConfiguration.parse(
      text: text + "strategy: {truncation_errors: false}\n", fileName: "x.yaml")
    #expect(without.entries == before && without.continuing(given.entries).entries == before)
    let scratch = try StudyConfiguration.parse(text: "model: resnet8\ndata: {set: shapes10}\n", fileName: "x.yaml")
    #expect(!scratch.template.weighsTruncation && scratch.entries["strategy.truncation_errors"] == nil)
    let error = #expect(throws: ConfigurationError.self) {
      try StudyConfiguration.parse(
        text: "model: resnet8\ndata: {set: shapes10}\nstrategy: {truncation_errors: true}\n", fileName: "x.yaml")
    }
    #expect("\(String(describing: error))".contains("start from a trained network (start.from): leave it out"))
  }

  @Test("a text that cannot be read any more costs the order of lists and the data's place, nothing else")
  func unreadableText() throws {
    let given = try StudyConfiguration.parse(text: text, fileName: "x.yaml")
    for other in ["", "a: [", "- 1\n", "unknown: key\nmodel: none\n"] {
      let read = try recorded(given, text: other)
      #expect(read.recipe == given.recipe && read.dataPath == nil)
      #expect(read.objectives == [.accuracy, .stepTime])
      #expect(read.space.choices.map(\.layer) == given.space.choices.map(\.layer))
    }
  }

  @Test("values that are missing are told")
  func missing() {
    #expect(throws: ConfigurationError.self) {
      try StudyConfiguration.recorded(entries: [:], budget: nil, text: "", fileName: "configuration.yaml")
    }
  }
}
