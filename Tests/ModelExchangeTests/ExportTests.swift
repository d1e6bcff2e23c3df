import Foundation
import ImageData
import SearchCore
import TensorFiles
import Testing

@testable import BasisEngine
@testable import ModelExchange

@Suite struct ExportTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var model: Model
    /// The widths of the stages; `nil` for the model's own.
    var widths: [Int]?
    var imageSize = 8
    var ranks: [String: Int]
    var variant: BasisVariant
    var channels: [String: [Int]]
    var testDescription: String { name }

    init(
      _ name: String, _ model: Model = .resnet8, _ ranks: [String: Int] = [:], _ variant: BasisVariant = .remainder,
      channels: [String: [Int]] = [:]
    ) {
      (self.name, self.model, self.ranks, self.variant, self.channels) = (name, model, ranks, variant, channels)
      widths = model == .resnet8 ? [4, 6, 8] : [4, 6, 8, 8]
    }

    /// - Parameter text: A description of the network.
    init(_ text: String, _ ranks: [String: Int] = [:], _ variant: BasisVariant = .remainder) {
      self.init(text, Model(rawValue: text) ?? .resnet8, ranks, variant)
      (widths, imageSize) = (nil, 16)
    }

    func network() throws -> ExchangedNetwork {
      try ExchangedNetwork(
        Architecture(model, imageSize: imageSize, classCount: 5, widths: widths), Candidate(ranks: ranks),
        variant: variant,
        basisChannels: channels)
    }
  }

  static let cases = [
    Case("dense, option A"), Case("dense, option B", .resnet18),
    Case("remainder", .resnet8, ["layer1.0.conv1": 2, "layer2.0.conv2": 3, "fc": 2]),
    Case("full", .resnet8, ["conv1": 2, "layer2.0.conv1": 3, "layer3.0.conv2": 7, "fc": 3], .full),
    Case("grouped", .resnet8, ["layer2.0.conv1": 2, "layer3.0.conv1": 4], .grouped(2)),
    Case("tied", .resnet8, ["layer2.0.conv1": 2, "layer2.0.conv2": 2, "layer3.0.conv1": 3], .tied),
    Case(
      "permuted", .resnet8, ["layer1.0.conv1": 2, "layer2.0.conv2": 3, "fc": 2],
      channels: ["layer1.0.conv1": [3, 1], "layer2.0.conv2": [4, 0, 2], "fc": [4, 1]]),
    Case("projections", .resnet18, ["layer2.0.downsample.0": 3, "layer3.0.downsample.0": 2, "layer4.1.conv2": 5]),
    Case(
      "resnet:blocks=1/1,block=bottleneck,widths=4/8,stem=7x7-pool",
      ["conv1": 2, "layer1.0.conv1": 2, "layer2.0.conv2": 3, "layer2.0.conv3": 6]),
    Case("resnet:blocks=1/2,block=bottleneck,widths=2/4,shortcut=A", ["layer2.1.conv1": 3], .full),
    Case("resnet:blocks=1/1,widths=3/4,width=2,shortcut=A", ["layer1.0.conv2": 2, "layer2.0.conv1": 2], .grouped(2)),
  ]

  @Test("descriptions are read", arguments: cases) func described(_ example: Case) {
    #expect(example.name.hasPrefix("resnet:") == !example.model.isNamed)
  }

  @Test("graphs say what the engine says", arguments: cases, [false, true])
  func graphs(_ example: Case, folds: Bool) throws {
    let network = try example.network()
    let graph = try ExportedNetwork(network.checkpoint, path: "net").onnxGraph(foldsBatchNorm: folds)
    let output = try GraphRun.output(of: graph, network.input)
    #expect(distance(output.data, network.logits) < 1e-4)
    #expect(graph.nodes.contains { $0.type == "BatchNormalization" } != folds)
    let isPermuted = !example.channels.isEmpty
    #expect(graph.nodes.count { $0.type == "Gather" } == (isPermuted ? 3 : 0))
    #expect(Set(graph.constants.map(\.name)).count == graph.constants.count)
    #expect(Set(graph.nodes.map(\.output)).count == graph.nodes.count)
  }

  @Test("a merged network is dense, and the same", arguments: cases)
  func merged(_ example: Case) throws {
    let network = try example.network()
    let merged = try ExportedNetwork(network.checkpoint, path: "net", merged: true)
    #expect(merged.checkpoint.candidate.isDense)
    #expect(merged.candidate == network.checkpoint.candidate)
    #expect(merged.isMerged == !example.ranks.isEmpty)
    #expect(distance(try ExchangedNetwork.logits(of: merged.checkpoint, network.input), network.logits) < 1e-4)
  }

  @Test("tensors of a merged network come back to the bit", arguments: [cases[1], cases[5]])
  func roundTrip(_ example: Case) throws {
    let network = try example.network()
    let merged = try ExportedNetwork(network.checkpoint, path: "net", merged: true)
    let file = try SafeTensors(merged.safeTensorsFile(card: "{}"))
    #expect(file.tensors.count == merged.checkpoint.tensors.tensors.count)
    for tensor in merged.checkpoint.tensors.tensors {
      let found = try #require(file[tensor.name])
      #expect(found.shape == tensor.shape)
      #expect(try file.floats(of: found).map(\.bitPattern) == tensor.values.map(\.bitPattern))
    }
  }

  @Test func basisChannelsGoWithTheTensors() throws {
    let example = Self.cases[6]
    let file = try SafeTensors(
      try ExportedNetwork(try example.network().checkpoint, path: "net").safeTensorsFile(card: "{}"))
    for (layer, channels) in example.channels {
      #expect(try file.integers(of: #require(file["\(layer).basis_channels"])) == channels)
    }
  }

  @Test("modules are readable", arguments: cases)
  func modules(_ example: Case) throws {
    let network = try ExportedNetwork(try example.network().checkpoint, path: "net")
    let source = network.pyTorchSource(title: "a \"title\"", weights: "net.safetensors")
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count < 150 && lines.allSatisfy { $0.count <= 120 })
    #expect(!source.contains("@"))
    #expect(source.contains(NetworkExport.mark))
    #expect(source.contains("\"layer2.0.conv1\": 2,") || source.contains("\"layer2.0.conv2\": 2,"))
    let isTied = example.variant == .tied
    #expect(source.contains("\"layer2.0.conv1\": \"0.conv2\",") == isTied)
  }

  @Test("the module of a deep network all of whose layers are tied is readable, too")
  func tiedModule() throws {
    let layers = Architecture(.resnet56).blocks.flatMap { block in (1...2).map { "\(block.name).conv\($0)" } }
    let example = try ExchangedNetwork(
      Architecture(.resnet56, imageSize: 8, classCount: 5, widths: [4, 6, 8]),
      Candidate(ranks: Dictionary(uniqueKeysWithValues: layers.map { ($0, 2) })), variant: .tied)
    let source = try ExportedNetwork(example.checkpoint, path: "net").pyTorchSource(title: "t", weights: "w")
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count < 150 && lines.allSatisfy { $0.count <= 120 }, "\(lines.count) lines")
    // In each stage all layers share one A, although the first layer of the later stages has fewer inputs.
    #expect(source.contains("    \"layer1.0.conv1\": \"0.conv2 1.conv1 1.conv2 "))
    #expect(source.components(separatedBy: ".conv").count > layers.count)
  }

  @Test func cardsTellWhatIsKnown() throws {
    var checkpoint = try Self.cases[2].network().checkpoint
    var card = ModelCard(
      of: try ExportedNetwork(checkpoint, path: "net"), file: "net.onnx", format: "onnx", foldsBatchNorm: false,
      generator: "layersearch 0")
    #expect(card.testAccuracy == nil && card.training == nil && !card.images.normalizedByNetwork)
    #expect(card.cost.parameters < card.denseCost.parameters)
    checkpoint.normalization = .cifar10
    checkpoint.training = Checkpoint.Training(
      recipe: TrainingRecipe(
        model: .resnet8, data: DataSelection(set: .shapes10, trainImages: 5, validationImages: 0, splitSeed: 0),
        epochs: 2), seed: 4, epochsDone: 2, testAccuracy: 0.25, dataContent: "abc", study: "a-study")
    card = ModelCard(
      of: try ExportedNetwork(checkpoint, path: "net", merged: true), file: "net.onnx", format: "onnx",
      foldsBatchNorm: true, generator: "layersearch 0")
    for text in [card.json, card.markdown] {
      for part in ["layer1.0.conv1=2", "0.4914", "abc", "a-study", "layersearch 0", "net.onnx"] {
        #expect(text.contains(part), "\(part)")
      }
    }
    #expect(card.merged && card.cost == card.denseCost)
    #expect(card.markdown.contains("25.0 %") && card.json.contains("\"test_accuracy\" : 0.25"))
  }

  @Test func normalizationIsPartOfTheGraph() throws {
    var network = try Self.cases[2].network()
    let normalization = ChannelNormalization(mean: [0.1, 0.2, 0.3], standardDeviation: [0.5, 0.25, 2])
    var checkpoint = network.checkpoint
    checkpoint.normalization = normalization
    let graph = try ExportedNetwork(checkpoint, path: "net").onnxGraph(foldsBatchNorm: true)
    let raw = network.input
    let size = raw.shape[2] * raw.shape[3]
    let channel = { (index: Int) in index / size % 3 }
    let normalized = raw.data.enumerated().map {
      ($0.element - normalization.mean[channel($0.offset)]) / normalization.standardDeviation[channel($0.offset)]
    }
    network = try Self.cases[2].network()
    let expected = try ExchangedNetwork.logits(of: checkpoint, Value(shape: raw.shape, data: normalized))
    #expect(distance(try GraphRun.output(of: graph, raw).data, expected) < 1e-4)
  }

  @Test func networksThatCannotLeave() throws {
    let whole = try Self.cases[0].network().checkpoint
    var checkpoint = whole
    checkpoint.tensors = try TensorTree(Array(whole.tensors.tensors.dropFirst()))
    #expect(throws: ExchangeError.self) { try ExportedNetwork(checkpoint, path: "net") }
    var tensors = whole.tensors.tensors
    tensors[0] = try NamedTensor(
      name: tensors[0].name, shape: tensors[0].shape, values: tensors[0].values.map { _ in Float.nan })
    checkpoint.tensors = try TensorTree(tensors)
    #expect {
      try ExportedNetwork(checkpoint, path: "net")
    } throws: {
      "\($0)".contains("infinite")
    }
  }

  @Test func filesAndTheirNames() throws {
    #expect(NetworkExport.path(besideCheckpoint: "a.b/net.ckpt", .onnx) == "a.b/net.onnx")
    #expect(NetworkExport.path(besideCheckpoint: "a.b/net", .safetensors) == "a.b/net.safetensors")
    let network = try ExportedNetwork(try Self.cases[0].network().checkpoint, path: "net")
    let tensors = NetworkExport(of: network, as: .safetensors, path: "x/net.safetensors", generator: "g")
    #expect(tensors.beside.map(\.path) == ["x/net.py", "x/net.safetensors.json", "x/net.safetensors.md"])
    let module = NetworkExport(of: network, as: .torchScriptSource, path: "x/net.py", generator: "g")
    #expect(String(decoding: module.file.bytes, as: UTF8.self).contains("WEIGHTS = \"net.safetensors\""))
  }

  @Test func aModelOfProtocolBuffers() throws {
    let network = try ExportedNetwork(try Self.cases[2].network().checkpoint, path: "net")
    let graph = network.onnxGraph(foldsBatchNorm: false)
    let model = try WireMessage(graph.file(name: "g", metadata: [("k", "v")]))
    #expect(model.number(1) == 8)
    let operators = try WireMessage(#require(model.bytes(8)))
    #expect(operators.number(2) == 17)
    let written = try WireMessage(#require(model.bytes(7)))
    #expect(written.count(1) == graph.nodes.count && written.count(5) == graph.constants.count)
    let constant = try WireMessage(#require(written.bytes(5)))
    #expect(constant.number(2) == 1)
    guard case .floats(let values) = graph.constants[0].values else { return #expect(Bool(false), "no floats") }
    #expect(try #require(constant.bytes(9)).count == 4 * values.count)
    #expect(String(decoding: try #require(written.bytes(11)), as: UTF8.self).contains("batch"))
  }
}

/// The fields of a protocol buffer message, in the order of its bytes.
private struct WireMessage {
  private var fields: [(field: Int, number: Int?, bytes: [UInt8])] = []

  struct Cut: Error {}

  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    func varint() throws -> Int {
      var (value, shift) = (0, 0)
      while let byte = rest.popFirst() {
        value |= Int(byte & 0x7f) << shift
        shift += 7
        if byte < 0x80 { return value }
      }
      throw Cut()
    }
    while !rest.isEmpty {
      let tag = try varint()
      switch tag & 7 {
      case 0: fields.append((tag >> 3, try varint(), []))
      case 2:
        let length = try varint()
        guard length <= rest.count else { throw Cut() }
        fields.append((tag >> 3, nil, Array(rest.prefix(length))))
        rest = rest.dropFirst(length)
      case 5: rest = rest.dropFirst(4)
      default: throw Cut()
      }
    }
  }

  func number(_ field: Int) -> Int? { fields.first { $0.field == field }?.number }
  func bytes(_ field: Int) -> [UInt8]? { fields.first { $0.field == field }?.bytes }
  func count(_ field: Int) -> Int { fields.count { $0.field == field } }
}
