import Foundation
import ShellCommands
import Testing

@Suite("trainings that are interrupted", .serialized)
struct InterruptedTrainingTests {
  private let settings = [
    "train", "--model", "resnet8", "--candidate", "layer2.0.conv1=8", "--data", "shapes10", "--train-images", "512",
    "--test-images", "64", "--batch", "16", "--learning-rate", "0.05", "--seed", "5",
  ]

  /// Returns the results that are not times.
  private func essence(_ object: [String: Any]) -> [String] {
    ["test_accuracy", "test_loss", "epoch_losses", "candidate", "seed", "parameters"].map { "\(object[$0] ?? "none")" }
  }

  /// Runs the shell command `command`, and sends it a signal once its standard error contains `sign`. The shell watches
  /// for the sign: this process may be too busy with other tests to react in time.
  private func interrupt(
    _ command: String, with signal: String, after sign: String = "epoch 1/", in place: Place
  ) async throws -> RunningCommand.Result {
    try await place.shell(
      """
      : > told
      \(command) 2> told & training=$!
      until grep -q '\(sign)' told || ! kill -0 $training; do sleep 0.02; done
      kill -\(signal) $training
      wait $training; code=$?
      cat told >&2
      exit $code
      """)
  }

  private func interrupt(
    _ arguments: [String], with signal: String, after sign: String = "epoch 1/", in place: Place
  ) async throws -> RunningCommand.Result {
    let words = (["layersearch"] + arguments).map(ShellCommand.quoted)
    return try await interrupt(words.joined(separator: " "), with: signal, after: sign, in: place)
  }

  /// Returns the command that continues the training, according to the message.
  private func advice(_ result: RunningCommand.Result) throws -> String {
    let line = try #require(result.errors.split(separator: "\n").last)
    #expect(line.hasPrefix("layersearch: error: stopped after step "), "\(result.errors)")
    return try #require(line.components(separatedBy: "continue with: ").last)
  }

  @Test("SIGTERM and Ctrl-C keep it, and the command that is told goes on to the same bits")
  func goesOn() async throws {
    let place = try Place()
    let whole = try await RunningCommand(
      settings + ["--epochs", "24", "--checkpoint", "whole.ckpt", "--json", "--quiet"], in: place
    ).end()
    #expect(whole.exitCode == 0, "\(whole.errors)")
    // A name that a shell would split.
    let first = try await interrupt(
      settings + ["--epochs", "24", "--checkpoint", "a net.ckpt", "--json"], with: "TERM", in: place)
    #expect(first.exitCode == 1 && first.output.isEmpty)
    let command = try advice(first)
    #expect(command.contains("'a net.ckpt'"), "\(command)")
    let second = try await interrupt("\(command) --json", with: "INT", after: "epoch ", in: place)
    #expect(second.exitCode == 1 && second.output.isEmpty, "\(second.errors)")
    let last = try await place.shell("\(try advice(second)) --json --quiet")
    #expect(last.exitCode == 0, "\(last.errors)")
    #expect(essence(try object(last.output)) == essence(try object(whole.output)))
    let networks = try ["whole.ckpt", "a net.ckpt"].map { try Data(contentsOf: URL(fileURLWithPath: place.path($0))) }
    #expect(networks[0] == networks[1])
    let again = try await place.run("train", "--resume-from", "a net.ckpt")
    #expect(again.exitCode == 1 && isOneLine(again.errors) && again.errors.contains("finished"), "\(again.errors)")
  }

  @Test("a signal that comes twice at once, as timeout sends it, is one")
  func twice() async throws {
    let place = try Place()
    let words = (["layersearch"] + settings + ["--epochs", "400"]).map(ShellCommand.quoted).joined(separator: " ")
    let result = try await place.shell(
      """
      : > told
      \(words) 2> told & training=$!
      until grep -q 'epoch 1/' told || ! kill -0 $training; do sleep 0.02; done
      kill -TERM $training; sleep 0.005; kill -TERM $training
      wait $training; code=$?
      cat told >&2
      exit $code
      """)
    #expect(result.exitCode == 1)
    _ = try advice(result)
  }

