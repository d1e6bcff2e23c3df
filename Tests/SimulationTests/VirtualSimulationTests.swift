import Randomness
import SearchCore
import Simulation
import Testing

@Suite("simulations on a clock that jumps")
struct VirtualSimulationTests {
  private func report(failureRate: Double, jobs: Int = 300) throws -> SimulationReport {
    let engine = SimulatedEngine(distribution: .lognormal, meanDuration: 60, failureRate: failureRate)
    return try VirtualSimulation(workers: 50, slots: 2, jobs: jobs, engine: engine).run { _, _ in }
  }

  @Test("every job has a result or is set aside, and each run is the same", arguments: [0, 0.1])
  func deterministic(failureRate: Double) throws {
    let (first, second) = (try report(failureRate: failureRate), try report(failureRate: failureRate))
    #expect(first.finished + first.setAside == 300 && (failureRate > 0 || first.setAside == 0))
    #expect((first.finished, first.setAside) == (second.finished, second.setAside))
    #expect(first.measuredSeconds == second.measuredSeconds && first.jobsPerSecond == second.jobsPerSecond)
    // A hundred slots, and a minute for a training.
    #expect((120...900).contains(first.measuredSeconds), "\(first.measuredSeconds)")
    #expect(first.lines.contains { $0.contains("\(first.finished) finished") })
  }

  @Test("what a training finds follows from its seed, how long an attempt takes from the attempt as well")
  func engine() throws {
    let engine = SimulatedEngine(distribution: .exponential, meanDuration: 10, failureRate: 0)
    func run(_ seed: UInt64, _ attempt: Int) throws -> (seconds: Double, accuracy: Double) {
      let run = engine.run(seed: seed, attempt: attempt, epochs: 2)
      guard case .finished(let result) = run.1 else { throw CancellationError() }
      return (run.seconds, try #require(result[.accuracy]))
    }
    let (first, second, other) = (try run(7, 1), try run(7, 2), try run(8, 1))
    #expect(first.accuracy == second.accuracy && first.accuracy != other.accuracy)
    #expect(first.seconds != second.seconds)
    let never = SimulatedEngine(distribution: .constant, meanDuration: 10, failureRate: 1)
    guard case (10, .failed) = never.run(seed: 1, attempt: 1, epochs: 1) else {
      Issue.record("an attempt that must fail")
      return
    }
  }

  @Test("durations have the mean that they are to have", arguments: DurationDistribution.allCases)
  func means(distribution: DurationDistribution) {
    var random = StableRandom(seed: 3)
    let mean = (0..<20_000).reduce(0.0) { sum, _ in sum + distribution.draw(mean: 5, using: &random) } / 20_000
    #expect(abs(mean - 5) < 0.2, "\(mean)")
  }
}

@Suite("workers of unlike speed on a clock that jumps")
struct UnlikeSpeedTests {
  private func seconds(_ speeds: [Double], jobs: Int = 40, forecastsEnds: Bool = true, speculates: Bool = false) throws
    -> Double
  {
    let engine = SimulatedEngine(distribution: .cost, meanDuration: 100, failureRate: 0)
    let report = try VirtualSimulation(
      workers: 9, slots: 1, jobs: jobs, engine: engine, speeds: speeds, forecastsEnds: forecastsEnds,
      speculates: speculates
    ).run { _, _ in }
    #expect(report.finished == jobs && report.setAside == 0)
    return report.measuredSeconds
  }

  @Test("the end of a study goes to the faster workers, which is sooner; among workers that are alike nothing is lost")
  func ends() throws {
    for speeds in [[1], [1, 1, 0.1], [1, 0.25], [1, 0.5, 0.25, 0.125]] {
      var sums = (with: 0.0, without: 0.0)
      for jobs in [40, 60, 90, 130, 180] {
        let (with, without) = (
          try seconds(speeds, jobs: jobs), try seconds(speeds, jobs: jobs, forecastsEnds: false)
        )
        #expect(with <= 1.02 * without, "\(speeds), \(jobs) jobs: \(with) s, in order \(without) s")
        sums = (sums.with + with, sums.without + without)
      }
      #expect(sums.with < 0.99 * sums.without, "\(speeds): \(sums)")
    }
  }

  @Test("a second attempt is sooner done than a straggler")
  func stragglers() throws {
    let (with, without) = (
      try seconds([1, 1, 0.05], jobs: 9, speculates: true), try seconds([1, 1, 0.05], jobs: 9)
    )
    #expect(with < 0.5 * without, "\(with) s, without \(without) s")
  }
}
