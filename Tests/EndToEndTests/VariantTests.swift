import Foundation
import Testing

@Suite("variants of basis convolutions", .serialized)
struct VariantTests {
  @Test("a search mixes variants, and its candidates are exported, named, trained and evaluated with them")
  func study() async throws {
    let place = try Place()
    try place.write(
      """
      study: tiny
      model: resnet8
      data: {set: shapes10, train_images: 64, validation_images: 64}
      space: {ranks: [4], include: [layer1.0.*], variants: [remainder, grouped2, tied]}
      proxy: {epochs: 1, batch: 32}
      strategy: {name: exhaustive, seeds: 1}
      """, to: "study.yaml")
    let run = try await place.run("run", "study.yaml", "--slots", "2")
    #expect(run.exitCode == 0, "\(run.errors)")
    let json = try object(try await place.run("export", "studies/tiny", "--all", "--format", "json").output)
    let candidates = try #require(json["candidates"] as? [[String: Any]])
    #expect(candidates.count == 16)
    let tied = try #require(
      candidates.first { $0["candidate"] as? String == "layer1.0.conv1=4/tied,layer1.0.conv2=4/tied" })
    #expect(tied["variants"] as? [String: String] == ["layer1.0.conv1": "tied", "layer1.0.conv2": "tied"])
    #expect(tied["ranks"] as? [String: Int] == ["layer1.0.conv1": 4, "layer1.0.conv2": 4])
    let plain = try #require(candidates.first { $0["candidate"] as? String == "layer1.0.conv1=4,layer1.0.conv2=4" })
    #expect(plain["variants"] == nil)
    #expect((plain["parameters"] as? Int ?? 0) - (tied["parameters"] as? Int ?? 0) == 12 * 4)
    // The study resumes from its record, with the same space.
    let again = try await place.run("run", "study.yaml", "--resume")
    #expect(again.exitCode == 0, "\(again.errors)")
    let trained = try await place.run(
      "train", "--from-study", "studies/tiny", "--candidate", "layer1.0.conv1=4/grouped2,layer1.0.conv2=4/remainder",
      "--epochs", "1", "--checkpoint", "chosen.ckpt", "--json")
    #expect(trained.exitCode == 0, "\(trained.errors)")
    #expect(try object(trained.output)["candidate"] as? String == "layer1.0.conv1=4/grouped2,layer1.0.conv2=4")
    let evaluated = try await place.run("evaluate", "chosen.ckpt", "--json")
    #expect(evaluated.exitCode == 0, "\(evaluated.errors)")
    #expect(try object(evaluated.output)["candidate"] as? String == "layer1.0.conv1=4/grouped2,layer1.0.conv2=4")
  }

  @Test(
    "what a variant cannot be is told in one line, with exit code 2",
    arguments: [
      (["train", "--candidate", "layer1.0.conv1=8/groupd2"], "did you mean 'grouped2'?"),
      (["train", "--candidate", "layer1.0.conv1=6/grouped4"], "4 groups do not divide both the 6 basis maps"),
      (["train", "--candidate", "layer1.0.conv1=6", "--variant", "grouped4"], "4 groups do not divide"),
      (["bench", "--candidate", "layer1.0.conv1=5/grouped2"], "2 groups do not divide"),
      (["cost", "--candidate", "layer1.0.conv1=5", "--variant", "grouped2"], "2 groups do not divide"),
      (["cost", "--variant", "grouped0"], "grouped0"),
    ])
  func refused(arguments: [String], reason: String) async throws {
    let place = try Place()
    var arguments = arguments + ["--model", "resnet8"]
    if arguments[0] == "train" { arguments += ["--data", "shapes10", "--epochs", "1", "--train-images", "32"] }
    let result = try await RunningCommand(arguments, in: place).end()
    #expect(result.exitCode == 2, "\(result.output) \(result.errors)")
    #expect(result.errors.contains(reason), "\(result.errors)")
  }
}
