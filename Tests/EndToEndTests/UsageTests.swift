import Foundation
import Testing

@Suite("usage and bad input", .serialized)
struct UsageTests {
  @Test(
    "wrong usage is one line on standard error and exit code 2",
    arguments: [
      ["frobnicate"], ["run"], ["run", "--frobnicate", "x"], ["worker"], ["worker", "--connect", "nonsense"],
      ["worker", "--connect", "tcp://127.0.0.1:99999"], ["worker", "--connect", "tcp://127.0.0.1:1", "--slots", "0"],
      ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1"],
      ["coordinator", "study.yaml", "--bind", "tcp://0.0.0.0:5555"],
      ["coordinator", "study.yaml", "--bind", "tcp://*:0"],
      ["export", "somewhere", "--format", "docx"], ["solve"], ["solve", "x", "--max-parameters", "0"],
      ["train", "--model", "resnet21"], ["train", "--model", "resnet8"],
      ["train", "--model", "resnet8", "--data", "shapes10", "--epochs", "0"],
      ["train", "--model", "resnet8", "--data", "shapes10", "--epochs", "1", "--candidate", "layer1.0.conv9=4"],
      ["train", "--model", "resnet8", "--data", "shapes10", "--epochs", "1", "--candidate", "layer1.0.conv1=16"],
      ["train", "--model", "resnet8", "--candidate", "dense", "--rank-fraction", "0.5", "--data", "shapes10"],
      ["train", "--model", "resnet8", "--data", "shapes10", "--epochs", "1", "--skip-basis", "0"],
      ["train", "--model", "resnet8", "--data", "shapes10", "--epochs", "1", "--skip-basis", "79"],
      ["bench", "--model", "resnet8", "--skip-basis", "2", "--skip-coefficients", "2"],
      ["bench", "--model", "resnet8", "--rank-fraction", "1.5"], ["bench", "--model", "resnet8", "--rank", "64"],
      ["bench"], ["cost"], ["cost", "--model", "resnet8", "--batch", "0"],
      ["cost", "--model", "resnet8", "--candidate", "layer1.0.conv1=16"],
      ["cost", "--model", "resnet8", "--candidate", "layer9.0.conv1=4"],
      ["cost", "--model", "resnet8", "--rank", "64"],
      ["cost", "--model", "resnet8", "--rank-fraction", "0.999"], ["cost", "--model", "resnet8", "--variant", "half"],
      ["cost", "--model", "resnet8", "--json", "--format", "csv"],
      ["import", "x.safetensors", "--model", "resnet8"],
      ["import", "x.safetensors", "--model", "resnet8", "--checkpoint", "net.ckpt", "--mean", "0.1,0.2,0.3"],
      [
        "import", "x.safetensors", "--model", "resnet8", "--checkpoint", "net.ckpt", "--mean", "0.1,0.2", "--std",
        "1,1,1",
      ],
      ["import", "x.safetensors", "--model", "resnet8", "--checkpoint", "net.ckpt", "--names", "none.yaml"],
      ["export-model", "net.ckpt"], ["export-model", "net.ckpt", "--format", "pickle"],
      ["export-model", "net.ckpt", "--format", "safetensors", "--fold-batch-norm"],
      ["status", "x", "--verbose", "--frobnicate"],
    ])
  func wrongUsage(arguments: [String]) async throws {
    let place = try Place()
    try place.writeStudy()
    let result = try await RunningCommand(arguments, in: place).end()
    #expect(result.exitCode == 2)
    #expect(isOneLine(result.errors), "\(result.errors)")
    #expect(result.errors.hasPrefix("layersearch: error: "))
    #expect(result.output.isEmpty)
    #expect(!place.exists("studies"))
  }

  @Test(
    "an empty value, as of a variable without one, is refused with the option's name, and means no folder",
    arguments: [
      (["run", "study.yaml", "--study", ""], "--study"), (["run", "study.yaml", "--study="], "--study"),
      (["coordinator", "study.yaml", "--keys", ""], "--keys"), (["coordinator", "", "--resume"], "'coordinator'"),
      (["status", ""], "'status'"), (["export", "", "--format", "csv"], "'export'"),
      (["worker", "--connect", "tcp://127.0.0.1:1", "--data", ""], "--data"),
      (["worker", "--connect", "tcp://127.0.0.1:1", "--data-cache="], "--data-cache"),
      (["worker", "--connect", "tcp://127.0.0.1:1", "--spool", ""], "--spool"),
      (["train", "--model", "resnet8", "--data", "", "--epochs", "1"], "--data"),
      (["train", "--resume-from", ""], "--resume-from"), (["train", "--model", "resnet8", "--seed="], "--seed"),
      (["bench", "--model="], "--model"), (["doctor", "--data", ""], "--data"), (["data", "verify", ""], "'verify'"),
      (["salvage", "x", "--output="], "--output"), (["run", "study.yaml", "--resume="], "--resume"),
    ])
  func emptyValues(arguments: [String], named: String) async throws {
    let place = try Place()
    try place.writeStudy()
    let result = try await RunningCommand(arguments, in: place).end(within: 60)
    #expect(result.exitCode == 2 && isOneLine(result.errors), "\(result.errors)")
    #expect(result.errors.contains("empty") && result.errors.contains(named), "\(result.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: place.folder.path)
    #expect(!names.contains { ["studies", "study.sqlite", "lock"].contains($0) }, "\(names)")
  }

