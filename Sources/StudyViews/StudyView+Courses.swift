import SearchCore
import Studies
import StudyStore

extension StudyView {
  /// The course of a search, over its trainings and over the hours that they took.
  package struct Courses: Hashable, Sendable {
    package struct Point: Hashable, Sendable {
      /// The number of trainings done.
      package var trainings: Int
      /// The hours of these trainings, summed over workers; `nil` if they are not on record.
      package var hours: Double?
      package var value: Double
    }

    /// The expected loss of the named candidates in points of accuracy, at each round that was decided.
    package var expectedLoss: [Point] = []
    /// The share of the open hypervolume, 0…1, that the frontier of the first trainings had, by today's estimates.
    package var openShare: [Point] = []

    private static let mostPoints = 24

    init(
      _ jobs: [JobRecord], _ origins: [ResultOrigin], _ estimates: StudyEstimates?, _ store: StudyStore,
      _ definition: StudyDefinition
    ) throws {
      let search = jobs.filter { FinalTrainings.isOfSearch($0.id) }
      let byNumber = search.sorted { $0.id < $1.id }
      // There may be thousands of rounds and a hundred thousand jobs, so sums are carried on from round to round.
      var asked = byNumber[...]
      var (finished, timed, seconds) = (0, 0, 0.0)
      for event in try store.events() where event.kind == .roundDecided {
        guard let note = RoundNote(event.text) else { continue }
        if let loss = note.expectedLoss, finished > 0 {
          let hours = timed == finished ? seconds / 3600 : nil
          expectedLoss.append(Point(trainings: finished, hours: hours, value: loss))
        }
        // The analysis of a start is not a training.
        for result in asked.prefix(max(0, note.jobs)).filter(\.work.kind.isProxy).compactMap(\.result) {
          finished += 1
          guard let time = result[.trainSeconds] else { continue }
          (timed, seconds) = (timed + 1, seconds + time)
        }
        asked = asked.dropFirst(max(0, note.jobs))
      }
      guard let estimates else { return }
      let template = definition.configuration.template
      let byID = Dictionary(uniqueKeysWithValues: search.map { ($0.id, $0) })
      let done = origins.compactMap { byID[$0.job] }.filter { !Confirmation.includes($0.work) && $0.work.kind.isProxy }
      for count in Self.counts(done.count) {
        let first = Array(done.prefix(count))
        let top = StudyReading.results(first).filter { template.rung(of: $0.key) == template.topRung }
        let scores = CandidateScore.scores(of: top, in: definition.space)
        let front = ParetoFront(of: scores, objectives: definition.objectives).scores.map(\.candidate)
        guard
          let share = estimates.openShare(of: front, in: definition.space, objectives: definition.objectives)
        else { continue }
        openShare.append(Point(trainings: count, hours: Self.hours(first.compactMap(\.result)), value: share))
      }
    }

    private static func hours(_ results: [Observation]) -> Double? {
      let seconds = results.compactMap { $0[.trainSeconds] }
      return seconds.count == results.count && !seconds.isEmpty ? seconds.reduce(0, +) / 3600 : nil
    }

    /// Returns increasing counts from a few to all, each larger than the one before by about the same factor.
    private static func counts(_ all: Int) -> [Int] {
      var counts: [Int] = []
      var next = min(4.0, Double(all))
      while Int(next) < all {
        counts.append(Int(next))
        next = max(next + 1, next * 1.3)
      }
      if all > 0 { counts.append(all) }
      guard counts.count > mostPoints else { return counts }
      return Array(counts.suffix(mostPoints))
    }
  }

  /// The rungs of a study with several rungs.
  package struct Rungs: Hashable, Sendable {
    package struct Rung: Hashable, Sendable {
      /// 1 for the cheapest.
      package var number: Int
      /// The epochs of a training at this rung.
      package var epochs: Double
      package var jobs: Int
      package var finished: Int
      package var diverged: Int
      package var candidates: Int
      /// The number of candidates that were also asked for at the next rung; `nil` at the top.
      package var promoted: Int?
    }

    /// A candidate's mean accuracy at each rung, 0…1; `nil` if it was not trained there.
    package struct Course: Hashable, Sendable {
      package var candidate: Candidate
      package var accuracies: [Double?]
    }

    /// The rungs, the cheapest first.
    package var rungs: [Rung]
    /// The courses of candidates with a sound training at some rung.
    package var courses: [Course]
    /// The search's notes on its promotions, the latest last.
    package var notes: [String]

    private static let mostNotes = 12

    /// Returns `nil` for a study with a single rung.
    init?(_ jobs: [JobRecord], _ store: StudyStore, _ definition: StudyDefinition) throws {
      let template = definition.configuration.template
      guard template.topRung > 0 else { return nil }
      var byRung: [[JobRecord]] = Array(repeating: [], count: template.rungs.count)
      for job in jobs where !Confirmation.includes(job.work) {
        if let rung = template.rung(of: job.work) { byRung[rung].append(job) }
      }
      let candidates = byRung.map { Set($0.map(\.work.candidate)) }
      rungs = template.rungs.enumerated().map { index, kind in
        let recipe = kind.recipe
        return Rung(
          number: index + 1, epochs: recipe.until.map { Double($0) } ?? recipe.epochs.count, jobs: byRung[index].count,
          finished: byRung[index].count { $0.result != nil },
          diverged: byRung[index].count { $0.result?.diverged ?? false }, candidates: candidates[index].count,
          promoted: index < template.topRung ? candidates[index].intersection(candidates[index + 1]).count : nil)
      }
      let means = byRung.map { jobs in
        Dictionary(grouping: jobs.filter { !($0.result?.diverged ?? true) }, by: \.work.candidate).compactMapValues {
          Statistics.mean(of: $0.compactMap { $0.result?[.accuracy] })
        }
      }
      courses = candidates.reduce(Set()) { $0.union($1) }.map { candidate in
        Course(candidate: candidate, accuracies: means.map { $0[candidate] })
      }.filter { $0.accuracies.contains { $0 != nil } }.sorted { $0.candidate.description < $1.candidate.description }
      notes = try store.events().filter { $0.kind == .note && $0.text.contains("rungs ") }.map(\.text)
        .suffix(Self.mostNotes)
    }
  }
}
