import SearchCore
import StudyStore
import Testing

@testable import StudyViews

@Suite("view of a study")
struct StudyViewTests {
  @Test("it has what is on record: rounds, workers, failures, noise, the frontier's course")
  func values() throws {
    let study = try RecordedStudy(jobs: 24, worker: "node-1")
    let view = try study.view()
    #expect(view.identity.name == "tiny" && view.identity.configuration.contains("model: resnet8"))
    #expect(view.identity.entries.contains { $0.key == "proxy.batch" && $0.value == "16" })
    #expect(view.status.jobs.finished == 30 && view.status.jobs.setAside == 1)
    // The second round was decided when the first one's twelve trainings were done.
    #expect(view.courses.expectedLoss == [.init(trainings: 12, hours: 12 * 1.5 / 3600, value: 0.5)])
    #expect(view.courses.openShare.allSatisfy { $0.value <= 1 + 1e-9 })
    #expect(view.courses.openShare.map(\.trainings) == view.courses.openShare.map(\.trainings).sorted())
    #expect(view.rungs == nil && view.final == nil)
    #expect(view.noise.repetitions == [.init(seeds: 1, candidates: 24)] && view.noise.deviation == nil)
    #expect(view.noise.confirmations.count == 2)
    #expect(view.noise.confirmations.allSatisfy { $0.entry.seeds == 3 && $0.measured != nil })
    #expect(view.workers.map(\.results) == [30] && view.workers[0].share == 1)
    #expect(view.workers[0].meanSeconds == 1.5)
    #expect(view.failures.setAside.jobs == 1)
    #expect(view.failures.attempts == [.init(ending: .failed, reason: RecordedStudy.hostile, count: 1)])
    let effects = try #require(view.effects)
    #expect(effects.layers.count == 4 && effects.byRank.count == 8)
    #expect(effects.predictions.count == 24)
  }
}