  @Test(
    "a wrong configuration names file, line and key, and nothing is started",
    arguments: [
      ("epochs: 1", "epochz: 1", "epochs"), ("model: resnet8", "model: resnet21", "resnet20"),
      ("train_images: 64", "train_images: many", "train_images"), ("[0.25]", "[1.5]", "rank_fractions"),
      ("name: exhaustive", "name: exhaustiv", "exhaustive"),
    ])
  func wrongConfiguration(right: String, wrong: String, named: String) async throws {
    let place = try Place()
    try place.writeStudy()
    let text = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8)
    try place.write(text.replacingOccurrences(of: right, with: wrong), to: "study.yaml")
    for command in ["run", "coordinator"] {
      let result = try await place.run(command, "study.yaml")
      #expect(result.exitCode == 2)
      #expect(isOneLine(result.errors), "\(result.errors)")
      #expect(result.errors.contains("study.yaml:"))
      #expect(result.errors.contains(named), "\(result.errors)")
      #expect(!place.exists("studies"))
    }
  }

  @Test("a configuration that is not there is one line and exit code 2")
  func missingConfiguration() async throws {
    let place = try Place()
    let result = try await place.run("run", "nowhere.yaml")
    #expect(result.exitCode == 2)
    #expect(isOneLine(result.errors))
    #expect(result.errors.contains("nowhere.yaml"))
  }

  @Test("a study's folder or database in the place of its configuration is told what it is")
  func studyAsConfiguration() async throws {
    let place = try Place()
    try place.writeStudy()
    #expect(try await place.run("run", "study.yaml", "--quiet").exitCode == 0)
    let folder = try await place.run("run", "studies/tiny", "--resume")
    #expect(
      folder.exitCode == 2 && folder.errors.contains("such as studies/tiny/configuration.yaml"), "\(folder.errors)")
    let database = try await place.run("run", "studies/tiny/study.sqlite")
    #expect(database.exitCode == 2 && database.errors.contains("this is not a text file"), "\(database.errors)")
  }

  @Test("missing data is one line that says how to get it, and nothing is made")
  func missingData() async throws {
    let place = try Place()
    try place.writeStudy()
    let text = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8)
    let cifar = text.replacingOccurrences(of: "set: shapes10", with: "set: cifar10\n  path: nowhere")
    try place.write(cifar, to: "study.yaml")
    let result = try await place.run("run", "study.yaml")
    #expect(result.exitCode == 1)
    #expect(isOneLine(result.errors))
    #expect(result.errors.contains("data fetch cifar10"))
    #expect(!place.exists("studies"))
  }

  @Test("a truncated data file is named with its size")
  func truncatedData() async throws {
    let place = try Place()
    try FileManager.default.createDirectory(atPath: place.path("data"), withIntermediateDirectories: true)
    try place.write("short", to: "data/data_batch_1.bin")
    let result = try await place.run("data", "verify", "data", "--json")
    #expect(result.exitCode == 1)
    #expect(isOneLine(result.errors))
    #expect(result.errors.contains("data_batch_1.bin: truncated, 5 bytes"))
    #expect(result.output.isEmpty)
  }

  @Test("a folder without a study is one line and exit code 1", arguments: ["status", "export"])
  func noStudy(command: String) async throws {
    let place = try Place()
    let arguments = [command, place.folder.path] + (command == "export" ? ["--format", "csv"] : [])
    let result = try await RunningCommand(arguments, in: place).end()
    #expect(result.exitCode == 1)
    #expect(isOneLine(result.errors))
  }

  @Test("every command has help with an example, and the version is told")
  func help() async throws {
    let place = try Place()
    let commands = [
      "run", "coordinator", "worker", "status", "export", "solve", "train", "evaluate", "bench", "keygen", "data",
      "doctor",
    ]
    for command in commands.map({ [$0] }) + [["data", "fetch"], ["data", "verify"], ["data", "info"]] {
      let result = try await RunningCommand(command + ["--help"], in: place).end()
      #expect(result.exitCode == 0)
      #expect(result.output.contains("layersearch \(command.joined(separator: " ")) "), "\(command)")
      #expect(result.output.contains("Example"), "\(command)")
    }
    let help = try await place.run("--help")
    #expect(help.output.contains("--generate-completion-script"))
    #expect(!help.output.contains("  engine  "))
    let version = try await place.run("--version")
    #expect(version.output.prefixMatch(of: /layersearch [0-9]+\.[0-9]+\.[0-9]+\ncommit/) != nil, "\(version.output)")
    let completions = try await place.run("--generate-completion-script", "bash")
    #expect(completions.exitCode == 0)
    #expect(completions.output.contains("coordinator"))
  }

  @Test("doctor and data verify print one JSON object")
  func examination() async throws {
    let place = try Place()
    let doctor = try await place.run("doctor", "--json")
    #expect(doctor.exitCode == 0)
    let findings = try object(doctor.output)
    #expect(findings["kernel_variant"] is String)
    #expect(findings["zeromq_version"] is String)
    let data = try object(try await place.run("data", "verify", "shapes10", "--json").output)
    #expect(data["set"] as? String == "shapes10")
  }
}
