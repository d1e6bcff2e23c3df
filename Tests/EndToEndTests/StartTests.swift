import Foundation
import Testing

@Suite("studies from a trained network", .serialized)
struct StartTests {
  private func writeStudy(
    _ place: Place, start: String = "from: dense, epochs: 2, calibration_images: 64", proxy: String = "epochs: 0.5",
    budget: Int = 14, strategy: String = "name: surrogate, round: 4"
  ) throws {
    try place.write(
      """
      study: tiny
      model: resnet8
      data: {set: shapes10, train_images: 96, validation_images: 64}
      space: {ranks: [4, 8], include: [layer1.0.conv1, layer2.0.conv2, layer3.0.conv1]}
      proxy: {\(proxy), batch: 32, learning_rate: 0.02}
      start: {\(start)}
      strategy: {\(strategy)}
      budget: {jobs: \(budget)}
      """, to: "study.yaml")
  }

  @Test(
    "the dense network is trained first, and what starts from it is the same, whatever is killed and wherever it runs")
  func kills() async throws {
    let (calm, stormy) = (try Place(), try Place())
    for place in [calm, stormy] { try writeStudy(place) }
    let undisturbed = try await calm.run("run", "study.yaml", "--slots", "2")
    #expect(undisturbed.exitCode == 0, "\(undisturbed.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: calm.path("studies/tiny")).contains("contents"))
    #expect(!FileManager.default.fileExists(atPath: calm.path("studies/tiny/cache")))
    // Each worker simulates its own machine: it does not have what the others have fetched.
    let study = KilledStudy(place: stormy) { ["--slots", "1", "--data-cache", stormy.path("cache-\($0)")] }
    let end = try await study.run(killedAt: [1, 3, 6, 9]) { $0 % 2 == 0 ? [.worker, .coordinator] : [.worker] }
    #expect(end.exitCode == 0, "\(end.errors)")
    #expect(try await untimedCSV(stormy) == untimedCSV(calm))
    let status = try await calm.run("status", "studies/tiny")
    #expect(status.output.contains("14 of 14 done"), "\(status.output)")
  }

