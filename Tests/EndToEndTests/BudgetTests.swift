import Foundation
import Testing

@Suite("the budget may change", .serialized)
struct BudgetTests {
  private func jobs(_ place: Place) async throws -> [String: Int] {
    let status = try object(try await place.run("status", "studies/tiny", "--json").output)
    return status["jobs"] as? [String: Int] ?? [:]
  }

  @Test("a finished study goes on with a larger budget, says so, and finds what it would have found at once")
  func larger() async throws {
    let (place, whole) = (try Place(), try Place())
    try whole.writeStudy()
    #expect(try await whole.run("run", "study.yaml", "--slots", "2").exitCode == 0)
    try place.writeStudy(budget: 2)
    #expect(try await place.run("run", "study.yaml", "--slots", "2").exitCode == 0)
    #expect(try await jobs(place)["finished"] == 2)
    try place.writeStudy(budget: 20)
    let again = try await place.run("run", "study.yaml", "--slots", "2", "--resume")
    #expect(again.exitCode == 0, "\(again.errors)")
    let told = "the budget is 20 jobs now, before it was 2 jobs; the study, which was finished, continues"
    #expect(again.errors.contains(told), "\(again.errors)")
    #expect(try await jobs(place)["finished"] == 4)
    #expect(try await untimedCSV(place) == untimedCSV(whole))
    // The folder's own configuration has the budget that is now in effect.
    #expect(
      try String(contentsOfFile: place.path("studies/tiny/configuration.yaml"), encoding: .utf8).contains("jobs: 20"))
    let same = try await place.run("run", "studies/tiny/configuration.yaml", "--resume")
    #expect(same.exitCode == 0 && !same.errors.contains("budget is"), "\(same.errors)")
    // Any other difference is refused as always, whatever the budget.
    try place.writeStudy(epochs: 2, budget: 30)
    let other = try await place.run("run", "study.yaml", "--resume")
    #expect(other.exitCode == 2 && other.errors.contains("proxy.epochs") && !other.errors.contains("budget.jobs"))
  }

  @Test("a smaller budget ends a study with what it has, and a larger one takes up what was left")
  func smaller() async throws {
    let place = try Place()
    try place.writeStudy()
    try place.recordFirstResult(kernelVariant: "avx2+Haswell")
    try place.writeStudy(budget: 1)
    let ended = try await place.run("run", "study.yaml", "--slots", "1", "--resume")
    #expect(ended.exitCode == 0, "\(ended.errors)")
    #expect(ended.errors.contains("the budget is 1 jobs now, before it was 20 jobs"), "\(ended.errors)")
    let counts = try await jobs(place)
    #expect(counts["finished"] == 1 && counts["waiting"] == 0 && counts["total"] == 1, "\(counts)")
    try place.writeStudy(budget: 20)
    #expect(try await place.run("run", "study.yaml", "--slots", "2", "--resume").exitCode == 0)
    #expect(try await jobs(place)["finished"] == 4)
  }
}
