import SearchCore
import Testing

@testable import Studies

@Suite("what is told of a study while it goes on")
struct StudyProgressTests {
  @Test("time left follows from the trainings of this session, while workers are here")
  func timeLeft() throws {
    let work = Work.example(.dense)
    let result = Observation(
      accuracy: 0.5, loss: nil, epochLosses: [], diverged: false, stepTimeRatio: nil, inferenceTimeRatio: nil,
      trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "avx2")
    func finished(_ job: Int64) -> StudyChange { .jobFinished(job: job, attempt: 1, worker: "w", result: result) }
    let space = try SearchSpace(architecture: Architecture(.resnet8), ranks: .fractions([0.25]), include: ["layer*"])
    var progress = StudyProgress(space: space, template: .example(), jobs: [])
    func summary(finished: Int, workers: Int = 1, now: Double) -> StudySummary {
      progress.summary(
        jobs: JobCounts(waiting: 4 - finished, finished: finished), expectedJobs: 4, workers: workers, now: now)
    }
    #expect(summary(finished: 0, now: 5).jobsPerSecond == nil)
    for job in 1...4 as ClosedRange<Int64> {
      progress.apply(.jobAdded(JobRecord(id: job, work: work)), now: 10)
    }
    // Results from a spool: of an attempt that began before this session, and of one recorded along with its result.
    progress.apply(finished(4), now: 10)
    progress.apply(.attemptStarted(job: 3, attempt: 1, worker: "w"), now: 10.1)
    progress.apply(finished(3), now: 10.1)
    #expect(progress.candidate(of: 1) == .dense && progress.candidate(of: 3) == nil)
    let early = summary(finished: 2, now: 10.2)
    #expect(early.jobsPerSecond == nil && early.secondsLeft == nil && early.dense?.seeds == 2)
    for job in 1...2 as ClosedRange<Int64> {
      progress.apply(.attemptStarted(job: job, attempt: 1, worker: "w"), now: 11)
    }
    progress.apply(finished(1), now: 13)
    progress.apply(.attemptEnded(job: 2, attempt: 1, .lost(reason: "")), now: 13)
    let late = summary(finished: 3, now: 21)
    #expect(late.jobsPerSecond == 0.1 && late.secondsLeft == 10)
    #expect(summary(finished: 3, workers: 0, now: 23).jobsPerSecond == nil)
  }

  @Test("the highest so far says of how many seeds, and diverged trainings do not count")
  func highest() throws {
    let space = try SearchSpace(architecture: Architecture(.resnet8), ranks: .fractions([0.25]), include: ["layer*"])
    var leaders = AccuracyLeaders(space: space)
    func result(_ accuracy: Double, diverged: Bool = false) -> Observation {
      Observation(
        accuracy: accuracy, loss: diverged ? nil : 1, epochLosses: [], diverged: diverged, stepTimeRatio: nil,
        inferenceTimeRatio: nil, trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "test")
    }
    let (lucky, steady) = (Candidate(ranks: ["layer1.0.conv1": 4]), Candidate(ranks: ["layer2.0.conv1": 8]))
    leaders.record(result(0.9, diverged: true), of: steady)
    #expect(leaders.highest == nil)
    leaders.record(result(0.6), of: lucky)
    #expect(leaders.highest?.candidate == lucky && leaders.highest?.seeds == 1)
    for _ in 0..<2 { leaders.record(result(0.5), of: steady) }
    #expect(leaders.highest?.candidate == lucky)
    leaders.record(result(0.3), of: lucky)
    #expect(leaders.highest?.candidate == steady && leaders.highest?.seeds == 2 && leaders.highest?.accuracy == 0.5)
    leaders.record(result(0.99, diverged: true), of: steady)
    #expect(leaders.highest?.candidate == lucky, "as many diverged as ended well")
  }
}