  @Test("without --checkpoint it is kept in the current folder, or beside its study")
  func unasked() async throws {
    let place = try Place()
    try place.writeStudy()
    #expect(try await place.run("run", "study.yaml", "--quiet", "--slots", "1").exitCode == 0)
    for (arguments, folder) in [
      (settings, place.folder.path),
      (["train", "--from-study", "studies/tiny", "--candidate", "1", "--train-images", "512"], place.path("studies")),
    ] {
      let result = try await interrupt(arguments + ["--epochs", "400"], with: "TERM", in: place)
      #expect(result.exitCode == 1)
      let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".ckpt") }
      #expect(files.count == 1, "\(files)")
      #expect(try advice(result).contains(files.first ?? "none"))
    }
  }

  @Test("a crash costs no more than --checkpoint-every epochs")
  func everyEpochs() async throws {
    let place = try Place()
    let whole = try object(
      try await RunningCommand(settings + ["--epochs", "6", "--json", "--quiet"], in: place).end().output)
    let crashing = try RunningCommand(
      settings + ["--epochs", "6", "--checkpoint", "net.ckpt", "--checkpoint-every", "1"], in: place)
    try await crashing.wait(for: "a checkpoint") { place.exists("net.ckpt") || !crashing.isRunning }
    crashing.send(SIGKILL)
    _ = try await crashing.end()
    let resumed = try await place.run("train", "--resume-from", "net.ckpt", "--json")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(essence(try object(resumed.output)) == essence(whole))
  }

  @Test("another training, other images, a damaged or cut file and a network without state are refused in a line")
  func refusals() async throws {
    let place = try Place()
    let arguments = settings + ["--epochs", "400", "--checkpoint", "net.ckpt"]
    let result = try await interrupt(arguments, with: "INT", in: place)
    #expect(result.exitCode == 1)
    for (option, value) in [
      ("--learning-rate", "0.1"), ("--model", "resnet20"), ("--candidate", "dense"), ("--epochs", "3"),
      ("--train-images", "256"), ("--test-images", "65"), ("--seed", "6"), ("--variant", "full"), ("--batch", "32"),
      ("--schedule", "step"), ("--seeds", "2"),
    ] {
      let result = try await place.run("train", "--resume-from", "net.ckpt", option, value)
      #expect(result.exitCode == 2 && isOneLine(result.errors), "\(result.errors)")
      #expect(result.errors.contains(option), "\(result.errors)")
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: place.path("net.ckpt")))
    var flipped = bytes
    flipped[bytes.count / 2] ^= 1
    for damaged in [flipped, bytes.prefix(bytes.count / 2), Data()] {
      try damaged.write(to: URL(fileURLWithPath: place.path("damaged.ckpt")))
      let result = try await place.run("train", "--resume-from", "damaged.ckpt")
      #expect(result.exitCode == 1 && isOneLine(result.errors), "\(result.errors)")
    }
  }

  @Test("several seeds are told one by one, with mean and deviation, and have a file each")
  func seeds() async throws {
    let place = try Place()
    let arguments = settings + ["--epochs", "2", "--seeds", "3", "--checkpoint", "net.ckpt", "--quiet"]
    let result = try await RunningCommand(arguments + ["--json"], in: place).end()
    #expect(result.exitCode == 0, "\(result.errors)")
    let summary = try object(result.output)
    let seeds = try #require(summary["seeds"] as? [[String: Any]])
    #expect(seeds.compactMap { $0["seed"] as? Int } == [5, 6, 7])
    let accuracies = seeds.compactMap { $0["test_accuracy"] as? Double }
    let mean = accuracies.reduce(0, +) / 3
    #expect(abs((summary["test_accuracy_mean"] as? Double ?? -1) - mean) < 1e-12)
    let variance = accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2
    #expect(abs((summary["test_accuracy_sd"] as? Double ?? -1) - variance.squareRoot()) < 1e-12)
    #expect(summary["diverged_seeds"] as? Int == 0)
    for seed in 5...7 { #expect(place.exists("net-seed\(seed).ckpt")) }
    #expect(!place.exists("net.ckpt"))
    let text = try await RunningCommand(settings + ["--epochs", "2", "--seeds", "3", "--quiet"], in: place).end().output
    #expect(text.contains("seed 5: ") && text.contains("seed 7: ") && text.contains("mean of 3 seeds"))
  }

  @Test("an interrupted series of seeds goes on with those that are left, and tells all")
  func interruptedSeeds() async throws {
    let place = try Place()
    let arguments = settings + ["--epochs", "3", "--seeds", "3"]
    let whole = try object(try await RunningCommand(arguments + ["--json", "--quiet"], in: place).end().output)
    let result = try await interrupt(arguments, with: "TERM", after: "seed 6", in: place)
    #expect(result.exitCode == 1, "\(result.errors)")
    let resumed = try await place.shell("\(try advice(result)) --json --quiet")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    let summary = try object(resumed.output)
    let seeds = [whole, summary].map { ($0["seeds"] as? [[String: Any]])?.map(essence) }
    #expect(seeds[0] == seeds[1] && seeds[0]?.count == 3)
    #expect(summary["test_accuracy_mean"] as? Double == whole["test_accuracy_mean"] as? Double)
  }
}
