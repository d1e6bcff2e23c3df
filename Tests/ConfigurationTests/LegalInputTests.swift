import Configuration
import Foundation
import SearchCore
import Testing

@Suite("Legal configurations")
struct LegalInputTests {
  static let shipped: [URL] = {
    let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent()
    let files = try? FileManager.default.contentsOfDirectory(
      at: root.appendingPathComponent("Configs"), includingPropertiesForKeys: nil)
    return (files ?? []).filter { ["yaml", "yml"].contains($0.pathExtension) }.sorted { $0.path < $1.path }
  }()

  @Test("every file in Configs is legal, and names its study as its file is named", arguments: shipped)
  func shippedFile(_ file: URL) throws {
    let configuration = try StudyConfiguration.load(path: file.path)
    #expect(configuration.study == file.deletingPathExtension().lastPathComponent)
    _ = try makeStrategy(
      configuration.strategy, space: configuration.space, budget: configuration.budgetJobs,
      template: configuration.template)
  }

  @Test("the three promised files are there")
  func promisedFiles() {
    let names = Self.shipped.map(\.lastPathComponent)
    for name in ["quickstart.yaml", "cifar10-resnet20.yaml", "cifar10-resnet18.yaml"] { #expect(names.contains(name)) }
  }

  @Test("cifar10-resnet20.yaml is read key by key")
  func resNet20() throws {
    let file = try #require(Self.shipped.first { $0.lastPathComponent == "cifar10-resnet20.yaml" })
    let configuration = try StudyConfiguration.load(path: file.path)
    #expect(
      configuration.recipe
        == TrainingRecipe(
          model: .resnet20, variant: .remainder,
          data: DataSelection(set: .cifar10, trainImages: 10_000, validationImages: 5_000, splitSeed: 1), epochs: 3,
          batch: 128, learningRate: 0.1, schedule: .onecycle, momentum: 0.9, nesterov: false, weightDecay: 1e-4,
          augment: true))
    #expect(configuration.dataPath == "~/.cache/layersearch/cifar-10-batches-bin")
    #expect(configuration.space.choices.count == 18)
    #expect(configuration.space.ranks == .fractions([0.25, 0.5]))
    #expect(configuration.objectives == [.accuracy, .parameters, .multiplyAdds])
    #expect(configuration.strategy == StrategySettings(name: .surrogate, seeds: 1, scores: .accuraciesAndLosses))
    #expect(configuration.seeding == .perCandidate && configuration.budgetJobs == 120)
    #expect(configuration.seed == 1)
    #expect(configuration.text == (try String(contentsOf: file, encoding: .utf8)))
  }

