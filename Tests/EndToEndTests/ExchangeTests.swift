import Foundation
import Testing

@Suite("import and export-model", .serialized)
struct ExchangeTests {
  private let place: Place
  init() throws { place = try Place() }

  private func train() async throws {
    let result = try await place.run(
      "train", "--model", "resnet8", "--data", "shapes10", "--train-images", "64", "--test-images", "50", "--epochs",
      "1", "--batch", "32", "--candidate", "layer1.0.conv1=4,layer2.0.conv2=8", "--checkpoint", "net.ckpt", "--quiet")
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  private func evaluated(_ file: String) async throws -> [String: Any] {
    let result = try await place.run("evaluate", file, "--data", "shapes10", "--test-images", "100", "--json")
    #expect(result.exitCode == 0, "\(result.errors)")
    return try object(result.output)
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOf: place.folder.appendingPathComponent(name), encoding: .utf8)
  }

  @Test("a network that left as dense filters and came back says what it said")
  func roundTrip() async throws {
    try await train()
    let exported = try await place.run(
      "export-model", "net.ckpt", "--format", "safetensors", "--merge", "--output", "dense.safetensors")
    #expect(exported.exitCode == 0 && exported.output.isEmpty, "\(exported.errors)")
    for name in ["dense.safetensors", "dense.py", "dense.safetensors.json", "dense.safetensors.md"] {
      #expect(exported.errors.contains("wrote \(name)\n"), "\(exported.errors)")
      #expect(place.exists(name))
    }
    let card = try object(try text("dense.safetensors.json"))
    #expect(card["candidate"] as? String == "layer1.0.conv1=4,layer2.0.conv2=8" && card["merged"] as? Bool == true)
    #expect((card["data_hash"] as? String)?.isEmpty == false)
    let imported = try await place.run(
      "import", "dense.safetensors", "--model", "resnet8", "--mean", "0.382,0.382,0.382", "--std", "0.2,0.2,0.2",
      "--checkpoint", "dense.ckpt")
    #expect(imported.exitCode == 0 && imported.errors.isEmpty, "\(imported.errors)")
    #expect(imported.output.contains("resnet8, 10 classes, 75290 parameters"), "\(imported.output)")
    let onto = try await place.run(
      "import", "dense.safetensors", "--model", "resnet8", "--checkpoint", "dense.safetensors")
    #expect(onto.exitCode == 2 && onto.errors.contains("as the input dense.safetensors"), "\(onto.errors)")
    try await importsUnderOtherNames()
    let (before, after) = (try await evaluated("net.ckpt"), try await evaluated("dense.ckpt"))
    let losses = [before, after].compactMap { $0["test_loss"] as? Double }
    try #require(losses.count == 2)
    #expect(abs(losses[0] - losses[1]) < 1e-4)
    #expect(after["candidate"] as? String == "dense")
  }

  /// Imports a file whose first convolution has a name that only a map explains.
  private func importsUnderOtherNames() async throws {
    let file = place.folder.appendingPathComponent("dense.safetensors")
    var bytes = try Data(contentsOf: file)
    let name = try #require(bytes.range(of: Data("\"conv1.weight\"".utf8)))
    bytes.replaceSubrange(name, with: Data("\"first.weight\"".utf8))
    try bytes.write(to: place.folder.appendingPathComponent("renamed.safetensors"))
    try place.write("conv1: first\n", to: "map.yaml")
    let arguments = ["import", "renamed.safetensors", "--model", "resnet8", "--checkpoint", "renamed.ckpt"]
    let unknown = try await RunningCommand(arguments, in: place).end()
    #expect(unknown.exitCode == 1 && unknown.errors.contains("conv1.weight"), "\(unknown.errors)")
    let mapped = try await RunningCommand(arguments + ["--names", "map.yaml"], in: place).end()
    #expect(mapped.exitCode == 0 && mapped.output.contains("1 of them renamed"), "\(mapped.errors)\(mapped.output)")
  }

  @Test("files are replaced where they are named, and nothing else is")
  func outputs() async throws {
    try await train()
    func export(_ arguments: String...) async throws -> RunningCommand.Result {
      try await RunningCommand(["export-model", "net.ckpt"] + arguments, in: place).end()
    }
    #expect(try await export("--format", "onnx").exitCode == 0)
    #expect(place.exists("net.onnx") && place.exists("net.onnx.json") && place.exists("net.onnx.md"))
    let again = try await export("--format", "onnx")
    #expect(again.exitCode == 2 && again.errors.contains("net.onnx already exists"), "\(again.errors)")
    #expect(try await export("--format", "onnx", "--fold-batch-norm", "--output", "net.onnx").exitCode == 0)
    try Data("import os\n".utf8).write(to: place.folder.appendingPathComponent("net.py"))
    let taken = try await export("--format", "safetensors")
    #expect(taken.exitCode == 2 && taken.errors.contains("net.py exists and was not written by export-model"))
    #expect(try text("net.py") == "import os\n" && !place.exists("net.safetensors"))
    let itself = try await export("--format", "onnx", "--output", "./net.ckpt")
    #expect(itself.exitCode == 2 && itself.errors.contains("same file as the input net.ckpt"), "\(itself.errors)")
    let piped = try await export("--format", "torchscript-source", "--output", "-")
    #expect(piped.exitCode == 0 && piped.errors.isEmpty && piped.output.contains("class Network(nn.Module)"))
  }

  @Test("what is no state dict is refused in one line")
  func refusals() async throws {
    func said(_ bytes: [UInt8], _ arguments: String...) async throws -> String {
      try Data(bytes).write(to: place.folder.appendingPathComponent("file"))
      let result = try await RunningCommand(
        ["import", "file", "--model", "resnet8", "--checkpoint", "net.ckpt"] + arguments, in: place
      ).end()
      #expect(result.exitCode == 1 && result.output.isEmpty)
      #expect(isOneLine(result.errors), "\(result.errors)")
      #expect(!place.exists("net.ckpt"))
      return result.errors
    }
    #expect(try await said(Array("PK\u{3}\u{4}archive/data.pkl".utf8)).contains("save it as safetensors: python3 -c"))
    #expect(try await said([0x80, 2, 0x7d, 0x71]).contains("pickle"))
    #expect(try await said([]).contains("it is empty"))
    #expect(try await said([2, 0, 0, 0, 0, 0, 0, 0] + "{}".utf8).contains("for resnet8 it lacks conv1.weight"))
    #expect(try await said([255, 255, 255, 255, 255, 255, 255, 255]).contains("18446744073709551615 bytes"))
    try Data("- a\n".utf8).write(to: place.folder.appendingPathComponent("map.yaml"))
    let map = try await place.run(
      "import", "file", "--model", "resnet8", "--checkpoint", "net.ckpt", "--names", "map.yaml")
    #expect(map.exitCode == 2 && map.errors.contains("map.yaml:1: the map of names is a list"), "\(map.errors)")
  }
}
