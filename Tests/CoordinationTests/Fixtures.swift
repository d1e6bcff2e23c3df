import SearchCore
import SearchProtocol

@testable import Coordination

/// A search of two stages: the second depends on the results of the first, as in a real search.
struct TwoStageStrategy: SearchStrategy {
  var name: StrategyName { .sensitivity }
  var notes: [String] { ["a note of the strategy"] }
  var first = 4
  var second = 2
  var takesTime = false
  /// The number of works that follow once all others are settled.
  var last = 0

  private func work(_ layer: String, _ rank: Int) -> Work {
    .example(Candidate(ranks: [layer: rank]))
  }

  func roundsToKnow(before round: Int) -> Int { round }

  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    let stage1 = (1...max(1, first)).map { work("layer", $0) }
    switch number {
    case 0: return SearchRound(works: stage1)
    case 1:
      let scores = stage1.map { history.results[$0]?[.accuracy] ?? 0 }
      let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
      return SearchRound(works: (0..<second).map { work("after\(best)", $0 + 1) })
    default: return .over
    }
  }

  func lastRound(history: SearchHistory) -> SearchRound {
    let asked = Set(history.asked)
    let best = history.results.filter { !Confirmation.includes($0.key) }.map { $0.value[.accuracy] ?? 0 }.max() ?? 0
    let works = (0..<last).map {
      Work(
        candidate: Candidate(ranks: ["after": Int(best * 1000)]), kind: Work.example(.dense).kind,
        repetition: Confirmation.firstRepetition + $0, seed: UInt64($0))
    }
    return SearchRound(works: works.filter { !asked.contains($0) })
  }

  func expectedWorks(history: SearchHistory) -> Int { first + second + last }
}

enum Fixture {
  static let data = DataRequirement(set: .shapes10, contentHash: "abc", pathHint: nil)

  static func coordinatorSettings() -> CoordinatorSettings {
    CoordinatorSettings(study: "study-1", studyName: "test", data: data)
  }

  static func workerSettings(_ name: String, host: String = "host", slots: Int = 2) -> WorkerSettings {
    WorkerSettings(
      worker: name, host: host, processID: 1, build: "1", slots: slots, kernelVariant: "avx")
  }

  static func hello(
    _ worker: String, slots: Int = 2, study: String? = nil, running: [AttemptReference] = [],
    finished: [AttemptReference] = [], host: String = "host", version: Int = 1
  ) -> WorkerMessage {
    .hello(
      Hello(
        worker: worker, host: host, processID: 1, oldestProtocol: 1, newestProtocol: version, build: "1", slots: slots,
        kernelVariant: "avx", dataHashes: [:], study: study, running: running, finished: finished))
  }

  static func hash(_ number: Int) -> ContentHash {
    var bytes = [UInt8](repeating: 0xab, count: 31)
    bytes.append(UInt8(truncatingIfNeeded: number))
    return ContentHash(bytes: bytes)!
  }

  static func reference(_ job: Int64, _ attempt: Int = 1) -> AttemptReference {
    AttemptReference(job: job, attempt: attempt)
  }

  static func result(_ accuracy: Double = 0.5) -> Observation {
    Observation(
      accuracy: accuracy, loss: 1, epochLosses: [2, 1], diverged: false, stepTimeRatio: nil, inferenceTimeRatio: nil,
      trainSeconds: 1, imagesPerSecond: 100, peakMemoryBytes: 1, kernelVariant: "avx")
  }

  static func finished(
    _ reference: AttemptReference, study: String = "study-1", accuracy: Double = 0.5
  ) -> WorkerMessage {
    .result(AttemptReport(reference: reference, study: study, outcome: .finished(result(accuracy))))
  }

  static func failed(_ reference: AttemptReference, _ reason: String = "crash") -> WorkerMessage {
    .result(AttemptReport(reference: reference, study: "study-1", outcome: .failed(reason: reason)))
  }

  static func returned(_ job: Int64, because reason: String) -> WorkerMessage {
    .result(AttemptReport(reference: reference(job), study: "study-1", outcome: .returned(reason: reason)))
  }

  static func returned(_ reference: AttemptReference) -> WorkerMessage {
    .result(AttemptReport(reference: reference, study: "study-1", outcome: .returned(reason: "leaving")))
  }
}

extension PeerID {
  init(_ number: Int) { self.init(bytes: [UInt8(number >> 8), UInt8(number & 255)]) }
}

/// The parts of a turn, and sums of the turns of several events. An array literal is a turn with only these effects
/// after its commit.
extension CoordinatorTurn {
  var records: [StudyChange] { commit }

  func sent(to peer: PeerID) -> [CoordinatorMessage] {
    beforeCommit.filter { $0.peer == peer }.map { .job($0.job) }
      + afterCommit.compactMap { if case .send(let message, let to) = $0, to == peer { message } else { nil } }
  }

  func gifts(to peer: PeerID) -> [ContentGift] {
    afterCommit.compactMap { if case .content(.give(let gift)) = $0, gift.peer == peer { gift } else { nil } }
  }

  /// All content effects except those that send a piece.
  var contentEffects: [ContentEffect] {
    afterCommit.compactMap {
      switch $0 {
      case .content(.give): nil
      case .content(let effect): effect
      default: nil
      }
    }
  }

  func jobs(to peer: PeerID) -> [AttemptReference] {
    sent(to: peer).compactMap { if case .job(let job) = $0 { job.reference } else { nil } }
  }

  static func + (left: CoordinatorTurn, right: CoordinatorTurn) -> CoordinatorTurn {
    var turn = left
    for dispatch in right.beforeCommit { turn.send(dispatch.job, to: dispatch.peer) }
    for change in right.commit { turn.record(change) }
    for effect in right.afterCommit { turn.perform(effect) }
    return turn
  }

  static func += (left: inout CoordinatorTurn, right: CoordinatorTurn) { left = left + right }
}

extension CoordinatorTurn: ExpressibleByArrayLiteral {
  public init(arrayLiteral effects: CoordinatorEffect...) {
    self.init()
    for effect in effects { perform(effect) }
  }
}

extension [WorkerEffect] {
  var sent: [WorkerMessage] { compactMap { if case .send(let message) = $0 { message } else { nil } } }
  var exitCode: Int32? { compactMap { if case .exit(let code) = $0 { code } else { nil } }.first }
}