  @Test("model and data.set are enough; the rest has the documented defaults")
  func defaults() throws {
    let configuration = try StudyConfiguration.parse(
      text: "model: resnet20\ndata: {set: cifar10}\n", fileName: "a/b/my-study.2.yaml")
    #expect(configuration.study == "my-study.2")
    #expect(configuration.dataPath == nil)
    #expect(
      configuration.recipe
        == TrainingRecipe(
          model: .resnet20,
          data: DataSelection(set: .cifar10, trainImages: 10_000, validationImages: 5_000, splitSeed: 1), epochs: 3))
    #expect(
      configuration.space
        == (try SearchSpace(
          architecture: Architecture(.resnet20), ranks: .fractions([0.25, 0.5]), include: ["layer*"])))
    #expect(configuration.objectives == [.accuracy, .parameters, .multiplyAdds])
    #expect(configuration.strategy == StrategySettings(name: .sensitivity, seeds: 2, scores: .accuraciesAndLosses))
    #expect(configuration.budgetJobs == nil)
    #expect(configuration.seed == 1)
  }

  @Test("a network is described on one line, in braces or as a group of keys")
  func descriptions() throws {
    let styles = [
      "model: cifar-resnet:depth=20,widths=8/16/32,shortcut=B\n",
      "model: {family: cifar-resnet, depth: 20, widths: [8, 16, 32], shortcut: B}\n",
      "model:\n  family: cifar-resnet\n  depth: 20\n  widths:\n  - 8\n  - 16\n  - 32\n  width:\n  shortcut: B\n",
    ]
    for style in styles {
      let configuration = try StudyConfiguration.parse(text: style + "data: {set: shapes10}\n", fileName: "x.yaml")
      #expect(configuration.recipe.model.rawValue == "cifar-resnet:depth=20,widths=8/16/32,shortcut=B")
      #expect(configuration.entries["model"] == "cifar-resnet:depth=20,widths=8/16/32,shortcut=B")
      #expect(configuration.space.choices.count == 20)
    }
    let named = try StudyConfiguration.parse(
      text: "model: {family: resnet, blocks: [2, 2, 2, 2]}\ndata: {set: shapes10}\n", fileName: "x.yaml")
    #expect(named.entries["model"] == "resnet18")
  }

  @Test("an empty value is an absent one, and quotes, flow and block style mean the same")
  func styles() throws {
    let flow = try StudyConfiguration.parse(
      text: "{model: 'resnet8', data: {set: \"shapes10\", path: ~}, budget: {jobs: null}, proxy: {nesterov: true}}",
      fileName: "x.yml")
    let block = try StudyConfiguration.parse(
      text: """
        ---
        study: x
        model:   resnet8   # comment
        data:
            set: shapes10
        budget:
          jobs:
        strategy:
        proxy:
          nesterov: True
          learning_rate: 1.0e-1
          momentum: .9
        space:
          include:
          - layer*
        """, fileName: "y.yaml")
    #expect(flow.entries == block.entries)
    #expect(flow.recipe.nesterov)
    #expect(flow.study == "x")
  }

  @Test("globs select layers, and explicit ranks are taken as they are")
  func space() throws {
    let configuration = try StudyConfiguration.parse(
      text: """
        model: resnet18
        data: {set: shapes10}
        space:
          ranks: [4, 8]
          include: ["*downsample*", fc, conv1]
          exclude: ["layer4.*"]
          variant: full
        """, fileName: "x.yaml")
    #expect(
      configuration.space.choices.map(\.layer) == ["conv1", "fc", "layer2.0.downsample.0", "layer3.0.downsample.0"])
    #expect(configuration.space.choices[2].ranks == [4, 8])
    #expect(configuration.recipe.variant == .full)
  }

  @Test(
    "an ampersand that is no anchor means nothing",
    arguments: [
      "# !x\n", "data: {set: cifar10, path: \"!x\"}\n", "data: {set: cifar10, path: /a!b}\n", "# R&D &x\n",
      "seed: 1 # this &that\n", "data: {set: cifar10, path: \"/a &b/c\"}\n",
      "data: {set: cifar10, path: '/a, &b'}\n", "data:\n  set: cifar10\n  path: /a &b\n",
      "data:\n  set: cifar10\n  path: /a\n    &b\n", "data:\n  set: cifar10\n  path: |\n    /a: &b *c\n",
      "data:\n  set: cifar10\n  path: \"/a\n    &b\"\n", "seed: 1 #*&\n", "strategy: {seeds: 2} # [&a, *a]\n",
    ])
  func ampersands(_ text: String) throws {
    let data = text.contains("data:") ? "" : "data: {set: shapes10}\n"
    #expect(throws: Never.self) {
      try StudyConfiguration.parse(text: "model: resnet8\n" + data + text, fileName: "x.yaml")
    }
  }

  @Test(
    "a data path is written anew in the text, in every style that it may have",
    arguments: [
      "data: {set: cifar10, path: a/b}\n", "data:\n  path: a/b # there\n  set: cifar10\n",
      "data: {\"path\": \"a/b\", set: cifar10}\n", "data:\r\n  set: cifar10\r\n  path: 'a/b'\r\n",
      "# ä\n{data: {set: cifar10, path: a/b}}\n",
    ])
  func dataPath(_ text: String) throws {
    let isFlow = text.hasPrefix("# ä")
    let text = isFlow ? text.replacing("{data", with: "{model: resnet8, data") : text + "model: resnet8\n"
    let configuration = try StudyConfiguration.parse(text: text, fileName: "x.yaml")
    let moved = try #require(configuration.replacingDataPath(with: "/ä \"x\"/a/b"))
    #expect(moved.dataPath == "/ä \"x\"/a/b")
    #expect(moved.fingerprint == configuration.fingerprint && moved.study == configuration.study)
    #expect(moved.text.replacing("\"/ä \\\"x\\\"/a/b\"", with: "") == text.replacing(/["']?a\/b["']?/, with: ""))
    let block = try StudyConfiguration.parse(
      text: "model: resnet8\ndata:\n  set: cifar10\n  path: >-\n    a/b\n", fileName: "x.yaml")
    #expect(block.dataPath == "a/b" && block.replacingDataPath(with: "/c") == nil)
  }

  @Test("the fingerprint covers what results depend on: not the name, the path, the budget, comments or order")
  func fingerprint() throws {
    func parse(_ text: String) throws -> StudyConfiguration { try .parse(text: text, fileName: "x.yaml") }
    let one = try parse(
      "study: a\nmodel: resnet8\ndata: {set: cifar10, path: /a}\nobjectives: [accuracy, parameters]\n")
    let same = try parse(
      "# b\nobjectives: [parameters, accuracy]\ndata: {path: /b, set: cifar10, train_images: 10000}\nmodel: resnet8\n")
    #expect(one.entries == same.entries)
    #expect(one.fingerprint == same.fingerprint)
    #expect(one.fingerprint.count == 16)
    let bounded = try parse(
      "model: resnet8\ndata: {set: cifar10}\nobjectives: [accuracy, parameters]\nbudget: {jobs: 5}\n")
    #expect(bounded.fingerprint == one.fingerprint && bounded.budgetJobs == 5)
    // `any` is what applied before the key existed.
    let any = try parse(
      "model: resnet8\nkernels: any\ndata: {set: cifar10}\nobjectives: [accuracy, parameters]\n")
    #expect(any.entries == one.entries && any.entries["kernels"] == nil)
    var seen = [one.fingerprint]
    let changes = [
      "seed: 2", "strategy: {name: random}", "strategy: {seeds: 3}", "proxy: {epochs: 4}",
      "proxy: {batch: 64}", "proxy: {learning_rate: 0.05}", "proxy: {schedule: step}", "proxy: {momentum: 0.5}",
      "proxy: {nesterov: true}", "proxy: {weight_decay: 0}", "proxy: {augment: false}",
      "space: {rank_fractions: [0.5]}", "space: {ranks: [4]}", "space: {exclude: [layer3*]}", "space: {include: [fc]}",
      "space: {variant: full}", "proxy: {curve: true}", "strategy: {common_seeds: false}", "strategy: {round: 8}",
      "strategy: {name: surrogate, tolerance: 0.2}", "constraints: {max_parameters: 0.5}",
      "constraints: {max_multiply_adds: 0.5}", "constraints: {min_accuracy: 0.5}",
      "kernels: avx2", "kernels: avx512", "kernels: torch", "kernels: [torch, any]", "kernels: [avx2, torch]",
    ]
    for change in changes {
      let other = try parse("model: resnet8\ndata: {set: cifar10}\nobjectives: [accuracy, parameters]\n\(change)\n")
      #expect(!seen.contains(other.fingerprint), "\(change)")
      seen.append(other.fingerprint)
    }
  }
}
