import BasisEngine
import ReadableText
import Reporting
import SearchCore
import Studies

/// What a study will take, computed before it begins: trainings by round, work, hours and memory.
package struct StudyPlan: Encodable {
  package struct Round: Encodable {
    /// The number of the round, starting at 0.
    package var round: Int
    package var trainings: Int
    /// The number of different candidates; `nil` if results decide which are trained.
    package var candidates: Int?
  }

  package var study: String
  package var strategy: String
  /// The number of candidates in the search space, including the dense network.
  package var candidatesInSpace: Double
  /// The number of all trainings; without a budget that bounds the search, the number that is known.
  package var trainings: Int
  package var rounds: [Round]
  /// Whether the search continues until its expected loss is small enough, a moment that cannot be predicted.
  package var isOpenEnded: Bool
  /// The multiply-adds of all trainings: forward, backward and validation. Approximate if results decide what is
  /// trained.
  package var multiplyAdds: Double
  package var workers: Int
  package var imagesPerSecond: Double
  /// Whether the rate was measured, by timing the dense network on this machine.
  package var rateWasMeasured: Bool
  /// The hours if time decreases in proportion to the multiply-adds saved (`hoursAtLeast`), and if every candidate
  /// takes as long as the dense network (`hoursAtMost`).
  package var hoursAtLeast: Double
  package var hoursAtMost: Double
  package var bytesPerSlot: Int
  /// Nanoseconds that the dense network and the fastest candidate take according to the study's table of times; `nil`
  /// without a table.
  package var denseDeviceTime: Int?
  package var shortestDeviceTime: Int?
  package var notes: [String]

  /// The duration of a measurement of the rate.
  package static let timingSeconds = 3.0

  /// - Parameters:
  ///   - workers: The number of trainings at the same time.
  ///   - rate: The number of images that the dense network trains per second on one core; `nil` to measure it.
  /// - Throws: The `SearchError` with which the study itself would fail to start, `EngineError` if the network cannot
  ///   be timed.
  package init(_ definition: StudyDefinition, workers: Int, imagesPerSecond rate: Double?) throws {
    // First of all, before this process does anything that an engine process would not.
    bytesPerSlot = TrainingDemand.processBytes(of: definition.recipe)
    let strategy = try definition.makeStrategy()
    let settings = definition.configuration.strategy
    let (recipe, space) = (definition.recipe, definition.space)
    var history = SearchHistory()
    var rounds: [Round] = []
    // The rounds that do not depend on results. The start is recorded as finished with an empty observation: the later
    // rounds wait for it, but do not depend on what it finds.
    while let number = strategy.nextRound(history) {
      let works = strategy.decide(number, history: history).works
      if works.isEmpty { break }
      history.ask(works)
      rounds.append(Round(round: number, trainings: works.count, candidates: Set(works.map(\.candidate)).count))
      for work in works where work.isOfStart {
        history.record(Observation(diverged: false, kernelVariant: ""), for: work)
      }
    }
    let start = history.asked.filter(\.isOfStart)
    let known = history.asked.filter { !$0.isOfStart }
    let expected = max(history.asked.count, strategy.expectedWorks(history: history))
    let later = max(0, min(definition.jobBudget ?? expected, expected) - history.asked.count)
    // The other strategies decide once more, on everything that is left.
    let isStepwise = [.surrogate, .nsga2].contains(settings.name)
    let size = isStepwise ? settings.round : max(1, later)
    for first in stride(from: 0, to: later, by: size) {
      rounds.append(Round(round: rounds.count, trainings: min(size, later - first), candidates: nil))
    }
    let template = definition.configuration.template
    // The rung of trainings that results decide is unknown, so each counts as the mean over all rungs.
    let images = template.rungs.reduce(0) { $0 + $1.recipe.passes } / Double(template.rungs.count)
    func work(_ works: [Work]) -> Double {
      works.reduce(0) { $0 + Double(space.cost(of: $1.candidate).multiplyAdds) * $1.kind.recipe.passes }
    }
    let dense = Double(space.denseCost.multiplyAdds)
    let mean =
      known.isEmpty
      ? dense : known.reduce(0) { $0 + Double(space.cost(of: $1.candidate).multiplyAdds) } / Double(known.count)
    let work = work(start) + work(known) + mean * Double(later) * images

    self.rateWasMeasured = rate == nil
    let rate = try rate ?? TrainingDemand.denseImagesPerSecond(of: recipe, seconds: Self.timingSeconds)
    func seconds(_ passes: Double) -> Double { passes / TrainingRecipe.passesOfStep / rate }
    let startSeconds = start.reduce(0) { $0 + seconds($1.kind.recipe.passes) }
    let knownSeconds = known.isEmpty ? 0 : seconds(known.reduce(0) { $0 + $1.kind.recipe.passes } / Double(known.count))
    // A single training cannot be divided. A round waits only for the one before the last, so that two rounds overlap.
    func spread(_ trainings: Int, over slots: Int) -> Double {
      trainings == 0 ? 0 : max(Double(trainings) / Double(max(1, slots)), 1)
    }
    let laterRounds = (later + size - 1) / size
    let busy = isStepwise ? min(workers, 2 * size) : workers
    let searchSeconds =
      spread(known.count, over: workers) * knownSeconds
      + max(spread(later, over: busy), Double((laterRounds + 1) / 2)) * seconds(images)
    let saved = known.isEmpty ? 1 : mean / dense
    study = definition.name
    self.strategy = settings.name.rawValue
    candidatesInSpace = space.count
    trainings = history.asked.count + later
    self.rounds = rounds
    isOpenEnded = isStepwise && definition.jobBudget == nil && settings.tolerance != nil
    multiplyAdds = work
    self.workers = workers
    imagesPerSecond = rate
    // The works of the start run one after the other, and both are of the dense network, so that they save nothing.
    hoursAtMost = (startSeconds + searchSeconds) / 3600
    hoursAtLeast = (startSeconds + searchSeconds * saved) / 3600
    (denseDeviceTime, shortestDeviceTime) = (space.denseCost.deviceTime, space.shortestDeviceTime)
    notes = strategy.notes + definition.configuration.notes
    if isStepwise, later > 0, busy < workers {
      notes.append(
        "rounds of \(size) keep at most \(busy) of \(workers) workers busy; consider a larger strategy.round")
    }
  }
}

