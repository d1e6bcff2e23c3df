import ArgumentParser
import BasisEngine
import Files
import Foundation
import ModelExchange
import Processes
import Terminal

extension NetworkExport.Format: ExpressibleByArgument {}

struct ExportModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export-model",
    abstract: "Writes a checkpoint's network for PyTorch or ONNX runtimes.",
    discussion: Examples.folded(
      """
      safetensors: the tensors of the network in its own form, and a PyTorch module, one file, that reads them. onnx: \
      a graph of operator set 17, for any number of images at a time. torchscript-source: the PyTorch module alone. A \
      model card, as JSON and Markdown, is written beside each.

      Exported networks take images of red, green and blue from 0 to 1 and normalize them themselves, if the \
      checkpoint contains the normalization; the card lists what else they expect. --merge multiplies basis \
      convolutions out into dense filters, for comparison.

      Examples:
        layersearch export-model chosen.ckpt --format onnx
        layersearch export-model chosen.ckpt --format onnx --fold-batch-norm --output chosen-folded.onnx
        layersearch export-model chosen.ckpt --format safetensors --merge --output dense.safetensors
      """))

  @Argument(help: "A checkpoint.")
  var checkpoint: String

  @Option(
    help: ArgumentHelp(
      "Output format.", valueName: NetworkExport.Format.allCases.map(\.rawValue).joined(separator: "|")))
  var format: NetworkExport.Format

  @Flag(help: "Multiply basis convolutions out into dense filters.")
  var merge = false

  @Flag(help: "With onnx: fold batch norm into the convolutions' weights.")
  var foldBatchNorm = false

  @Option(
    help: ArgumentHelp(
      "Write to this file (default: beside the checkpoint, under its name, if there is no such file yet).",
      valueName: "file"))
  var output: String?

  func validate() throws {
    if foldBatchNorm, format != .onnx { throw ValidationError("--fold-batch-norm requires --format onnx") }
  }

  func run() throws {
    let path = output ?? NetworkExport.path(besideCheckpoint: checkpoint, format)
    if output == nil, FileManager.default.fileExists(atPath: path) {
      throw Failure.usage("\(path) already exists; name it with --output to replace it, or name another file")
    }
    let file = try OutputFile(path, option: "--output", reading: [checkpoint])
    let network = try ExportedNetwork(try Checkpoint(path: checkpoint), path: checkpoint, merged: merge)
    let export = NetworkExport(
      of: network, as: format, path: file.isRegular ? path : "model\(format.ending)", foldsBatchNorm: foldBatchNorm,
      generator: Version.text)
    var beside: [(file: OutputFile, bytes: [UInt8])] = []
    if file.isRegular {
      for other in export.beside {
        try Self.requireOwn(other.path)
        beside.append((try OutputFile(other.path, option: "--output"), other.bytes))
      }
    }
    try file.write(export.file.bytes)
    for (file, bytes) in beside { try file.write(bytes) }
    for file in [file] + beside.map(\.file) where file.isRegular {
      StandardError.shared.writeLine("wrote \(file.path)")
      if let problem = NetworkExport.importProblem(ofModule: file.path) { StandardError.shared.writeLine(problem) }
    }
    if network.checkpoint.normalization == nil {
      StandardError.shared.writeLine(
        "layersearch: warning: \(checkpoint) does not record how its images were normalized; the exported network "
          + "expects images as they were in training (give --mean and --std to import)")
    }
  }

  /// Throws if another file has the name by chance; a module or a card that this program wrote may be replaced.
  private static func requireOwn(_ path: String) throws(Failure) {
    guard FileManager.default.fileExists(atPath: path) else { return }
    let text = (try? RegularFile.read(path, mostBytes: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard text.contains(NetworkExport.mark) else {
      throw .usage("--output \(path) exists and was not written by export-model; choose another name")
    }
  }
}
