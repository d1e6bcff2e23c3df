import Foundation
import SearchCore
import Testing

@Suite("Networks, by name and by description")
struct ModelTests {
  @Test(
    "a description has one canonical text, and a name where there is one",
    arguments: [
      ("resnet20", "resnet20"), ("cifar-resnet:depth=20", "resnet20"),
      ("cifar-resnet:width=1,depth=20,shortcut=A,widths=16/32/64", "resnet20"),
      ("resnet:blocks=3/3/3,widths=16/32/64,shortcut=A", "resnet20"),
      ("resnet:blocks=3/3/3,widths=16/32/64", "cifar-resnet:depth=20,shortcut=B"),
      ("resnet:blocks=2/2/2/2", "resnet18"), ("resnet:blocks=3/4/6/3,block=bottleneck,stem=3x3", "resnet50"),
      ("resnet:stem=7x7-pool,blocks=2/2/2/2", "resnet:blocks=2/2/2/2,stem=7x7-pool"),
      (
        "resnet:shortcut=A,width=2,block=bottleneck,blocks=1/2,widths=8/16",
        "resnet:blocks=1/2,block=bottleneck,widths=8/16,width=2,shortcut=A"
      ),
      ("cifar-resnet:depth=26,width=10,shortcut=B", "cifar-resnet:depth=26,width=10,shortcut=B"),
      ("resnet:blocks=4", "resnet:blocks=4"),
    ])
  func canonical(text: String, expected: String) throws {
    let model = try Model(text: text)
    #expect(model.rawValue == expected)
    #expect(try Model(text: expected) == model && Model(rawValue: expected)?.network == model.network)
    #expect(try JSONDecoder().decode(Model.self, from: JSONEncoder().encode(model)) == model)
    #expect(String(decoding: try JSONEncoder().encode([model]), as: UTF8.self).contains(expected.prefix(8)))
  }

