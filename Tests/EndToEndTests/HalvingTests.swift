import Foundation
import Testing

@Suite("halving", .serialized)
struct HalvingTests {
  private func writeStudy(_ place: Place) throws {
    try place.write(
      """
      study: tiny
      model: resnet8
      data: {set: shapes10, train_images: 64, validation_images: 64}
      space: {ranks: [4, 8], include: [layer1.0.conv1, layer2.0.conv2, layer3.0.conv1]}
      proxy: {epochs: 3, batch: 32}
      strategy: {name: surrogate, round: 6, halving: {rungs: [0.34, 1], keep: 0.34}}
      budget: {jobs: 50}
      """, to: "study.yaml")
  }

  @Test("brackets, promotions and scores are the same to the last bit with states and without, whatever is killed")
  func kills() async throws {
    let (calm, stormy) = (try Place(), try Place())
    for place in [calm, stormy] { try writeStudy(place) }
    // With a cache of size 0, every training that continues is repeated from its beginning.
    let undisturbed = try await calm.run("run", "study.yaml", "--slots", "2", "--cache-size", "0")
    #expect(undisturbed.exitCode == 0, "\(undisturbed.errors)")
    let study = KilledStudy(place: stormy) { number in
      ["--slots", "2", "--state-cache", stormy.path("states-\(number % 2)")]
    }
    let end = try await study.run(killedAt: [7, 14, 19, 26, 33, 40]) { $0 % 2 == 0 ? [.worker] : [.coordinator] }
    #expect(end.exitCode == 0, "\(end.errors)")
    #expect(try await untimedCSV(stormy) == untimedCSV(calm))
    // It is not determined which of the workers stored states before they were killed.
    let names = (0...1).flatMap {
      (try? FileManager.default.contentsOfDirectory(atPath: stormy.path("states-\($0)"))) ?? []
    }
    #expect(names.contains { $0.hasSuffix(".state") }, "\(names)")
    // Fewer trainings are completed than were begun.
    let exported = try await calm.run("export", "studies/tiny", "--format", "trials")
    let whole = exported.output.split(separator: "\n").count - 1
    #expect(whole > 5 && whole < 40, "\(whole)")
  }
}
