import Configuration
import SearchCore
import Testing

@Suite("Keys of the search")
struct SearchKeysTests {
  private static let head = "model: resnet20\ndata: {set: cifar10}\n"

  private func parse(_ text: String) throws -> StudyConfiguration {
    try .parse(text: Self.head + text, fileName: "x.yaml")
  }

  @Test("all of them are read")
  func legal() throws {
    let read = try parse(
      """
      strategy: {name: surrogate, common_seeds: false, round: 8, tolerance: 0.2}
      constraints: {max_parameters: 0.5, max_multiply_adds: 30000000, min_accuracy: 0.43}
      budget: {jobs: 120, worker_hours: 4, hours: 1.5}
      proxy: {curve: true}
      """)
    let dense = read.space.denseCost
    #expect(read.strategy.seeds == 1 && read.strategy.round == 8 && read.strategy.tolerance == 0.2)
    #expect(read.seeding == .perCandidate && read.template.seeding == .perCandidate && read.recipe.curve)
    #expect(read.strategy.constraints == CostConstraints(parameters: dense.parameters / 2, multiplyAdds: 30_000_000))
    #expect(read.constraints.minAccuracy == 0.43)
    #expect(read.budget == SearchBudget(jobs: 120, workerHours: 4, hours: 1.5))
  }

  @Test("strategies that learn from all trainings begin with one of a candidate, others with two")
  func seeds() throws {
    for (name, seeds) in [("surrogate", 1), ("factorial", 1), ("nsga2", 2), ("random", 2)] {
      #expect(try parse("strategy: {name: \(name)}\n").strategy.seeds == seeds)
      #expect(try parse("strategy: {name: \(name), seeds: 3}\n").strategy.seeds == 3)
    }
  }

  @Test(
    "what may not be meant is noted: measured times where a strategy decides, one common seed where estimates are made",
    arguments: [
      ("strategy: {name: surrogate, common_seeds: false}", []), ("strategy: {name: surrogate, common_seeds: true}", []),
      ("strategy: {name: surrogate}", ["with one common seed"]),
      ("strategy: {name: factorial}", ["with one common seed"]), ("strategy: {name: factorial, seeds: 2}", []),
      ("strategy: {name: random}", []),
      ("start: {from: dense}\nstrategy: {name: surrogate}", []),
      ("start: {from: dense}\nproxy: {epochs: 0}", ["strategy.seeds: with"]),
      ("start: {from: dense}\nproxy: {epochs: 0}\nstrategy: {name: surrogate}", []),
      ("start: {from: dense}\nproxy: {epochs: 0}\nstrategy: {name: random, seeds: 2}", ["strategy.seeds: with"]),
      (
        "start: {from: dense}\nproxy: {epochs: 0}\nstrategy: {name: surrogate, seeds: 2, confirm: 2}",
        ["strategy.seeds and strategy.confirm: with"]
      ),
      (
        "start: {from: dense}\nproxy: {epochs: 0}\nobjectives: [accuracy, step_time]",
        ["objectives step_time: times are measured beside trainings only", "strategy.seeds: with"]
      ),
      ("objectives: [accuracy, step_time, inference_time]", ["objectives step_time and inference_time: "]),
      ("objectives: [accuracy, step_time]\nstrategy: {name: exhaustive}\nspace: {include: [layer1.0.conv1]}", []),
      (
        "objectives: [accuracy, inference_time]\nstrategy: {name: surrogate}",
        ["objectives inference_time: ", "with one common seed"]
      ),
    ])
  func notes(text: String, beginnings: [String]) throws {
    let notes = try parse(text + "\n").notes
    #expect(notes.count == beginnings.count && zip(notes, beginnings).allSatisfy { $0.hasPrefix($1) }, "\(notes)")
  }

