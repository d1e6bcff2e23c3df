import Randomness

/// What strategies that treat candidates as options share: conversion to works, and reading of trainings for the model
/// of effects.
struct SearchSample: Sendable {
  let space: EffectSpace
  let constraints: CostConstraints
  private let searchSpace: SearchSpace
  private let template: WorkTemplate

  init(_ space: SearchSpace, constraints: CostConstraints, template: WorkTemplate) {
    searchSpace = space
    self.space = EffectSpace(space)
    self.constraints = constraints
    self.template = template
  }

  /// Returns the space as the model sees it with the results of a history.
  func space(knowing history: SearchHistory) -> EffectSpace {
    template.effectSpace(searchSpace, knowing: history.results)
  }

  /// The dense network and all layers at every rank, regardless of cost: the other candidates are compared with these.
  var references: [[Int]] {
    ([.dense] + searchSpace.allLayersReferences).compactMap { space.options(of: $0) }
  }

  /// Returns the random stream for a purpose; each has its own.
  func random(_ purpose: String) -> StableRandom { StableRandom(seed: template.studySeed, purpose: purpose) }

  /// Returns the next repetitions of candidates: `seeds` of a new one, one of any other.
  func works(_ candidates: [[Int]], asked: [[Int]: Int], seeds: Int) -> [Work] {
    var asked = asked
    var works: [Work] = []
    for options in candidates {
      let before = asked[options, default: 0]
      let after = before + (before == 0 ? seeds : 1)
      let candidate = space.candidate(options: options)
      for repetition in before..<after { works.append(template.work(candidate, repetition: repetition)) }
      asked[options] = after
    }
    return works
  }

  /// Returns how often each candidate was asked for.
  func asked(_ history: SearchHistory) -> [[Int]: Int] {
    var asked: [[Int]: Int] = [:]
    for work in history.rounds.joined() {
      if let options = space.options(of: work.candidate) { asked[options, default: 0] += 1 }
    }
    return asked
  }

  /// Returns the unsound candidates by their trainings at the top.
  func unsound(_ history: SearchHistory) -> Set<[Int]> {
    let trainings = history.rounds.joined().compactMap { work in
      history.results[template.work(work, at: template.topRung)].map { (work.candidate, isDiverged: $0.diverged) }
    }
    return StudyModel.unsound(trainings, in: space)
  }

  /// Returns the figures of sound trainings, in the order in which they were asked for, each at all rungs with results.
  func trainings(_ history: SearchHistory) -> [EffectTraining] {
    let top = template.topRung
    return history.rounds.joined().flatMap { asked in
      (0...top).flatMap { rung in
        let work = top == 0 ? asked : template.work(asked, at: rung)
        return history.results[work].map { template.figures(work, $0, in: space) } ?? []
      }
    }
  }
}

extension [Work] {
  /// Returns at most the first `count` works, without a last candidate whose `seeds` trainings would be cut, since a
  /// candidate that was asked for before gets only one training at a time. If nothing would be left, it is cut.
  func first(_ count: Int, seeds: Int) -> [Work] {
    guard seeds > 1, count > 0, count < self.count else { return Array(prefix(count)) }
    let cut = self[count].candidate
    let whole = self[..<count].lastIndex { $0.candidate != cut }.map { $0 + 1 } ?? 0
    return Array(prefix(whole == 0 ? count : whole))
  }
}
