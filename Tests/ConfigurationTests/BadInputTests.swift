import Configuration
import Foundation
import SearchCore
import Testing

@Suite("Bad configurations")
struct BadInputTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let text: String
    let lines: [String]
    var testDescription: String { lines.first ?? "" }
    init(_ text: String, _ lines: String...) {
      self.text = text
      self.lines = lines
    }
  }

  /// The two required lines, which cases append theirs to.
  private static let head = "model: resnet20\ndata: {set: cifar10}\n"
  private static let proxyKeys =
    "epochs, batch, learning_rate, schedule, momentum, nesterov, weight_decay, augment, augmentation, curve, skip"
  private static let topKeys =
    "study, model, kernels, data, space, proxy, start, objectives, device_times, strategy, constraints, budget, "
    + "seed"
  private static let models =
    "resnet8, resnet14, resnet20, resnet32, resnet44, resnet56, resnet110, resnet18, resnet34, resnet50, resnet101, "
    + "or a description such as cifar-resnet:depth=20,width=2 or resnet:blocks=3/4/6/3,block=bottleneck"

  private static func tags(_ tag: String, line: Int = 3) -> String {
    "x.yaml:\(line): YAML tags (\(tag)) are not allowed; write the value without the tag, or in quotes if it is a text"
  }

  static let keys: [Case] = [
    Case(
      head + "proxy:\n  bacth: 64\n",
      "x.yaml:4: key 'proxy.bacth' is not known; did you mean 'proxy.batch'? Allowed here: \(proxyKeys)"),
    Case(
      head + "epochs: 3\n", "x.yaml:3: key 'epochs' is not known; did you mean 'proxy.epochs'? Allowed here: \(topKeys)"
    ),
    Case(
      head + "kernel: avx2\n", "x.yaml:3: key 'kernel' is not known; did you mean 'kernels'? Allowed here: \(topKeys)"),
    Case(head + "qqqqqqqqq: 3\n", "x.yaml:3: key 'qqqqqqqqq' is not known; allowed here: \(topKeys)"),
    Case(head + "[1]: 3\n", "x.yaml:3: a list cannot be a key; allowed here: \(topKeys)"),
    Case(head + "seed: 1\nseed: 2\n", "x.yaml:4: key 'seed' appears more than once in its group; keep one"),
    Case(
      head + "proxy: {batch: 1, batch: 2}\n", "x.yaml:3: key 'batch' appears more than once in its group; keep one"),
    Case(
      head + "proxy:\n  batch: 1\n  epochs: 2\n  batch: 3\n",
      "x.yaml:6: key 'batch' appears more than once in its group; keep one"),
    Case(head + "seed: !foo 3\n", tags("!foo")), Case(head + "seed: !!str 3\n", tags("!!str")),
    Case(head + "seed: ! 3\n", tags("!")), Case(head + "proxy: !!map {batch: 64}\n", tags("!!map")),
    Case(head + "proxy: {augment: !!bool \"true\"}\n", tags("!!bool")),
    Case(head + "space: {include: [layer1*, !x layer2*]}\n", tags("!x")), Case(head + "!x seed: 3\n", tags("!x")),
    Case("%TAG !e! tag:e.org,2000:\n---\n" + head + "seed: !e!x 3\n", tags("tag:e.org,2000:x", line: 5)),
    Case("data: {set: cifar10}\n", "x.yaml:1: key 'model' is missing; allowed: \(models)"),
    Case(
      "data: {set: cifar10}\nmodel:\n  family: cifar-resnet\n  depth: 21\n",
      "x.yaml:4: key 'model.depth' is 21, but must be 6n + 2, such as 20 or 26"),
    Case(
      "data: {set: cifar10}\nmodel: {family: resnet, blocks: [2, 0]}\n",
      "x.yaml:2: key 'model.blocks' has '0' in it, but only whole numbers from 1 to 100 are allowed"),
    Case(
      "data: {set: cifar10}\nmodel: {family: resnet, blocks: 2}\n",
      "x.yaml:2: key 'model.blocks' is '2', but must be a list of whole numbers"),
    Case(
      "data: {set: cifar10}\nmodel: {family: resnet, blocks: [2], blok: basic}\n",
      "x.yaml:2: key 'model.blok' is not known; did you mean 'block'? Allowed here: family, blocks, block, widths, "
        + "width, stem, shortcut"),
    Case(
      "data: {set: cifar10}\nmodel: {blocks: [2]}\n",
      "x.yaml:2: key 'model.family' is missing; allowed: cifar-resnet, resnet"),
    Case(
      "data: {set: cifar10}\nmodel: {family: [resnet]}\n",
      "x.yaml:2: key 'model.family' is a list of 1, but must be one value"),
    Case(
      "data: {set: cifar10}\nmodel: {family: resnet, blocks: [[2]]}\n",
      "x.yaml:2: key 'model.blocks' has a list in it, but must be a value or a list of values"),
    Case(
      "data: {set: cifar10}\nmodel: [resnet20]\n",
      "x.yaml:2: key 'model' is a list, but must be a name or a group of keys"),
    Case(
      "data: {set: cifar10}\nmodel: {family: resnet, blocks: [1, 1, 1, 1, 1], stem: 7x7-pool}\n",
      "x.yaml:2: key 'model' cannot be used: resnet:blocks=1/1/1/1/1,stem=7x7-pool needs images of 64×64 or larger, "
        + "and these are 32×32: its stages would halve planes of one pixel; use fewer stages, or stem 3x3"),
    Case("model: resnet20\n", "x.yaml:1: key 'data.set' is missing; allowed: cifar10, cifar100, shapes10, arrays"),
    Case(
      "model: resnet20\n\ndata:\n  path: /x\n",
      "x.yaml:3: key 'data.set' is missing; allowed: cifar10, cifar100, shapes10, arrays"),
    Case(
      head + "proxy: fast\n",
      "x.yaml:3: key 'proxy' is 'fast', but must be a group of keys: \(proxyKeys)"),
  ]

  static let values: [Case] = [
    Case(
      head + "kernels: sse\n", "x.yaml:3: key 'kernels' cannot be 'sse'; allowed: any, avx2, avx512, torch"),
    Case(
      head + "kernels: [torch, avx2, any]\n",
      "x.yaml:3: key 'kernels' is a list, which mixes results of two kinds of workers: it must have one foreign engine "
        + "and one choice of native kernels, such as [torch, any]"),
    Case(
      head + "kernels: [torch, tors]\n",
      "x.yaml:3: key 'kernels' cannot be 'tors'; did you mean 'torch'? Allowed: any, avx2, avx512, torch"),
    Case(
      head + "kernels: torch\nstart: {from: dense, epochs: 3}\n",
      "x.yaml:4: key 'start.from' cannot be used with kernels: torch, whose workers train only from scratch; leave "
        + "out the section start, or kernels"),
    Case(
      "model: resnet21\ndata: {set: cifar10}\n",
      "x.yaml:1: key 'model' cannot be 'resnet21'; did you mean 'resnet20'? Allowed: \(models)"),
    Case(
      "model: resnet20\ndata: {set: imagenet}\n",
      "x.yaml:2: key 'data.set' cannot be 'imagenet'; allowed: cifar10, cifar100, shapes10, arrays"),
    Case(
      head + "proxy: {schedule: cosin}",
      "x.yaml:3: key 'proxy.schedule' cannot be 'cosin'; did you mean 'cosine'? Allowed: constant, step, cosine, "
        + "onecycle"
    ),
    Case(
      head + "proxy: {epochs: three}",
      "x.yaml:3: key 'proxy.epochs' is 'three', but must be a whole number from 1 to 1000"),
    Case(
      head + "proxy: {epochs: '3'}",
      "x.yaml:3: key 'proxy.epochs' is '3', but must be a whole number from 1 to 1000"),
    Case(
      head + "proxy: {epochs: 0}",
      "x.yaml:3: key 'proxy.epochs' is 0, but must be from 1 to 1000 (fractions and 0 require start.from: dense or "
        + "checkpoint)"),
    Case(
      head + "proxy: {epochs: 2.5}",
      "x.yaml:3: key 'proxy.epochs' is 2.5, but must be a whole number from 1 to 1000 (fractions and 0 require "
        + "start.from: dense or checkpoint)"),
    Case(head + "proxy: {batch: 4097}", "x.yaml:3: key 'proxy.batch' is 4097, but must be from 1 to 4096"),
    Case(
      head + "proxy: {batch: 99999999999999999999}",
      "x.yaml:3: key 'proxy.batch' is 99999999999999999999, but must be from 1 to 4096"),
    Case(
      head + "proxy: {learning_rate: 0}",
      "x.yaml:3: key 'proxy.learning_rate' is 0, but must be more than 0, at most 100"),
    Case(
      head + "proxy: {learning_rate: .nan}",
      "x.yaml:3: key 'proxy.learning_rate' is '.nan', but must be a number: more than 0, at most 100"),
    Case(
      head + "proxy: {learning_rate: 1e999}",
      "x.yaml:3: key 'proxy.learning_rate' is '1e999', but must be a number: more than 0, at most 100"),
    Case(head + "proxy: {momentum: 1}", "x.yaml:3: key 'proxy.momentum' is 1, but must be at least 0 and less than 1"),
    Case(head + "proxy: {weight_decay: -1}", "x.yaml:3: key 'proxy.weight_decay' is -1, but must be from 0 to 1"),
    Case(head + "proxy: {augment: yes}", "x.yaml:3: key 'proxy.augment' is 'yes', but must be true or false"),
    Case(head + "proxy: {augment: [true]}", "x.yaml:3: key 'proxy.augment' is a list, but must be true or false"),
    Case(head + "seed: -1\n", "x.yaml:3: key 'seed' is -1, but must be from 0 to 9007199254740991"),
    Case(head + "budget: {jobs: 0}", "x.yaml:3: key 'budget.jobs' is 0, but must be from 1 to 1000000"),
    Case(head + "strategy: {seeds: 0}", "x.yaml:3: key 'strategy.seeds' is 0, but must be from 1 to 1000"),
    Case(
      head + "strategy: {name: hyperband}",
      "x.yaml:3: key 'strategy.name' cannot be 'hyperband'; allowed: exhaustive, random, sensitivity, factorial, "
        + "surrogate, nsga2"),
    Case(
      head + "objectives: accuracy\n",
      "x.yaml:3: key 'objectives' is 'accuracy', but must be a list of names (accuracy, parameters, multiply_adds, "
        + "step_time, inference_time, device_time) in [ ]"
    ),
    Case(
      head + "objectives: []\n",
      "x.yaml:3: key 'objectives' is empty; name at least one of: accuracy, parameters, multiply_adds, step_time, "
        + "inference_time, device_time"
    ),
    Case(
      head + "objectives:\n- accuracy\n- accuracy\n", "x.yaml:5: key 'objectives' names 'accuracy' twice; keep one"),
    Case(
      head + "objectives: [accuracy, params]\n",
      "x.yaml:3: key 'objectives' cannot be 'params'; allowed: accuracy, parameters, multiply_adds, step_time, "
        + "inference_time, device_time"
    ),
  ]

  static let together: [Case] = [
    Case(
      "model: resnet20\ndata:\n  set: cifar10\n  train_images: 48000\n  validation_images: 5000\n",
      "x.yaml:4: key 'data.train_images' does not fit: train_images 48000 and validation_images 5000 are 53000 "
        + "together, but the training files of cifar10 hold 50000 images"
    ),
    Case(
      "model: resnet20\ndata: {set: cifar10, validation_images: 0}\n",
      "x.yaml:2: key 'data.validation_images' is 0, but must be from 1 to 50000"),
    Case(
      "model: resnet20\ndata: {set: shapes10, path: /x}\n",
      "x.yaml:2: key 'data.path' cannot be used with shapes10, which needs no files; leave it out"),
    Case(
      "model: resnet20\ndata: {set: shapes10, train_images: 100}\nproxy:\n  batch: 128\n",
      "x.yaml:4: key 'proxy.batch' is 128, but must be at most data.train_images, which is 100"),
    Case(
      head + "space:\n  rank_fractions: [0.5]\n  ranks: [4]\n",
      "x.yaml:5: key 'space.ranks' and 'space.rank_fractions' exclude each other; keep one"),
    Case(
      head + "space:\n  rank_fractions:\n  - 0.5\n  - 1.0\n",
      "x.yaml:6: key 'space.rank_fractions' is 1.0, but must be more than 0 and less than 1"),
    Case(
      head + "space:\n  ranks: [4, 16]\n",
      "x.yaml:4: key 'space.ranks' has rank 16, which is out of range in layer1.0.conv1: the rank must be from 1 to 15 "
        + "in this layer; exclude that layer, leave the rank out, or use rank_fractions"
    ),
    Case(
      head + "space:\n  ranks: [64]\n",
      "x.yaml:4: key 'space.ranks' cannot be used: rank 64 is legal in none of the 18 layers; the highest legal rank "
        + "is 63"
    ),
    Case(
      head + "space: {variant: groupd2}\n",
      "x.yaml:3: key 'space.variant' cannot be 'groupd2'; did you mean 'grouped2'? Allowed: \(BasisVariant.allowed)"),
    Case(
      head + "space: {variant: grouped0}\n",
      "x.yaml:3: key 'space.variant' cannot be 'grouped0'; did you mean 'grouped2'? Allowed: \(BasisVariant.allowed)"),
    Case(
      head + "space:\n  variants:\n  - tied\n  - sparse\n",
      "x.yaml:6: key 'space.variants' cannot be 'sparse'; allowed: \(BasisVariant.allowed)"),
    Case(
      head + "space: {variant: full, variants: [tied]}\n",
      "x.yaml:3: key 'space.variants' and 'space.variant' exclude each other; keep one"),
    Case(
      head + "space: {variants: []}\n", "x.yaml:3: key 'space.variants' is empty; allowed: \(BasisVariant.allowed)"),
    Case(
      head + "space: {variants: tied}\n",
      "x.yaml:3: key 'space.variants' is 'tied', but must be a list of names of variants in [ ]"),
    Case(
      head + "space: {variants: [tied, full, tied]}\n",
      "x.yaml:3: key 'space.variants' cannot be used: variant tied is listed twice"),
    Case(
      head + "space: {varaints: [tied]}\n",
      "x.yaml:3: key 'space.varaints' is not known; did you mean 'space.variants'? Allowed here: rank_fractions, "
        + "ranks, include, exclude, variant, variants"),
    Case(
      head + "space: {variants: [remainder, grouped3], ranks: [4, 3]}\n",
      "x.yaml:3: key 'space.ranks' cannot be used: rank 4 with variant grouped3 is legal in none of the 18 layers; the "
        + "highest legal rank is 63"),
    Case(
      head + "space: {variant: grouped4, ranks: [16]}\n",
      "x.yaml:3: key 'space.ranks' has rank 16, which is out of range in layer1.0.conv1: the rank must be from 1 to 15 "
        + "in this layer; exclude that layer, leave the rank out, or use rank_fractions"),
    Case(
      head + "space: {variants: [remainder, grouped4], ranks: [4], include: [layer1*, fc]}\n",
      "x.yaml:3: key 'space.ranks' has rank 4/grouped4, which does not fit fc: 4 groups do not divide both the 4 basis "
        + "maps and the 6 other outputs; exclude that layer, leave the rank out, or use rank_fractions"),
    Case(
      head + "space:\n  ranks: []\n",
      "x.yaml:4: key 'space.ranks' cannot be used: it needs at least one rank or rank fraction"),
    Case(
      head + "space:\n  include:\n  - layer1*\n  - layr2*\n",
      "x.yaml:6: key 'space.include' cannot be used: include \"layr2*\" matches no layer of resnet20; its layers have "
        + "names such as conv1, layer1.0.conv1, layer3.2.conv2, fc"
    ),
    Case(
      head + "space: {exclude: ['layer*']}\n",
      "x.yaml:3: key 'space.exclude' cannot be used: include and exclude together leave no layer"),
    Case(
      head + "space:\n  include: ['layer[1']\n",
      "x.yaml:4: key 'space.include' cannot be used: pattern \"layer[1\": the [ is never closed with ]"),
    Case(
      head + "proxy:\n  epochs: 0\nseed: x\nspace: {ranks: [0]}\n",
      "x.yaml:4: key 'proxy.epochs' is 0, but must be from 1 to 1000 (fractions and 0 require start.from: dense or "
        + "checkpoint)",
      "x.yaml:5: key 'seed' is 'x', but must be a whole number from 0 to 9007199254740991",
      "x.yaml:6: key 'space.ranks' is 0, but must be from 1 to 4096"),
  ]

  static let names: [Case] = [
    "../x", "a/b", "", ".", "..", ".x", "-x", "a b", "ä", "a\\0b", String(repeating: "n", count: 101),
  ]
  .map { name in
    // Where the YAML has a NUL, the message shows a space: control characters never reach a terminal.
    let shown = name == "a\\0b" ? "a b" : String(name.prefix(60))
    return Case(
      head + "study: \"\(name)\"\n",
      "x.yaml:3: key 'study' cannot be '\(shown)', because it names a folder; allowed: letters, digits, '.', '_' and "
        + "'-', at most 100, not beginning with '.' or '-'"
    )
  }

  static let syntax: [Case] = [
    Case("", "x.yaml: the configuration is empty; it needs at least the keys 'model' and 'data.set'"),
    Case("# nothing\n\n", "x.yaml: the configuration is empty; it needs at least the keys 'model' and 'data.set'"),
    Case("~\n", "x.yaml: the configuration is empty; it needs at least the keys 'model' and 'data.set'"),
    Case("- a\n", "x.yaml:1: the configuration is a list, but must have lines of 'key: value'"),
    Case("hello\n", "x.yaml:1: the configuration is 'hello', but must have lines of 'key: value'"),
    Case("a: &x [1]\nb: *x\n", "x.yaml:1: YAML anchors (&name) are not allowed; write the value out"),
    Case("# \"\na:\n- 'b & c' # &d\n- &e f\n", "x.yaml:4: YAML anchors (&name) are not allowed; write the value out"),
    Case("a: {b: [1, &c 2]}\nd: *e\n", "x.yaml:1: YAML anchors (&name) are not allowed; write the value out"),
    Case("a: &a [x]\nb: &b [*a]\n? *b\n: 1\n", "x.yaml:1: YAML anchors (&name) are not allowed; write the value out"),
    Case(
      head + "space: {include: [*]}\n",
      "x.yaml:3: not readable as YAML: did not find expected alphabetic or numeric character (while scanning an alias, "
        + "line 3); write patterns that begin with * in quotes, such as \"*.conv1\""
    ),
    Case(
      head + "space: {include: [*conv]}\n",
      "x.yaml:3: not readable as YAML: found undefined alias; write patterns that begin with * in quotes, such as "
        + "\"*.conv1\""
    ),
  ]

  @Test("each problem is told in one exact line", arguments: keys + values + together + names + syntax)
  func message(_ bad: Case) {
    #expect(problems(bad.text) == bad.lines)
  }
}

/// The problems of a configuration, one line each; empty if it is legal.
func problems(_ text: String, fileName: String = "x.yaml") -> [String] {
  descriptions { _ = try StudyConfiguration.parse(text: text, fileName: fileName) }
}

/// The problems of the error that `body` throws; empty if it throws none.
func descriptions(_ body: () throws -> Void) -> [String] {
  do {
    try body()
    return []
  } catch {
    guard let error = error as? ConfigurationError else { return ["\(error)"] }
    return error.problems.map(\.description)
  }
}
