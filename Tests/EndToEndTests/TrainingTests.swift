import Foundation
import Testing

@Suite("train and bench", .serialized)
struct TrainingTests {
  @Test("train writes a checkpoint and prints one JSON object; the same seed gives the same numbers")
  func train() async throws {
    let place = try Place()
    func train(_ extra: String...) async throws -> RunningCommand.Result {
      try await RunningCommand(
        [
          "train", "--model", "resnet8", "--rank-fraction", "0.25", "--data", "shapes10", "--train-images", "128",
          "--test-images", "64", "--epochs", "2", "--batch", "32", "--learning-rate", "0.05", "--schedule", "cosine",
          "--momentum", "0.9",
          "--weight-decay", "1e-4", "--seed", "7", "--json",
        ] + extra, in: place
      ).end()
    }
    let first = try await train("--checkpoint", "net.ckpt")
    #expect(first.exitCode == 0, "\(first.errors)")
    let values = try object(first.output)
    #expect((values["test_accuracy"] as? Double).map { (0...1).contains($0) } == true)
    #expect((values["epoch_losses"] as? [Double])?.count == 2)
    #expect((values["images_per_second"] as? Double ?? 0) > 0)
    #expect((values["train_seconds"] as? Double ?? 0) > 0)
    #expect((values["parameters"] as? Int ?? 0) > 1000)
    #expect((values["multiply_adds"] as? Int ?? 0) > 100_000)
    #expect(place.exists("net.ckpt"))
    #expect(first.errors.contains("epoch 2/2"))
    let second = try object(try await train().output)
    #expect(values["epoch_losses"] as? [Double] == second["epoch_losses"] as? [Double])
    #expect(values["test_accuracy"] as? Double == second["test_accuracy"] as? Double)
  }

  @Test("a checkpoint that cannot be written is found before the training")
  func unwritableCheckpoint() async throws {
    let place = try Place()
    let result = try await place.run(
      "train", "--model", "resnet8", "--data", "shapes10", "--train-images", "64", "--epochs", "1", "--checkpoint",
      "no/such/folder.ckpt")
    #expect(result.exitCode == 1)
    #expect(isOneLine(result.errors))
  }

  @Test("bench prints one JSON object")
  func bench() async throws {
    let place = try Place()
    let result = try await place.run("bench", "--model", "resnet8", "--batch", "16", "--json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let values = try object(result.output)
    #expect((values["training_images_per_second"] as? Double ?? 0) > 0)
    #expect((values["inference_images_per_second"] as? Double ?? 0) > 0)
    #expect((values["peak_memory_bytes"] as? Int ?? 0) > 1_000_000)
    #expect((values["kernel_variant"] as? String)?.isEmpty == false)
  }
}
