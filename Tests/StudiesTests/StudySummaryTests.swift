import SearchCore
import Testing

@testable import Studies

@Suite("progress on a line")
struct StudySummaryTests {
  private let summary = StudySummary(
    jobs: JobCounts(waiting: 5, running: 2, finished: 36, setAside: 1), expectedJobs: 120, workers: 1,
    jobsPerSecond: 1.4,
    highest: CandidateAccuracy(
      candidate: Candidate(ranks: ["layer1.0.conv1": 4]), accuracy: 0.7134, seeds: 2, parameterRatio: 0.61),
    dense: CandidateAccuracy(candidate: .dense, accuracy: 0.722, seeds: 1, parameterRatio: 1))

  @Test("progress fits every width, and tells more where there is room", arguments: 20...200)
  func progressFits(width: Int) {
    let bar = summary.bar(width: width)
    #expect(bar.count <= width)
    #expect(bar.contains("37/120"))
    if width >= 120 {
      for fact in ["1 set aside", "2 running", "60 s left", "71.3 %", "1.4/s", "dense 72.2 %", "█"] {
        #expect(bar.contains(fact), "\(fact)")
      }
    }
  }

  @Test("without workers nothing is known of the time that is left, and what exists is expected")
  func withoutWorkers() {
    var waiting = summary
    waiting.jobs.running = 0
    let idle = StudySummary(
      jobs: waiting.jobs, expectedJobs: 3, workers: 0, jobsPerSecond: 1.4, highest: nil, dense: nil)
    #expect(idle.jobsPerSecond == nil && idle.secondsLeft == nil && idle.expectedJobs == 42)
    #expect(idle.line == "37/42 jobs, waiting for workers, 1 set aside")
  }

  @Test("a bound on time ends a search before its jobs do, and only then")
  func budget() throws {
    var bounded = summary
    bounded.budgetSeconds = 12
    #expect(bounded.secondsLeft == 12 && bounded.secondsOfJobs == summary.secondsLeft)
    #expect(bounded.line.contains("12 s left"))
    bounded.budgetSeconds = 3600
    #expect(bounded.secondsLeft == summary.secondsLeft)
  }

  @Test("a dense network far below the best candidate makes the proxy doubtful, one that is unlucky does not")
  func doubt() {
    var summary = summary
    #expect(summary.doubt == nil)
    summary.highest?.accuracy = 0.314
    summary.dense?.accuracy = 0.22
    #expect(summary.doubt == nil)
    summary.dense?.accuracy = 0.164
    #expect(summary.doubt?.hasPrefix("dense is 15 points below the highest: ") == true)
    #expect(summary.doubt?.contains("lower proxy.learning_rate") == true)
    summary.dense = nil
    #expect(summary.doubt == nil)
  }

  @Test("a pause is told first")
  func paused() {
    var paused = summary
    paused.isPaused = true
    #expect(paused.line.hasPrefix("37/120 jobs, paused, 2 running, 1 set aside"))
    #expect(paused.bar(width: 60).contains("paused"))
  }
}
