import Foundation
import Testing

@Suite("plans", .serialized)
struct PlanTests {
  @Test("a plan has the trainings by round, work, hours and memory, and begins nothing")
  func plan() async throws {
    let place = try Place()
    try place.writeStudy(trainImages: 1000, epochs: 2)
    let result = try await place.run(
      "plan", "study.yaml", "--workers", "2", "--images-per-second", "100", "--json")
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    let plan = try object(result.output)
    #expect(plan["trainings"] as? Int == 4 && plan["candidates_in_space"] as? Int == 4)
    let rounds = try #require(plan["rounds"] as? [[String: Any]])
    #expect(rounds.count == 1 && rounds[0]["candidates"] as? Int == 4)
    // Four trainings, two at a time, of 2,000 images and a third of 64 each.
    let most = try #require(plan["hours_at_most"] as? Double)
    let least = try #require(plan["hours_at_least"] as? Double)
    #expect(abs(most * 3600 - 2 * (2000 + 64.0 / 3) / 100) < 1e-6)
    #expect(least < most && least > most / 2)
    #expect(plan["rate_was_measured"] as? Bool == false)
    #expect(try #require(plan["bytes_per_slot"] as? Int) > 10_000_000)
    #expect(try #require(plan["multiply_adds"] as? Double) > 1e11)
    #expect(!place.exists("studies"))
    let timed = try await place.run("plan", "study.yaml", "--workers", "1")
    #expect(timed.exitCode == 0 && timed.output.contains("timed here for 3 s"), "\(timed.output)\(timed.errors)")
    #expect(timed.output.contains("1 worker") && timed.output.contains("trainings   4, 1 round: 4"))
  }

  @Test("rounds that results decide are counted")
  func rounds() async throws {
    let place = try Place()
    try place.writeStudy(layers: ["layer*conv*"], budget: 60)
    let text = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8)
    try place.write(text.replacingOccurrences(of: "name: exhaustive", with: "name: surrogate"), to: "study.yaml")
    let options = ["--images-per-second", "100", "--workers", "64"]
    let result = try await RunningCommand(["plan", "study.yaml", "--json"] + options, in: place).end()
    let plan = try object(result.output)
    let rounds = try #require(plan["rounds"] as? [[String: Any]])
    #expect(rounds.reduce(0) { $0 + ($1["trainings"] as? Int ?? 0) } == 60 && plan["trainings"] as? Int == 60)
    #expect(rounds.contains { $0["candidates"] == nil } && rounds.contains { $0["candidates"] != nil })
    let shown = try await RunningCommand(["plan", "study.yaml"] + options, in: place).end()
    #expect(shown.output.contains("decided by results"), "\(shown.output)")
    #expect(shown.output.contains("at most 32 of 64 workers busy"), "\(shown.output)")
  }

  @Test("the start of a study counts with its own epochs and images, and nothing runs beside it")
  func start() async throws {
    let place = try Place()
    try place.writeStudy(trainImages: 1000, epochs: 2)
    let text = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8)
    try place.write(text + "\nstart: {from: dense, epochs: 9, calibration_images: 300}\n", to: "study.yaml")
    let result = try await place.run("plan", "study.yaml", "--workers", "2", "--images-per-second", "100", "--json")
    let plan = try object(result.output)
    let rounds = try #require(plan["rounds"] as? [[String: Any]])
    #expect(rounds.compactMap { $0["trainings"] as? Int } == [1, 1, 4] && plan["trainings"] as? Int == 6)
    let start = 9 * 1000 + 64.0 / 3
    let analysis = (2 * 300 + 64) / 3.0
    let training = 2000 + (2 * 300 + 64) / 3.0
    let most = try #require(plan["hours_at_most"] as? Double)
    #expect(abs(most * 3600 - (start + analysis + 2 * training) / 100) < 1e-6, "\(most * 3600)")
  }

  @Test("a faulty configuration has the errors that run has")
  func faults() async throws {
    let place = try Place()
    try place.writeStudy()
    let text = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8)
    try place.write(text.replacingOccurrences(of: "epochs: 1", with: "epochz: 1"), to: "study.yaml")
    let plan = try await place.run("plan", "study.yaml", "--images-per-second", "10")
    let run = try await place.run("run", "study.yaml")
    #expect(plan.exitCode == 2 && plan.errors == run.errors && isOneLine(plan.errors), "\(plan.errors)")
    for wrong in [["--workers", "0"], ["--images-per-second", "0"], ["--images-per-second", "fast"]] {
      let result = try await RunningCommand(["plan", "study.yaml"] + wrong, in: place).end()
      #expect(result.exitCode == 2 && isOneLine(result.errors), "\(result.errors)")
    }
  }
}
