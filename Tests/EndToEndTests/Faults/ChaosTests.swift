import Foundation
import Testing

/// A real study whose processes are killed ends like an undisturbed one.
@Suite("chaos", .serialized)
struct ChaosTests {
  private static let isLong = ProcessInfo.processInfo.environment["LAYERSEARCH_CHAOS"] != nil

  /// Another seed: `LAYERSEARCH_CHAOS_SEED=7 make chaos`.
  private static let seed = ProcessInfo.processInfo.environment["LAYERSEARCH_CHAOS_SEED"].flatMap(UInt64.init) ?? 1

  /// Writes a study whose search decides its second stage from the results of the first: the decision must be the same
  /// after every restart.
  private func writeStudy(_ place: Place, fractions: String, seeds: Int, trainImages: Int, jobs: Int) throws {
    try place.write(
      """
      study: tiny
      model: resnet8
      data:
        set: shapes10
        train_images: \(trainImages)
        validation_images: 64
      space:
        rank_fractions: [\(fractions)]
        include: ["layer*"]
      proxy:
        epochs: 1
        batch: 16
        learning_rate: 0.05
      objectives: [accuracy, parameters, multiply_adds]
      strategy:
        name: sensitivity
        seeds: \(seeds)
      budget:
        jobs: \(jobs)
      # With some seeds the frontier of so short trainings is a single point, which would prove little.
      seed: 4
      """, to: "study.yaml")
  }

  /// Writes a study whose trainings pause and continue later, from states that killed processes left behind.
  private func writeHalvedStudy(_ place: Place) throws {
    try place.write(
      """
      study: tiny
      model: resnet8
      data: {set: shapes10, train_images: 512, validation_images: 64}
      space: {ranks: [4, 8], include: [layer1.0.conv1, layer2.0.conv2, layer3.0.conv1]}
      proxy: {epochs: 3, batch: 16, learning_rate: 0.05}
      strategy: {name: surrogate, round: 6, halving: {rungs: [0.34, 1], keep: 0.34}}
      budget: {jobs: 36}
      """, to: "study.yaml")
  }

  private func compare(shots: Int, pauses: ClosedRange<Double>, seconds: Double, write: (Place) throws -> Void)
    async throws
  {
    let calm = try Place()
    try write(calm)
    let peace = try await calm.run("run", "study.yaml", "--slots", "2", "--quiet")
    try #require(peace.exitCode == 0, "\(peace.errors)")
    let undisturbed = try RecordedStudy(calm)

    let stormy = try Place()
    try write(stormy)
    let start = Date()
    let fire = try StudyUnderFire(stormy, seed: Self.seed, workers: 2, seconds: seconds)
    try await fire.run(shots: shots, pauses: pauses)
    let recorded = try RecordedStudy(stormy)
    #expect(recorded.violations(comparedWith: undisturbed) == [])
    for all in [true, false] {
      let expected = try await untimedCSV(calm, all: all)
      #expect(expected.count > 2)
      #expect(try await untimedCSV(stormy, all: all) == expected)
    }
    #expect(recorded.attemptCount > recorded.jobs.count, "nothing was hit while it trained")
    #expect(fire.toll.total >= shots, "the study was over after \(fire.toll)")
    print(
      "chaos, seed \(Self.seed): \(fire.toll.total) hits (\(fire.toll)) in \(Int(-start.timeIntervalSinceNow)) s; "
        + "\(recorded.jobs.count) jobs, \(recorded.attemptCount) attempts; same results and frontier")
  }

  @Test("whoever is killed, stopped or told to leave: the frontier is the same bits, no job is lost or counted twice")
  func fewShots() async throws {
    try await compare(shots: 8, pauses: 0.3...1, seconds: 900) {
      try writeStudy($0, fractions: "0.25", seeds: 1, trainImages: 1024, jobs: 14)
    }
  }

  @Test("the same where trainings pause and go on")
  func halved() async throws {
    try await compare(shots: 8, pauses: 0.3...1, seconds: 900) { try writeHalvedStudy($0) }
  }

  @Test("the same under a hundred kills", .enabled(if: isLong))
  func manyShots() async throws {
    try await compare(shots: 110, pauses: 0.2...1.6, seconds: 1200) {
      try writeStudy($0, fractions: "0.25, 0.5", seeds: 5, trainImages: 2048, jobs: 125)
    }
  }
}