extension Work {
  /// Whether the work belongs to the start of the trainings.
  fileprivate var isOfStart: Bool {
    switch kind {
    case .startTraining, .layerAnalysis: true
    case .proxyTraining, .finalTraining: false
    }
  }
}

/// Output for human readers.
extension StudyPlan {
  /// Lines of at most `width` columns, as far as words allow; `nil` for as wide as needed.
  package func lines(width: Int? = nil) -> [String] {
    entries.flatMap { Wrapping.lines($0, width: width, indent: 12) }
  }

  private var entries: [String] {
    let space =
      candidatesInSpace < 1e9
      ? NumberText.grouped(Int(candidatesInSpace)) : NumberText.fixed(candidatesInSpace, 0)
    let more = isOpenEnded ? " and more, until the expected loss is small enough" : ""
    let rate = "\(NumberText.grouped(Int(imagesPerSecond.rounded()))) images/s on one core"
    let origin =
      rateWasMeasured
      ? "the dense network, timed here for \(NumberText.fixed(Self.timingSeconds, 0)) s" : "as given"
    var lines = [
      "study       \(study), \(strategy)", "candidates  \(space) in the space",
      "trainings   \(NumberText.grouped(trainings))\(more), "
        + "\(NumberText.plural(rounds.count, "round")): \(roundText)",
      "work        \(NumberText.fixed(multiplyAdds, 0)) multiply-adds",
      "rate        \(rate) (\(origin))", "time        \(time) on \(NumberText.plural(workers, "worker"))",
      "memory      about \(Readable.bytes(bytesPerSlot)) per slot",
    ]
    if let denseDeviceTime, let shortestDeviceTime {
      let (dense, shortest) = (
        NumberText.time(nanoseconds: denseDeviceTime), NumberText.time(nanoseconds: shortestDeviceTime)
      )
      lines.append(
        "device      dense \(dense), the fastest candidate \(shortest) "
          + "(\(NumberText.percent(Double(shortestDeviceTime) / Double(denseDeviceTime))))")
    }
    lines += notes.map { "note        \($0)" }
    return lines
  }

  private var time: String {
    let (least, most) = (3600 * hoursAtLeast, 3600 * hoursAtMost)
    let text = Readable.duration(seconds: most)
    let shorter = Readable.duration(seconds: least)
    return shorter == text
      ? "about \(text)"
      : "\(shorter) if saved multiply-adds save as large a share of the time, \(text) if they save none,"
  }

  /// Such as `2 × 16; 6 × 16 decided by results`.
  private var roundText: String {
    var groups: [(size: Int, isDecided: Bool, count: Int)] = []
    for round in rounds {
      if let last = groups.last, last.size == round.trainings, last.isDecided == (round.candidates != nil) {
        groups[groups.count - 1].count += 1
      } else {
        groups.append((round.trainings, round.candidates != nil, 1))
      }
    }
    func text(_ isDecided: Bool) -> String {
      groups.filter { $0.isDecided == isDecided }.map { ($0.count > 1 ? "\($0.count) × " : "") + "\($0.size)" }
        .joined(separator: ", ")
    }
    let later = text(false)
    if later.isEmpty { return text(true) }
    return [text(true), "\(later) decided by results"].filter { !$0.isEmpty }.joined(separator: "; ")
  }
}
