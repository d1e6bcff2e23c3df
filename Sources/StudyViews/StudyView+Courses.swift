import SearchCore
import Studies
import StudyStore

extension StudyView {
  /// How a search went, over its trainings and over the work that they took.
  package struct Courses: Hashable, Sendable {
    package struct Point: Hashable, Sendable {
      /// Trainings that were done.
      package var trainings: Int
      /// What they took, summed over workers; nil where that is not on record.
      package var hours: Double?
      package var value: Double
    }

    /// Points of accuracy that the named candidates were expected to lose, at each round that was decided.
    package var expectedLoss: [Point] = []
    /// Of the open hypervolume, 0…1, by today's estimates: what the frontier of the first trainings had of it.
    package var openShare: [Point] = []

    private static let mostPoints = 24

    init(
      _ jobs: [JobRecord], _ origins: [ResultOrigin], _ estimates: StudyEstimates?, _ store: StudyStore,
      _ definition: StudyDefinition
    ) throws {
      let search = jobs.filter { $0.id < FinalTrainings.firstJob }
      let byNumber = search.sorted { $0.id < $1.id }
      // Rounds may be thousands, of a hundred thousand jobs: each is added to what came before.
      var asked = byNumber[...]
      var (finished, timed, seconds) = (0, 0, 0.0)
      for event in try store.events() where event.kind == .roundDecided {
        guard let note = RoundNote(event.text) else { continue }
        if let loss = note.expectedLoss, finished > 0 {
          let hours = timed == finished ? seconds / 3600 : nil
          expectedLoss.append(Point(trainings: finished, hours: hours, value: loss))
        }
        // The analysis of a start is no training.
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

    /// From a few to all, each about as much more than the one before.
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

  /// The rungs of a study that has several.
  package struct Rungs: Hashable, Sendable {
    package struct Rung: Hashable, Sendable {
      /// 1 is the cheapest.
      package var number: Int
      /// Of a training.
      package var epochs: Double
      package var jobs: Int
      package var finished: Int
      package var diverged: Int
      package var candidates: Int
      /// Candidates that were also asked for at the next rung; nil at the top.
      package var promoted: Int?
    }

    /// A candidate's mean accuracy at each rung, 0…1; nil where it was not trained.
    package struct Course: Hashable, Sendable {
      package var candidate: Candidate
      package var accuracies: [Double?]
    }

    /// The cheapest first.
    package var rungs: [Rung]
    /// Of candidates that were trained well at a rung.
    package var courses: [Course]
    /// What the search said of its promotions, the latest last.
    package var notes: [String]

    private static let mostNotes = 12

    /// Nil for a study of one rung.
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
