import ArgumentParser
import BasisEngine
import Configuration
import Files
import ImageData
import ModelExchange
import SearchCore
import TensorFiles
import Terminal

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Makes a checkpoint from weights that PyTorch trained.",
    discussion: Examples.folded(
      """
      The file is a state dict as safetensors. Names are torchvision's or those of the usual CIFAR repositories \
      (linear, shortcut.0, a prefix module.); a map translates others, with lines 'our name: its name' for modules or \
      tensors, * for any one part: 'layer1.*.conv1: stages.0.*.a'. The shape of every tensor is checked, and every \
      tensor must be used; num_batches_tracked is ignored.

      --mean and --std are the normalization of the training's images, in units of the full range. Without them, \
      images get the data set's usual normalization.

      Pickles (.pt, .pth) are not read, because they may contain any program. docs/exchange.md has lines of Python \
      that convert one to safetensors.

      Examples:
        layersearch import resnet20.safetensors --model resnet20 --checkpoint r20.ckpt
        layersearch import net.safetensors --model resnet18 --names map.yaml --mean 0.485,0.456,0.406 \
      --std 0.229,0.224,0.225 --checkpoint r18.ckpt
      """))

  @Argument(help: "The weights, a safetensors file.")
  var file: String

  @Option(help: Model.optionHelp, completion: Model.completion, transform: Model.read)
  var model: Model

  @Option(help: ArgumentHelp("A map of names, a YAML file.", valueName: "file"))
  var names: String?

  @Option(help: ArgumentHelp("Write the checkpoint to this file; - is standard output.", valueName: "file"))
  var checkpoint: String

  @Option(
    help: ArgumentHelp("Means of the images' channels, from 0 to 1.", valueName: "r,g,b"),
    transform: Self.channels(NumberLimit("from 0 to 1") { (0...1).contains($0) }))
  var mean: [Float]?

  @Option(
    help: ArgumentHelp("Standard deviations of the images' channels.", valueName: "r,g,b"),
    transform: Self.channels(NumberLimit("above 0, at most 1000") { $0 >= 1e-6 && $0 <= 1000 }))
  var std: [Float]?

  @Option(help: "Rows and columns of the network's images.", reading: Number.whole(NetworkLimits.imageSizes))
  var imageSize = 32

  func validate() throws {
    if (mean == nil) != (std == nil) { throw ValidationError("--mean and --std belong together; give both") }
  }

  func run() throws {
    let output = try OutputFile(checkpoint, option: "--checkpoint", reading: [file, names])
    var map = TensorNames.none
    if let names { map = try TensorNames(try NameMap.entries(path: names), path: names) }
    let tensors: SafeTensors
    do { tensors = try SafeTensors(path: file, mostBytes: ImportedNetwork.mostFileBytes) } catch {
      if (try? Checkpoint(path: file)) != nil {
        throw Failure.usage("\(file) is already a checkpoint; evaluate and export-model read it directly")
      }
      throw ExchangeError.file(error)
    }
    var normalization: ChannelNormalization?
    if let mean, let std { normalization = ChannelNormalization(mean: mean, standardDeviation: std) }
    let network = try ImportedNetwork(
      tensors, path: file, model: model, imageSize: imageSize, names: map, namesPath: names ?? "",
      normalization: normalization)
    try network.checkpoint.write(to: output)
    let count = network.checkpoint.tensors.tensors.count
    let classes = network.checkpoint.network.classCount
    let say = output.isStandardOutput ? StandardError.shared.writeLine : StandardOutput.writeLine
    say(
      "network      \(model.rawValue), \(classes) classes, \(network.parameters) parameters"
    )
    say("tensors      \(count), \(network.renamed) of them renamed; \(network.ignored) ignored")
    say(
      "images       "
        + (normalization == nil
          ? "normalized as the data set in use; unknown to export-model (give --mean and --std)"
          : "normalized by --mean and --std"))
    if output.isRegular { say("checkpoint   \(output.path)") }
  }

  /// Reads three numbers.
  private static func channels(_ limit: NumberLimit) -> @Sendable (String) throws -> [Float] {
    let number = Number.decimal(limit)
    return { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else { throw ValidationError("it must be three numbers, for red, green and blue") }
      return try parts.map { Float(try number($0)) }
    }
  }
}