  @Test("updates that are skipped are in the values where there are any, and every step is none")
  func skip() throws {
    let none = try parse("")
    #expect(none.recipe.skip == nil && !none.entries.keys.contains { $0.contains("skip") })
    for text in ["proxy: {skip: {coefficients: 1}}\n", "proxy: {skip: {}}\n", "proxy:\n  skip:\n"] {
      let read = try parse(text)
      #expect(read.recipe == none.recipe && read.fingerprint == none.fingerprint)
    }
    let basis = try parse("proxy:\n  skip:\n    basis: 4\n")
    #expect(basis.recipe.skip == SkippedUpdates(of: .basis, every: 4))
    #expect(basis.entries == none.entries.merging(["proxy.skip.basis": "4"]) { $1 })
    // An epoch has 78 steps: 10000 images in batches of 128.
    #expect(try parse("proxy: {skip: {coefficients: 78}}\n").recipe.skip?.every == 78)
  }

  @Test(
    "what cannot be is told with what to do",
    arguments: [
      ("strategy: {confirm: 1000}", "key 'strategy.confirm' is 1000, but must be from 0 to 100"),
      (
        "budget: {jobs: 100}\nstrategy: {confirm: 4}",
        "key 'strategy.confirm' cannot be used: 4 confirmations of up to 12 points and dense take 52 of 100 jobs, more "
          + "than half; raise the budget or confirm fewer times"
      ),
      ("strategy: {round: 0}", "key 'strategy.round' is 0, but must be from 1 to 1000"),
      (
        "strategy: {name: surrogate, tolerance: -1}",
        "key 'strategy.tolerance' is -1, but must be in points of accuracy, more than 0 and at most 100"
      ),
      (
        "strategy: {tolerance: 0.2}",
        "key 'strategy.tolerance' requires surrogate, which estimates the expected loss; sensitivity does not: "
          + "leave it out"
      ),
      (
        "constraints: {min_accuracy: 43}",
        "key 'constraints.min_accuracy' cannot be used: 43 is not a fraction; accuracies are from 0 to 1; did you mean "
          + "0.43?"
      ),
      (
        "constraints: {max_parameters: 0}",
        "key 'constraints.max_parameters' cannot be used: 0 leaves no candidate; write a share of the dense network's "
          + "(above 0, at most 1) or a count (a whole number of at least 2)"
      ),
      (
        "constraints: {max_parameters: 1.5}",
        "key 'constraints.max_parameters' cannot be used: 1.5 is neither a share of the dense network's nor a whole "
          + "number; write a share of the dense network's (above 0, at most 1) or a count (a whole number of at "
          + "least 2)"
      ),
      (
        "constraints: {max_parameters: many}",
        "key 'constraints.max_parameters' is 'many', but must be a number: such as 0.5"
      ),
      (
        "constraints: {max_parameters: 1000}",
        "key 'constraints.max_parameters' cannot be used: no candidate has at most 1000 parameters; the smallest, all "
          + "C/4, has 75322 parameters"
      ),
      (
        "constraints: {max_multiply_adds: 0.1}",
        "key 'constraints.max_multiply_adds' cannot be used: no candidate has at most 4055104 multiply-adds; the "
          + "smallest, all C/4, has 11354752 multiply-adds"
      ),
      (
        "constraints: {max_parameters: 75322}",
        "key 'constraints.max_parameters' leaves only the references, which are trained whatever they cost; allow more"
      ),
      (
        "constraints: {max_step_time: 1}",
        "key 'constraints.max_step_time' is not known; allowed here: max_parameters, max_multiply_adds, "
          + "max_device_time, min_accuracy"
      ),
      (
        "constraints: {max_parameter: 1}",
        "key 'constraints.max_parameter' is not known; did you mean 'constraints.max_parameters'? Allowed here: "
          + "max_parameters, max_multiply_adds, max_device_time, min_accuracy"
      ),
      ("budget: {hours: 0}", "key 'budget.hours' is 0, but must be more than 0 hours, at most 1000000"),
      ("proxy: {skip: 0}", "key 'proxy.skip' is '0', but must be a group of keys: coefficients, basis"),
      (
        "proxy: {skip: {basis: 0}}", "key 'proxy.skip.basis' is 0, but must be from 1 to 100000"
      ),
      (
        "proxy: {skip: {basis: 79}}",
        "key 'proxy.skip.basis' is 79, but must be at most the number of steps in an epoch, which is 78 "
          + "(data.train_images divided by proxy.batch)"
      ),
      (
        "proxy: {skip: {coefficients: 2, basis: 2}}",
        "key 'proxy.skip.basis' cannot be used together with 'proxy.skip.coefficients': one part must be trained in "
          + "every step; keep one of them"
      ),
      (
        "proxy: {skip: {filters: 2}}", "key 'proxy.skip.filters' is not known; allowed here: coefficients, basis"
      ),
      (
        "proxy: {skip: {coefficient: 2}}",
        "key 'proxy.skip.coefficient' is not known; did you mean 'proxy.skip.coefficients'? Allowed here: "
          + "coefficients, basis"
      ),
      ("proxy: {curve: 1}", "key 'proxy.curve' is '1', but must be true or false"),
    ])
  func faulty(_ text: String, _ problem: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try parse(text + "\n") }
    #expect(error?.description == "x.yaml:\(text.contains("\n") ? 4 : 3): \(problem)")
  }
}