  @Test("a checkpoint of train is the start; final trainings follow, once, and are exported")
  func checkpoint() async throws {
    let place = try Place()
    let trained = try await place.run(
      "train", "--model", "resnet8", "--data", "shapes10", "--train-images", "96", "--test-images", "64", "--batch",
      "32", "--epochs", "2", "--checkpoint", "dense.ckpt")
    #expect(trained.exitCode == 0, "\(trained.errors)")
    try writeStudy(
      place, start: "from: checkpoint, checkpoint: dense.ckpt, calibration_images: 64", proxy: "epochs: 0",
      budget: 12)
    let run = try await place.run("run", "study.yaml", "--slots", "2")
    #expect(run.exitCode == 0, "\(run.errors)")
    // The study keeps a copy, with whichever configuration it resumes.
    try FileManager.default.removeItem(atPath: place.path("dense.ckpt"))
    for configuration in ["study.yaml", "studies/tiny/configuration.yaml"] {
      let again = try await place.run("run", configuration, "--resume", "--quiet")
      #expect(again.exitCode == 0, "\(again.errors)")
    }
    let final = [
      "final", "studies/tiny", "--epochs", "1", "--seeds", "2", "--points", "2", "--slots", "2", "--train-images", "64",
    ]
    let done = try await RunningCommand(final, in: place).end()
    #expect(done.exitCode == 0 && done.output.contains("final trainings, judged by the test images"), "\(done.errors)")
    #expect(done.errors.contains(" × 2 seeds, 1 epoch on 64 images: "), "\(done.errors)")
    let again = try await RunningCommand(final + ["--json"], in: place).end()
    #expect(again.exitCode == 0 && !again.errors.contains("were added"), "\(again.errors)")
    let told = try object(again.output)
    let candidates = try #require(told["candidates"] as? [[String: Any]])
    #expect(candidates.count >= 4 && candidates[0]["candidate"] as? String == "dense")
    #expect(candidates.allSatisfy { $0["seeds"] as? Int == 2 })
    #expect(candidates.dropFirst().allSatisfy { $0["difference_low"] is Double })
    let networks = try #require(candidates.last?["networks"] as? [String])
    let scored = try await place.run(
      "evaluate", networks[1], "--data", "shapes10", "--test-images", "64", "--json")
    #expect(networks.count == 2 && scored.exitCode == 0, "\(scored.errors)")
    let named = try await RunningCommand(
      [
        "final", "studies/tiny", "--epochs", "1", "--seeds", "1", "--train-images", "64", "--learning-rate", "0.05",
        "--candidate", "layer1.0.conv1=4", "--candidate", "dense", "--json",
      ], in: place
    ).end()
    let others = try #require(try object(named.output)["candidates"] as? [[String: Any]]).filter {
      $0["learning_rate"] as? Double == 0.05
    }
    #expect(others.map { $0["candidate"] as? String } == ["dense", "layer1.0.conv1=4"], "\(named.errors)")
    // Jobs that an earlier command left are reported, and the command that the report names cancels them.
    let left = try await place.run(
      "final", "studies/tiny", "--epochs", "3", "--seeds", "1", "--train-images", "96", "--candidate", "dense",
      "--add-only")
    #expect(left.exitCode == 0, "\(left.errors)")
    let waiting = try await place.run("status", "studies/tiny").output
    let number = try #require(waiting.firstMatch(of: #/waiting  (\d+)/#)?.1)
    let other = try await RunningCommand(
      ["final", "studies/tiny", "--epochs", "2", "--seeds", "1", "--train-images", "96", "--candidate", "dense"],
      in: place, variables: ["LAYERSEARCH_FAILPOINT": "store.before-commit:2"]
    ).end()
    #expect(
      other.errors.contains("1 other job of the study waits and is trained, too: \(number); to leave")
        && other.errors.contains("with 2 at a time"), "\(other.errors)")
    let canceled = try await place.run("control", "studies/tiny", "cancel", "1-\(number)", "--json")
    #expect(try object(canceled.output)["done"] as? String == "job \(number) is canceled", "\(canceled.errors)")
    let exported = try await place.run("export", "studies/tiny", "--format", "csv", "--final")
    #expect(exported.output.split(separator: "\n").count == 1 + candidates.count + 2, "\(exported.output)")
    let salvaged = try await place.run("salvage", "studies/tiny", "--output", "saved")
    #expect(salvaged.exitCode == 0 && salvaged.output.contains("contents copied"), "\(salvaged.errors)")
    let saved = try await place.run("export", "saved", "--format", "csv", "--final")
    #expect(saved.output == exported.output.replacing("studies/tiny/", with: "saved/"))
    // The frontier and its trainings are unchanged.
    let trials = try await place.run("export", "studies/tiny", "--format", "trials")
    #expect(trials.output.split(separator: "\n").count == 1 + 11, "\(trials.output)")
  }

  @Test("a start that has seen the validation images is told in one line; train leaves them out, and goes on so")
  func leak() async throws {
    let place = try Place()
    let start = "from: checkpoint, checkpoint: dense.ckpt, calibration_images: 64"
    try writeStudy(place, start: start, proxy: "epochs: 0", budget: 4)
    func train(_ extra: [String], variables: [String: String] = [:]) async throws -> RunningCommand.Result {
      let arguments = [
        "train", "--model", "resnet8", "--data", "shapes10", "--test-images", "64", "--batch", "32", "--epochs", "2",
        "--checkpoint", "dense.ckpt", "--quiet",
      ]
      return try await RunningCommand(arguments + extra, in: place, variables: variables).end()
    }
    func plan() async throws -> String {
      let plan = try await place.run("plan", "study.yaml", "--images-per-second", "100")
      #expect(plan.exitCode == 0 && plan.errors.isEmpty, "\(plan.errors)")
      return plan.output.replacing("\n            ", with: " ")
    }
    // Trains on the first images, of which one in eight hundred is held out by the study.
    let leaking = try await train(["--train-images", "20000", "--batch", "2000", "--epochs", "1"])
    #expect(leaking.exitCode == 0, "\(leaking.errors)")
    let advice = "train it with --without-validation-of study.yaml"
    let planned = try await plan()
    #expect(planned.contains("of the study's 64 validation images") && planned.contains(advice), "\(planned)")
    let warned = try await place.run("run", "study.yaml", "--study", "leaking", "--quiet", "--slots", "1")
    #expect(warned.exitCode == 0, "\(warned.errors)")
    #expect(warned.errors.contains("warning: start.checkpoint \(place.path("dense.ckpt")): it was trained on "))
    #expect(warned.errors.split(separator: "\n").count { $0.contains("validation images") } == 1, "\(warned.errors)")
    // Leaves out the validation images of a study's folder, also when it is interrupted and resumed.
    let options = ["--train-images", "96", "--without-validation-of", "leaking", "--checkpoint-every", "1"]
    let whole = try await train(options)
    #expect(whole.exitCode == 0, "\(whole.errors)")
    let network = try Data(contentsOf: URL(fileURLWithPath: place.path("dense.ckpt")))
    let killed = try await train(options, variables: ["LAYERSEARCH_FAILPOINT": "file.before-write:2"])
    #expect(killed.wasKilled)
    let resumed = try await place.run("train", "--resume-from", "dense.ckpt", "--quiet")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.path("dense.ckpt"))) == network)
    #expect(try await !plan().contains("validation images"))
    let clean = try await place.run("run", "study.yaml", "--quiet", "--slots", "1")
    #expect(clean.exitCode == 0 && !clean.errors.contains("validation images"), "\(clean.errors)")
    // The network is scored on the images that it left out, and on those that it was trained on.
    for (split, count) in [("validation", 64), ("training", 96)] {
      let scored = try await place.run("evaluate", "dense.ckpt", "--split", split, "--json")
      #expect(try object(scored.output)["\(split)_images"] as? Int == count, "\(scored.errors)")
    }
    // Leaves out the validation images of a configuration whose checkpoint does not exist yet.
    try FileManager.default.removeItem(atPath: place.path("dense.ckpt"))
    let first = try await train(["--train-images", "96", "--without-validation-of", "study.yaml"])
    #expect(first.exitCode == 0, "\(first.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.path("dense.ckpt"))) == network)
    for (arguments, word) in [
      (["--without-validation-of", "none.yaml"], "there is no such configuration file"),
      (["--train-images", "60000", "--without-validation-of", "study.yaml"], "--train-images 60000: "),
    ] {
      let refused = try await train(arguments)
      #expect(refused.exitCode == 2 && isOneLine(refused.errors) && refused.errors.contains(word), "\(refused.errors)")
    }
  }

  @Test("what trainings cannot start from is told in one line, and leaves nothing behind")
  func refused() async throws {
    let place = try Place()
    func problem(_ start: String) async throws -> String {
      try writeStudy(place, start: start)
      let run = try await place.run("run", "study.yaml", "--slots", "1")
      #expect(run.exitCode == 2 && isOneLine(run.errors), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: place.path("studies/tiny")))
      return run.errors
    }
    #expect(
      try await problem("from: checkpoint, checkpoint: lost.ckpt").contains(
        "study.yaml:6: key 'start.checkpoint' cannot be used: "))
    for (name, arguments) in [("other", ["--model", "resnet14"]), ("basis", ["--model", "resnet8", "--rank", "4"])] {
      let trained = try await RunningCommand(
        [
          "train", "--data", "shapes10", "--train-images", "32", "--test-images", "32", "--batch", "32", "--epochs",
          "1",
        ]
          + arguments + ["--checkpoint", "\(name).ckpt"], in: place
      ).end()
      #expect(trained.exitCode == 0, "\(trained.errors)")
    }
    #expect(
      try await problem("from: checkpoint, checkpoint: other.ckpt").contains(
        "it is a resnet14, but a resnet8 is required; choose another one"))
    #expect(
      try await problem("from: checkpoint, checkpoint: basis.ckpt").contains(
        "is decomposed; choose a dense network"))
    try Data().write(to: URL(fileURLWithPath: place.path("large.ckpt")))
    #expect(truncate(place.path("large.ckpt"), (256 << 20) + 1) == 0)
    #expect(try await problem("from: checkpoint, checkpoint: large.ckpt").contains("start.checkpoint"))
    let whole = try Data(contentsOf: URL(fileURLWithPath: place.path("other.ckpt")))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: place.path("cut.ckpt")))
    #expect(try await problem("from: checkpoint, checkpoint: cut.ckpt").contains("start.checkpoint"))
    let none = try await place.run("final", "studies/none")
    #expect(none.exitCode != 0 && isOneLine(none.errors), "\(none.errors)")
    let points = try await place.run("final", "studies/none", "--points", "0")
    #expect(points.exitCode == 2, "\(points.errors)")
    let both = try await place.run("final", "studies/none", "--points", "1", "--candidate", "dense")
    #expect(both.exitCode == 2 && both.errors.contains("leave one of them out"), "\(both.errors)")
  }
}
