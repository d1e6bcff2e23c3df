import Foundation
import Testing

@Suite("replay")
struct ReplayCommandTests {
  private static let configuration = """
    study: table
    model: resnet8
    data: {set: shapes10, train_images: 64, validation_images: 64}
    space: {rank_fractions: [0.25], include: ["layer1.0.*"]}
    proxy: {epochs: 1, batch: 16}
    strategy: {name: exhaustive, seeds: 3}
    budget: {jobs: 12}

    """
  private static let header = "candidate,replicate,seed,accuracy,loss,diverged,train_seconds"
  private static let candidates = [
    ("dense", 0.44), ("layer1.0.conv1=4", 0.43), ("layer1.0.conv2=4", 0.41),
    ("\"layer1.0.conv1=4,layer1.0.conv2=4\"", 0.40),
  ]

  /// Four candidates with three trainings each.
  private static let rows = candidates.flatMap { candidate, accuracy in
    (0..<3).map { "\(candidate),\($0),\(100 + $0),\(accuracy + Double($0) / 1000),1.5,false,9.5" }
  }

  private func place(_ rows: [String] = rows, header: String = header) throws -> Place {
    let place = try Place()
    try place.write(Self.configuration, to: "table.yaml")
    try place.write(([header] + rows).joined(separator: "\n") + "\n", to: "table.csv")
    return place
  }

  @Test("a table for people; one JSON object; tables and pictures; the same for the same seed")
  func replay() async throws {
    let place = try place()
    let arguments = [
      "replay", "table.csv", "--config", "table.yaml", "--jobs", "4", "--replays", "3", "--strategies",
      "random,surrogate", "--output", "out",
    ]
    let shown = try await RunningCommand(arguments, in: place).end()
    #expect(shown.exitCode == 0, "\(shown.errors)")
    for name in ["no training: ", "raw means, k = 1", "model of all trainings", "random", "surrogate"] {
      #expect(shown.output.contains("\n\(name)"), "\(name)")
    }
    for file in ["summary.csv", "replays.csv", "accuracy-by-trainings.svg", "accuracy-by-hours.svg"] {
      #expect(place.exists("out/\(file)") && shown.errors.contains("wrote out/\(file)\n"))
    }
    let again = try await RunningCommand(arguments + ["--threads", "1"], in: place).end()
    #expect(again.output == shown.output)
    let other = try await RunningCommand(arguments + ["--seed", "2"], in: place).end()
    #expect(other.output != shown.output)
    let machine = try await RunningCommand(arguments + ["--json"], in: place).end()
    let rows = try #require(try object(machine.output)["rows"] as? [[String: Any]])
    #expect(rows.compactMap { $0["name"] as? String }.suffix(2) == ["random", "surrogate"])
    #expect((rows.last?["replays"] as? [[String: Any]])?.count == 3)
    let raw = try await RunningCommand(arguments + ["--json", "--raw"], in: place).end()
    #expect(try object(raw.output)["naming"] as? String == "raw_means")
  }

  @Test("trainings from a checkpoint, which is not needed, with a rung that is no training")
  func trainedStart() async throws {
    let place = try place()
    let started =
      Self.configuration.replacing(
        "proxy: {epochs: 1, batch: 16}", with: "proxy: {epochs: 1, batch: 16}\nstart: {from: checkpoint, checkpoint: x}"
      ).replacing("{name: exhaustive, seeds: 3}", with: "{name: random, halving: {rungs: [0, 1]}}")
    try place.write(started, to: "halved.yaml")
    try place.write(
      ([Self.header] + Self.candidates.map { "\($0),0,100,\($1 - 0.1),1.5,false,0" }).joined(separator: "\n") + "\n",
      to: "converted.csv")
    let arguments = ["replay", "table.csv", "--config", "halved.yaml", "--jobs", "6", "--replays", "2", "--json"]
    func names(_ more: String...) async throws -> [String] {
      let result = try await RunningCommand(arguments + ["--strategies", "random"] + more, in: place).end()
      #expect(result.exitCode == 0, "\(result.errors)")
      let rows = try #require(try object(result.output)["rows"] as? [[String: Any]])
      return rows.compactMap { $0["name"] as? String }.suffix(2)
    }
    #expect(try await names("--rung", "0=converted.csv") == ["random", "random, halving"])
    let without = try await RunningCommand(arguments + ["--strategies", "random"], in: place).end()
    #expect(without.exitCode != 0 && without.errors.contains("give the rung a table with --rung"), "\(without.errors)")
    let other = try await RunningCommand(arguments + ["--rung", "0.5=converted.csv"], in: place).end()
    #expect(other.exitCode == 2 && other.errors.contains("strategy.halving has the rungs 0, 1"), "\(other.errors)")
  }