@Suite("Keys of halving")
struct HalvingKeysTests {
  private func parse(_ text: String) throws -> StudyConfiguration {
    try .parse(text: "model: resnet20\ndata: {set: cifar10}\n" + text, fileName: "x.yaml")
  }

  @Test("rungs are kinds of the study's works, and survive on record")
  func legal() throws {
    let read = try parse("strategy: {name: surrogate, halving: {rungs: [0.34, 1], keep: 0.25}}\n")
    #expect(read.strategy.halving == HalvingSettings(rungs: [0.34, 1], keep: 0.25))
    #expect(read.template.topRung == 1 && read.template.rungs[0].recipe.until == 1)
    #expect(read.entries["strategy.halving.rungs"] == "[0.34, 1.0]" && read.entries["strategy.halving.keep"] == "0.25")
    let recorded = try StudyConfiguration.recorded(
      entries: read.entries, budget: nil, text: read.text, fileName: "r.yaml")
    #expect(recorded.strategy == read.strategy && recorded.fingerprint == read.fingerprint)
    #expect(try parse("strategy: {name: random, halving: {keep: 0.5}}\n").strategy.halving?.rungs == [0.33, 1])
    #expect(try parse("").strategy.halving == nil && parse("").template.topRung == 0)
  }

  @Test(
    "what cannot be is told with what to do",
    arguments: [
      (
        "space: {include: [layer1.0.conv1]}\nstrategy: {name: exhaustive, halving: {keep: 0.5}}",
        "key 'strategy.halving' cannot be used: halving leaves candidates out, and exhaustive trains all; remove "
          + "halving or choose another strategy"
      ),
      (
        "strategy: {halving: {rungs: [1, 0.3]}}",
        "key 'strategy.halving' cannot be used: rungs of halving must increase, but 0.3 follows 1.0"
      ),
      (
        "strategy: {halving: {keep: 1}}",
        "key 'strategy.halving.keep' is 1, but must be more than 0 and less than 1"
      ),
      (
        "strategy: {halving: {kept: 1}}",
        "key 'strategy.halving.kept' is not known; did you mean 'strategy.halving.keep'?"
      ),
      ("strategy: {halving: 3}", "key 'strategy.halving' is "),
      (
        "strategy: {halving: {keep: 0.5}}\nproxy: {epochs: 1}",
        "key 'strategy.halving' cannot be used: strategy sensitivity: rung 0.33 of halving ends after 1 of 1 epochs"
      ),
    ])
  func refused(text: String, problem: String) {
    do {
      _ = try parse(text + "\n")
      Issue.record("\(text) was read")
    } catch {
      let told = (error as? ConfigurationError)?.problems.map(\.text) ?? []
      #expect(told.count == 1 && told[0].hasPrefix(problem), "\(told)")
    }
  }
}