  @Test("names that were there before stay the same networks")
  func names() {
    let names = Model.allCases.map(\.rawValue)
    #expect(
      names == [
        "resnet8", "resnet14", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110", "resnet18", "resnet34",
        "resnet50", "resnet101",
      ])
    #expect(names.filter { Model(rawValue: $0)?.isKnownToAll == true }.count == 9)
    #expect(Model.resnet20.network.blocks == [3, 3, 3] && Model.resnet34.network.blocks == [3, 4, 6, 3])
  }

  @Test(
    "what makes no network is told in a line, by its key",
    arguments: [
      ("resnet21", "model cannot be 'resnet21'; did you mean 'resnet20'? Allowed: resnet8"),
      ("cifarresnet", "model cannot be 'cifarresnet'; did you mean 'cifar-resnet:…'? Allowed: resnet8"),
      ("cifar-resnet:depth=19", "model: depth is 19, but must be 6n + 2, such as 14 or 20"),
      ("cifar-resnet:depth=2", "model: depth is '2', but only whole numbers from 8 to 602 are allowed"),
      ("cifar-resnet:width=2", "model: depth is missing; allowed: 8, 14, 20, … (6n + 2)"),
      ("cifar-resnet:depth=20,widths=16/32", "model: widths has 2 numbers, but the network has 3 stages"),
      (
        "cifar-resnet:depth=20,widths=16/0/64",
        "model: widths has '0' in it, but only whole numbers from 1 to 4096 are allowed"
      ),
      ("cifar-resnet:depth=20,width=0", "model: width is '0', but only whole numbers from 1 to 32 are allowed"),
      ("cifar-resnet:depth=20,width=2/3", "model: width is a list of 2, but must be one value"),
      ("cifar-resnet:depth=20,widht=2", "model: widht is not known; did you mean 'width'? Allowed here: family, depth"),
      ("cifar-resnet:depth=20,block=basic", "model: block is a key of the family resnet; cifar-resnet has: family"),
      ("cifar-resnet:depth=20,depth=20", "model: depth appears twice; keep one"),
      (
        "cifar-resnet:depth=20,widths=32/16/64",
        "model: shortcut cannot be A if a stage is narrower than the one before; let widths rise, or use B"
      ),
      ("cifar-resnet:depth", "model has 'depth' in it, but must be key=value with commas between"),
      ("cifar-resnet:", "model has '' in it, but must be key=value with commas between"),
      ("resnet:block=basic", "model: blocks is missing; write the number of blocks of each stage, such as"),
      ("resnet:blocks=2/x", "model: blocks has 'x' in it, but only whole numbers from 1 to 100 are allowed"),
      ("resnet:blocks=1/1/1/1/1/1/1", "model: blocks has 7 stages, but must have from 1 to 6"),
      (
        "resnet:blocks=2,block=botleneck",
        "model: block cannot be 'botleneck'; did you mean 'bottleneck'? Allowed: basic, bottleneck"
      ),
      ("resnet:blocks=2,stem=5x5", "model: stem cannot be '5x5'; did you mean '3x3'? Allowed: 3x3, 7x7-pool"),
      ("vgg:blocks=2", "model: family cannot be 'vgg'; allowed: cifar-resnet, resnet"),
      ("resnet:blocks=90/90/90/90", "model has 725 layers, at most 700 are allowed; make it less deep"),
      ("resnet:blocks=2/2,widths=2048/4096", "model has "),
      ("resnet:blocks=9999999999999999999", "model: blocks has '9999999999999999999' in it"),
    ])
  func refused(text: String, problem: String) {
    #expect(Model(rawValue: text) == nil)
    do {
      _ = try Model(text: text)
      Issue.record("\(text) is no network")
    } catch { #expect("\(error)".hasPrefix(problem), "\(error)") }
  }

  @Test("images have to be large enough for the stages")
  func images() throws {
    #expect(Model.resnet110.problem(imageSize: 4) == nil && Model.resnet18.problem(imageSize: 8) == nil)
    #expect(Model.resnet18.problem(imageSize: 4)?.contains("8×8 or larger") == true)
    let pooled = try Model(text: "resnet:blocks=2/2/2/2,stem=7x7-pool")
    #expect(pooled.problem(imageSize: 32) == nil)
    #expect(pooled.problem(imageSize: 28)?.contains("32×32 or larger, and these are 28×28") == true)
    #expect(pooled.problem(imageSize: 30)?.contains("multiple of 4") == true)
    #expect(pooled.problem(imageSize: 100)?.contains("from 4 to 96") == true)
  }

  @Test("bottlenecks have torchvision's layers: strides in the 3×3 convolution, four times the width behind it")
  func bottlenecks() throws {
    let architecture = Architecture(.resnet50)
    #expect(architecture.layers.count == 54 && architecture.blocks.count == 16)
    let block = try #require(architecture.blocks.first { $0.name == "layer2.0" })
    let layers = block.convolutions.map { architecture.layers[$0] }
    #expect(layers.map(\.name) == ["layer2.0.conv1", "layer2.0.conv2", "layer2.0.conv3"])
    #expect(layers.map(\.stride) == [1, 2, 1] && layers.map(\.kernelSize) == [1, 3, 1])
    #expect(layers.map(\.outputChannels) == [128, 128, 512] && layers[0].inputChannels == 256)
    #expect(architecture.layer(named: "layer1.0.downsample.0")?.stride == 1)
    #expect(architecture.layer(named: "layer1.1.downsample.0") == nil)
    #expect(architecture.mainConvolutions.count == 49 && architecture.analyzedConvolutions.count == 49)
    // Of ResNet-101, a result has room for the 3×3 convolutions only.
    #expect(Architecture(.resnet101).analyzedConvolutions.count == 34)
    let pooled = Architecture(try Model(text: "resnet:blocks=2/2,stem=7x7-pool"), imageSize: 64)
    #expect(pooled.layers[0].outputSize == 32 && pooled.layers[1].inputSize == 16 && pooled.poolsStem)
  }
}