  @Test("what a replay serves, and trainings that were chosen from it elsewhere")
  func sequence() async throws {
    let place = try place()
    let served = try await place.run(
      "replay", "table.csv", "--config", "table.yaml", "--replays", "11", "--write-served", "served")
    #expect(served.exitCode == 0 && served.output.isEmpty, "\(served.errors)")
    let table = try String(contentsOfFile: place.path("served/replay-03.csv"), encoding: .utf8)
    #expect(table.split(separator: "\n").count == 1 + 4 * 2)
    #expect(table.hasPrefix("candidate,replicate,seed,accuracy,diverged,train_seconds,parameters,multiply_adds\n"))
    try place.write("dense\nlayer1.0.conv1=4\ndense\n", to: "mine.txt")
    let judged = try await place.run(
      "replay", "table.csv", "--config", "table.yaml", "--jobs", "2,3", "--sequence", "mine.txt", "--raw", "--json")
    let rows = try #require(try object(judged.output)["rows"] as? [[String: Any]])
    #expect(rows.suffix(2).allSatisfy { $0["name"] as? String == "mine" && $0["kind"] as? String == "sequence" })
    #expect(rows.last?["trainings"] as? Double == 3)
    let twice = try await place.run(
      "replay", "table.csv", "--config", "table.yaml", "--jobs", "2", "--sequence", "mine.txt", "--sequence",
      "mine.txt")
    #expect(twice.exitCode == 2 && twice.errors.contains("is already the name of another search"))
  }

  @Test(
    "a table that is none is told with file and line, exit code 2",
    arguments: [
      (rows + ["dense,0,100,0.4,1,false,9"], header, "table.csv:14: replicate 0 of dense is already in line 2"),
      (
        rows + ["dense,4,100,0.4,1,false,9"], header, "table.csv:14: this is replicate 4 of dense, but 3 is missing"
      ),
      (rows + ["layer2.0.conv1=8,0,100,0.4,1,false,9"], header, "table.csv:14: candidate 'layer2.0.conv1=8' is not in"),
      (rows + ["dense,3,100,nan,1,false,9"], header, "table.csv:14: accuracy must be a number from 0 to 1, not 'nan'"),
      (rows + ["dense,3,100,0.4"], header, "table.csv:14: the line has 4 fields instead of 7; is it cut off?"),
      (rows, "candidate,replicate,seed,accuracy,loss,train_seconds", "table.csv:1: column 'diverged' is missing"),
    ])
  func tables(rows: [String], header: String, message: String) async throws {
    let place = try place(rows, header: header)
    let result = try await place.run("replay", "table.csv", "--config", "table.yaml", "--jobs", "4", "--output", "out")
    #expect(result.exitCode == 2 && isOneLine(result.errors), "\(result.errors)")
    #expect(result.errors.hasPrefix("layersearch: error: \(message)"), "\(result.errors)")
    #expect(result.output.isEmpty && !place.exists("out"))
  }

  @Test("a table that is not there, too large, or has not what is asked for")
  func wrongTables() async throws {
    let place = try place()
    func errors(_ arguments: String...) async throws -> String {
      let result = try await RunningCommand(["replay"] + arguments + ["--config", "table.yaml"], in: place).end()
      #expect(result.exitCode == 2 && isOneLine(result.errors) && result.output.isEmpty, "\(result.errors)")
      return result.errors
    }
    #expect(try await errors("nowhere.csv", "--jobs", "4").contains("nowhere.csv: No such file"))
    #expect(FileManager.default.createFile(atPath: place.path("large.csv"), contents: nil))
    let large = try FileHandle(forWritingTo: place.folder.appendingPathComponent("large.csv"))
    try large.truncate(atOffset: 64_000_001)
    #expect(try await errors("large.csv", "--jobs", "4").contains("large.csv: the table is larger than 64 MB"))
    let exhausted = try await errors("table.csv", "--jobs", "9", "--seeds", "3", "--strategies", "random")
    #expect(exhausted.contains("more trainings of dense are requested than the table has to serve (2); request fewer"))
    try place.write("dense\nlayer3.0.conv1=2\n", to: "other.txt")
    #expect(
      try await errors("table.csv", "--jobs", "2", "--sequence", "other.txt")
        .contains("other.txt:2: candidate 'layer3.0.conv1=2' is not in the configuration's space"))
    try FileManager.default.createDirectory(atPath: place.path("few"), withIntermediateDirectories: true)
    #expect(
      try await errors("table.csv", "--jobs", "2", "--sequence", "few").contains("has 0 sequences for 20 replays"))
  }

  @Test(
    "wrong usage is one line with what is allowed",
    arguments: [
      (["--replays", "0", "--jobs", "4"], "a whole number from 1 to 10000"),
      (["--jobs", "4,x"], "'x' must be a whole number from 1 to 1000000"), (["--jobs", "0"], "'0' must be"),
      ([], "--jobs is missing"), (["--jobs", "4", "--strategies", "surogate"], "did you mean 'surrogate'?"),
      (["--jobs", "4", "--strategies", "random,random"], "'random' is named twice"),
      (["--jobs", "4", "--durations", "none"], "recorded"), (["--jobs", "4", "--slots", "0"], "--slots"),
      (["--jobs", "4", "--judging", "0"], "--judging"), (["--write-served", "x", "--raw"], "leave out"),
      (["--jobs", "4", "--rung", "table.csv"], "'table.csv' is invalid; expected a share of the epochs below 1"),
      (["--jobs", "4", "--rung", "1=table.csv"], "expected a share of the epochs below 1"),
      (["--jobs", "4", "--rung", "0=table.csv"], "the configuration has no rungs; add strategy.halving to it"),
    ])
  func usage(arguments: [String], said: String) async throws {
    let place = try place()
    let result = try await RunningCommand(
      ["replay", "table.csv", "--config", "table.yaml"] + arguments, in: place
    ).end()
    #expect(result.exitCode == 2 && isOneLine(result.errors) && result.output.isEmpty, "\(result.errors)")
    #expect(result.errors.contains(said), "\(result.errors)")
  }
}
