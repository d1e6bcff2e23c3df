import Foundation
import Testing

@Suite("simulate", .timeLimit(.minutes(10)))
struct SimulationTests {
  private struct Report: Decodable {
    var jobs: Int
    var finished: Int
    var failed: Int
    var workers: Int
    var jobsPerSecond: Double
    var coordinatorProcessorMillisecondsPerJob: Double
    var mostResidentBytes: Int
    var restart: Restart?

    struct Restart: Decodable {
      var secondsUntilListening: Double
    }
  }

  private func simulate(_ arguments: [String], place: Place) async throws -> Report {
    let ended = try await RunningCommand(["simulate", "--json"] + arguments, in: place).end()
    #expect(ended.exitCode == 0, "\(ended.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Report.self, from: Data(ended.output.utf8))
  }

  @Test(
    "simulated workers finish a real study, failures and a killed coordinator included; its record has every job once")
  func realCoordinator() async throws {
    let place = try Place()
    let report = try await simulate(
      [
        "--workers", "40", "--slots", "2", "--jobs", "400", "--distribution", "exponential", "--mean", "0.3",
        "--failure-rate", "0.1", "--restart-after", "0.5", "--heartbeat-seconds", "0.5", "--lease-seconds", "2",
        "--study", place.path("kept"),
      ], place: place)
    #expect(report.workers == 40 && report.finished + report.failed == 400)
    #expect(report.failed < 40)
    #expect(report.restart != nil)
    let copy = try await place.run(
      "export", place.path("kept/study"), "--format", "sqlite", "--output", place.path("copy.sqlite"))
    #expect(copy.exitCode == 0 && place.exists("copy.sqlite"))
    let again = try await place.run("simulate", "--study", place.path("kept"))
    #expect(again.exitCode == 2)
  }

  @Test("few jobs are over before the last acknowledgements are counted: they are waited for", arguments: 1...4)
  func fewJobs(round: Int) async throws {
    let place = try Place()
    let report = try await simulate(["--workers", "2", "--jobs", "10"], place: place)
    #expect(report.finished == 10 && report.failed == 0)
  }

  @Test("on a virtual clock hundreds of workers take seconds, and every run is the same")
  func virtualClock() async throws {
    let place = try Place()
    let arguments = [
      "--virtual", "--workers", "400", "--jobs", "1000", "--distribution", "lognormal", "--mean", "60",
      "--failure-rate", "0.01",
    ]
    let first = try await simulate(arguments, place: place)
    let second = try await simulate(arguments, place: place)
    #expect(first.finished + first.failed == 1000)
    #expect(first.jobsPerSecond == second.jobsPerSecond)
    #expect((first.finished, first.failed) == (second.finished, second.failed))
  }
}
