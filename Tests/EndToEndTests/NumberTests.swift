import Foundation
import Testing

@Suite("numbers and names on the command line", .serialized)
struct NumberTests {
  private static let train = ["train", "--model", "resnet8", "--data", "shapes10", "--epochs", "1"]

  @Test(
    "a number that cannot be is told with what is allowed",
    arguments: [
      (["worker", "--connect", "tcp://127.0.0.1:1", "--slots"], "from 1 to 4096"),
      (["run", "study.yaml", "--slots"], "from 1 to 4096"), (["bench", "--batch"], "from 1 to 4096"),
      (["keygen", "keys", "--workers"], "from 1 to 10000"), (["simulate", "--workers"], "from 1 to 1000000"),
      (["simulate", "--threads"], "from 1 to 64"), (["simulate", "--restart-after"], "from 0 to 86400"),
      (train + ["--seed"], "from 0 to 18446744073709551615"), (train + ["--seeds"], "from 1 to 1000"),
      (train + ["--train-images"], "from 1 to 1000000"), (train + ["--epochs"], "from 1 to 1000"),
      (train + ["--checkpoint-every"], "from 1 to 1000"), (train + ["--momentum"], "less than 1"),
      (train + ["--learning-rate"], "at most 100"), (train + ["--weight-decay"], "from 0 to 1"),
      (["bench", "--rank-fraction"], "between 0 and 1"), (["bench", "--rank"], "from 1 to 4096"),
      (["cost", "--model", "resnet8", "--batch"], "from 1 to 4096"),
      (["run", "study.yaml", "--memory-per-job"], "such as 800MB, 4GB"),
      (["run", "study.yaml", "--time-per-job"], "such as 90s, 30min"),
      (["worker", "--connect", "tcp://127.0.0.1:1", "--longest-silence"], "such as 90s, 30min"),
      (["worker", "--connect", "tcp://127.0.0.1:1", "--grace"], "such as 90s, 30min"),
      (["coordinator", "study.yaml", "--stalled-after"], "such as 90s, 30min"),
    ])
  func numbers(arguments: [String], allowed: String) async throws {
    let place = try Place()
    for value in ["-1", "-99999999999999999999", "99999999999999999999", "abc", "nan", "-inf", "1e400"] {
      let result = try await RunningCommand(arguments + [value], in: place).end()
      #expect(result.exitCode == 2 && isOneLine(result.errors), "\(result.errors)")
      #expect(result.errors.contains(allowed) && result.errors.contains(value), "\(value): \(result.errors)")
    }
    let empty = try await RunningCommand(arguments + [""], in: place).end()
    #expect(empty.exitCode == 2 && isOneLine(empty.errors), "\(empty.errors)")
  }

  @Test(
    "train refuses what a configuration refuses",
    arguments: [
      ["--momentum", "5"], ["--learning-rate", "1000"], ["--learning-rate", "nan"], ["--learning-rate", "0"],
      ["--weight-decay", "2"], ["--batch", "5000"], ["--train-images", "200000000"], ["--test-images", "200000"],
      ["--train-images", "8", "--batch", "9"], ["--epochs", "1001"],
      ["--seed", "18446744073709551615", "--seeds", "2"],
    ])
  func limits(options: [String]) async throws {
    let place = try Place()
    let result = try await RunningCommand(Self.train + options, in: place).end()
    #expect(result.exitCode == 2 && isOneLine(result.errors) && result.output.isEmpty, "\(result.errors)")
  }

  @Test("numbers that are legal alone and beyond all memory together are refused")
  func together() async throws {
    let place = try Place()
    let slots = try await place.run("simulate", "--virtual", "--workers", "1000000", "--slots", "4096")
    #expect(slots.exitCode == 2 && slots.errors.contains("10000000 slots in total"), "\(slots.errors)")
    let ranks = (1...65).map { "\(Double($0) / 100)" }.joined(separator: ", ")
    try place.write(
      "model: resnet18\ndata: {set: shapes10}\nspace: {rank_fractions: [\(ranks)]}\n", to: "study.yaml")
    let plan = try await place.run("plan", "study.yaml", "--images-per-second", "100")
    #expect(plan.exitCode == 2 && plan.errors.contains("65 ranks in 1 variants are too many"), "\(plan.errors)")
  }

  @Test("a mistyped command is told the nearest one")
  func commands() async throws {
    let place = try Place()
    for (arguments, meant) in [
      (["rum"], "'run'"), (["coordinater", "x.yaml"], "'coordinator'"), (["data", "fetsh"], "'fetch'"),
      (["help", "statsu"], "'status'"), (["xport", "--format", "csv"], "'export'"),
    ] {
      let result = try await RunningCommand(arguments, in: place).end()
      #expect(result.exitCode == 2 && isOneLine(result.errors), "\(result.errors)")
      #expect(result.errors.contains("did you mean \(meant)?"), "\(result.errors)")
    }
    let option = try await place.run("train", "--epoch", "3")
    #expect(option.errors.contains("Did you mean '--epochs'?"), "\(option.errors)")
  }

  @Test(
    "data fetch refuses what is no checksum and no address before it asks any server",
    arguments: [
      ["--md5", "xyz"], ["--md5", ""], ["--md5", String(repeating: "g", count: 32)],
      ["--md5", String(repeating: "0", count: 31)], ["--sha256", String(repeating: "0", count: 32)],
      ["--md5", String(repeating: "0", count: 32), "--sha256", String(repeating: "0", count: 64)],
      ["--address", "nonsense"], ["--address", "ftp://host/x"],
      ["--address", "http://"], ["--address", ""],
    ])
  func fetch(options: [String]) async throws {
    let place = try Place()
    let result = try await RunningCommand(["data", "fetch", "cifar10", "folder"] + options, in: place).end()
    #expect(result.exitCode == 2 && isOneLine(result.errors), "\(result.errors)")
    #expect(result.errors.contains(options[0]) && !place.exists("folder"), "\(result.errors)")
  }
}
