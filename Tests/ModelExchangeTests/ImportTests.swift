import Foundation
import ImageData
import SearchCore
import TensorFiles
import Testing

@testable import BasisEngine
@testable import ModelExchange

@Suite struct ImportTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  private static func fixture(_ name: String) throws -> SafeTensors {
    try SafeTensors(path: fixtures.appending(path: name).path, mostBytes: 1 << 20)
  }

  /// A file with a network's tensors under other names. Tensors without a new name are left out.
  private static func file(
    _ checkpoint: Checkpoint, _ rename: (String) -> String? = { $0 }, adding: [SafeTensorsWriter.Tensor] = []
  ) throws -> SafeTensors {
    try SafeTensors(
      SafeTensorsWriter.file(
        checkpoint.tensors.tensors.compactMap { tensor in
          rename(tensor.name).map { .init(name: $0, shape: tensor.shape, floats: tensor.values) }
        } + adding))
  }

  private static func checkpoint(_ model: Model, classCount: Int = 10) throws -> Checkpoint {
    try ResNet(architecture: Architecture(model, classCount: classCount), batch: 1, kernels: kernels, seed: 2)
      .checkpoint()
  }

  private func problem(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return "\(error)" }
  }

  @Test("a state dict of PyTorch says what it said there")
  func golden() throws {
    let normalization = ChannelNormalization(
      mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])
    let network = try ImportedNetwork(
      Self.fixture("golden-resnet8.safetensors"), path: "golden", model: .resnet8, normalization: normalization)
    #expect(network.renamed == network.checkpoint.tensors.tensors.count && network.ignored == 7)
    #expect(network.parameters == Architecture(.resnet8).cost(of: .dense, variant: .remainder).parameters)
    let golden = try Self.fixture("golden-images.safetensors")
    let images = LabeledImages(
      pixels: Array(golden.bytes(of: try #require(golden["images"]))), labels: [UInt16](repeating: 0, count: 6),
      normalization: normalization)
    let expected = try golden.floats(of: try #require(golden["logits"]))
    let engine = try ResNet(network.checkpoint, batch: 4, kernels: kernels)
    #expect(distance(engine.logits(of: images), expected) < 1e-4)
  }

  @Test("names of the usual repositories", arguments: [Model.resnet8, .resnet18])
  func usualNames(_ model: Model) throws {
    let checkpoint = try Self.checkpoint(model, classCount: 7)
    let counter = SafeTensorsWriter.Tensor(
      name: "module.model.bn1.num_batches_tracked", element: .int64, shape: [], bytes: [1, 0, 0, 0, 0, 0, 0, 0])
    let file = try Self.file(
      checkpoint,
      { "module.model." + $0.replacing("fc.", with: "linear.").replacing(".downsample.", with: ".shortcut.") },
      adding: [counter])
    let imported = try ImportedNetwork(file, path: "file", model: model)
    #expect(imported.checkpoint.network == checkpoint.network)
    #expect(Set(imported.checkpoint.tensors.descriptions) == Set(checkpoint.tensors.descriptions))
    #expect(imported.checkpoint.tensors.tensors.allSatisfy { $0 == checkpoint.tensors[$0.name] })
    #expect(imported.checkpoint.network.classCount == 7 && imported.ignored == 1)
  }

  @Test func namesByAMap() throws {
    let checkpoint = try Self.checkpoint(.resnet8)
    let file = try Self.file(checkpoint) { name in
      var parts = name.split(separator: ".").map(String.init)
      switch parts[0] {
      case "conv1": parts[0] = "stem.conv"
      case "fc": parts[0] = "head.1"
      case "bn1": parts[0] = "stem.norm"
      default:
        parts[0] = "stages." + "\(Int(parts[0].dropFirst(5))! - 1)"
        if parts[2] == "conv1" { parts[2] = "a" }
      }
      return parts.joined(separator: ".")
    }
    let lines: [(key: String, value: String)] = [
      ("conv1", "stem.conv"), ("bn1", "stem.norm"), ("fc", "head.1"), ("layer1", "stages.0"), ("layer2", "stages.1"),
      ("layer3", "stages.2"), ("layer1.*.conv1", "stages.0.*.a"), ("layer2.*.conv1", "stages.1.*.a"),
      ("layer3.*.conv1", "stages.2.*.a"),
    ]
    let imported = try ImportedNetwork(
      file, path: "file", model: .resnet8, names: try TensorNames(lines, path: "map"), namesPath: "map")
    #expect(imported.checkpoint.tensors.tensors.allSatisfy { $0 == checkpoint.tensors[$0.name] })
    let said = problem { _ = try ImportedNetwork(file, path: "file", model: .resnet8) }
    #expect(said?.contains("lacks conv1.weight") == true && said?.contains("no place for") == true)
    #expect(said?.contains("stem.conv.weight") == true)
  }

  @Test func mapsThatMeanNothing() throws {
    #expect(problem { _ = try TensorNames([("a.*", "b")], path: "map") }?.contains("1 stars") == true)
    #expect(problem { _ = try TensorNames([("a..b", "b")], path: "map") }?.contains("empty part") == true)
    let file = try Self.file(try Self.checkpoint(.resnet8))
    let said = problem {
      _ = try ImportedNetwork(
        file, path: "file", model: .resnet8, names: try TensorNames([("layer9", "x")], path: "map"), namesPath: "map")
    }
    #expect(said?.contains("nothing named 'layer9'") == true)
    let twice = problem {
      _ = try ImportedNetwork(
        file, path: "file", model: .resnet8, names: try TensorNames([("bn1", "layer1.0.bn1")], path: "map"),
        namesPath: "map")
    }
    #expect(twice?.contains("would be both") == true)
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let checkpoint = try Self.checkpoint(.resnet8)
    func said(_ file: SafeTensors, _ model: Model = .resnet8) -> String {
      problem { _ = try ImportedNetwork(file, path: "file", model: model) } ?? "nothing"
    }
    let lacking = try Self.file(checkpoint, { $0 == "layer2.0.bn1.running_var" ? nil : $0 })
    #expect(said(lacking).contains("it lacks layer2.0.bn1.running_var;"))
    let surplus = try Self.file(
      checkpoint, adding: [.init(name: "conv1.bias", shape: [16], floats: .init(repeating: 0, count: 16))])
    #expect(said(surplus).contains("no place for conv1.bias; choose the model"))
    let basis = try Self.file(
      checkpoint, adding: [.init(name: "conv1.basis", shape: [1], floats: .init(repeating: 0, count: 1))])
    #expect(said(basis).hasSuffix("dense networks are imported: layersearch export-model --merge writes one"))
    #expect(said(try Self.file(checkpoint), .resnet20).contains("and "))
    #expect(
      said(try Self.file(try Self.checkpoint(.resnet18)), .resnet8).contains("conv1.weight has the shape 64×3×3×3"))
    let pooled = SafeTensorsWriter.Tensor(
      name: "conv1.weight", shape: [16, 3, 7, 7], floats: .init(repeating: 0, count: 2352))
    let stem = try Self.file(checkpoint, { $0 == "conv1.weight" ? nil : $0 }, adding: [pooled])
    #expect(said(stem).contains("has the shape 16×3×7×7, but conv1.weight of resnet8 has 16×3×3×3"))
    for (name, value) in [("fc.bias", Float.nan), ("bn1.weight", -.infinity), ("bn1.running_var", -1)] {
      let shape = try #require(checkpoint.tensors[name]).shape
      let broken = SafeTensorsWriter.Tensor(name: name, shape: shape, floats: .init(repeating: value, count: shape[0]))
      #expect(
        said(try Self.file(checkpoint, { $0 == name ? nil : $0 }, adding: [broken])).contains("tensor \(name) has v"))
    }
    let whole = SafeTensorsWriter.Tensor(
      name: "fc.bias", element: .int32, shape: [10], bytes: .init(repeating: 0, count: 40))
    #expect(said(try Self.file(checkpoint, { $0 == "fc.bias" ? nil : $0 }, adding: [whole])).contains("the type I32"))
    let empty = SafeTensorsWriter.Tensor(name: "fc.bias", shape: [0], floats: [])
    #expect(said(try Self.file(checkpoint, { $0 == "fc.bias" ? nil : $0 }, adding: [empty])).contains("0 outputs"))
    #expect(said(try SafeTensors(SafeTensorsWriter.file([]))).contains("and 29 more"))
  }
}
