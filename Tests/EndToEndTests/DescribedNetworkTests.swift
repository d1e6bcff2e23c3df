import Foundation
import Testing

@Suite("described networks", .serialized)
struct DescribedNetworkTests {
  @Test("a network of bottlenecks behind a pooled stem is searched, planned, trained, converted and evaluated")
  func study() async throws {
    let place = try Place()
    let model = "resnet:blocks=1/1,block=bottleneck,widths=4/8,stem=7x7-pool"
    try place.write(
      """
      study: tiny
      model: {family: resnet, blocks: [1, 1], block: bottleneck, widths: [4, 8], stem: 7x7-pool}
      data: {set: shapes10, train_images: 64, validation_images: 64}
      space: {rank_fractions: [0.125], include: [layer2.0.conv*]}
      start: {from: dense, epochs: 1, calibration_images: 64}
      proxy: {epochs: 1, batch: 32}
      strategy: {name: exhaustive, seeds: 1}
      """, to: "study.yaml")
    let plan = try await place.run("plan", "study.yaml", "--images-per-second", "100", "--json")
    #expect(plan.exitCode == 0, "\(plan.errors)")
    #expect(try object(plan.output)["candidates_in_space"] as? Int == 8)
    let run = try await place.run("run", "study.yaml", "--slots", "2")
    #expect(run.exitCode == 0, "\(run.errors)")
    let json = try object(try await place.run("export", "studies/tiny", "--all", "--format", "json").output)
    let candidates = try #require(json["candidates"] as? [[String: Any]])
    #expect(candidates.count == 8)
    #expect(candidates.contains { $0["candidate"] as? String == "layer2.0.conv1=1,layer2.0.conv3=4" })
    #expect(json["model"] as? String == model)
    let again = try await place.run("run", "study.yaml", "--resume")
    #expect(again.exitCode == 0, "\(again.errors)")
    let trained = try await place.run(
      "train", "--model", "{family: resnet, blocks: [1, 1], block: bottleneck, widths: [4, 8], stem: 7x7-pool}",
      "--data", "shapes10", "--train-images", "64", "--test-images", "64", "--epochs", "1", "--batch", "32",
      "--rank-fraction", "0.5", "--checkpoint", "chosen.ckpt", "--json")
    #expect(trained.exitCode == 0, "\(trained.errors)")
    let accuracy = try object(trained.output)["test_accuracy"] as? Double
    let evaluated = try await place.run("evaluate", "chosen.ckpt", "--test-images", "64", "--json")
    #expect(evaluated.exitCode == 0, "\(evaluated.errors)")
    let scored = try object(evaluated.output)
    #expect(scored["model"] as? String == model)
    #expect(scored["test_accuracy"] as? Double == accuracy && accuracy != nil)
  }

  @Test("bench and cost know them by any text")
  func costs() async throws {
    let place = try Place()
    let cost = try await place.run("cost", "--model", "resnet:blocks=2/2/2/2,stem=7x7-pool", "--json")
    #expect(cost.exitCode == 0, "\(cost.errors)")
    let forms = try #require(try object(cost.output)["forms"] as? [[String: Any]])
    let parameters = (forms.first?["cost"] as? [String: Any])?["parameters"] as? Int
    #expect(parameters == 11_689_512 - 990 * 513)
    let bench = try await place.run(
      "bench", "--model", "cifar-resnet:depth=8,widths=4/4/8,width=2", "--batch", "16", "--json")
    #expect(bench.exitCode == 0, "\(bench.errors)")
  }

  @Test(
    "what makes no network is told in one line, with exit code 2",
    arguments: [
      ("resnet21", "it cannot be 'resnet21'; did you mean 'resnet20'?"),
      ("cifar-resnet:depth=21", "depth is 21, but must be 6n + 2, such as 20 or 26"),
      ("{family: cifar-resnet, depht: 20}", "'model.depht' is not known; did you mean 'depth'?"),
      ("{family: resnet, blocks: [0]}", "'model.blocks' has '0' in it, but only whole numbers from 1 to 100 are"),
      ("{family: resnet", "not readable as YAML"),
      ("resnet:blocks=1/1/1/1/1,stem=7x7-pool", "needs images of 64×64 or larger"),
    ])
  func refused(model: String, reason: String) async throws {
    let place = try Place()
    let result = try await place.run(
      "train", "--model", model, "--data", "shapes10", "--epochs", "1", "--train-images", "32")
    #expect(result.exitCode == 2, "\(result.output) \(result.errors)")
    #expect(result.errors.contains(reason), "\(result.errors)")
  }
}
