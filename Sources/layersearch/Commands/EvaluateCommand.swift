import ArgumentParser
import BasisEngine
import Engines
import Files
import SearchCore
import TensorFiles
import Terminal
import Trainings

extension ScoredSplit: ExpressibleByArgument {}

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Scores the network of a checkpoint.",
    discussion: Examples.folded(
      """
      Reports accuracy and mean cross-entropy on the test images or, with --split, on the training images that the \
      network was trained on (training) or on those that were held out or follow them (validation). The checkpoint \
      contains model, candidate and the images' normalization. With the kernels and images of the training, the \
      numbers are exactly those that train printed.

      Without --data, the training's data set is used if the checkpoint names it, as it does for shapes10 and for \
      interrupted trainings.

      Examples:
        layersearch evaluate r20.ckpt --data ~/.cache/layersearch/cifar-10-batches-bin
        layersearch evaluate net.ckpt --data shapes10 --json
        layersearch evaluate r20.ckpt --data DIR --split validation
      """))

  @Argument(help: "A checkpoint, of a finished or an interrupted training.")
  var file: String

  @Option(
    help: ArgumentHelp(
      "The data set: the folder of CIFAR's binary files, a file of arrays, or shapes10.", valueName: "dir|file|shapes10"
    ))
  var data: String?

  @Option(help: "Images to score; validation and training are parts of the data set's training images.")
  var split = ScoredSplit.test

  @Option(
    help: ArgumentHelp("Score the first N test images (default: all; shapes10: 2000).", valueName: "n"),
    transform: Number.whole(TrainingLimits.images))
  var testImages: Int?

  @Option(
    help: ArgumentHelp(
      "Also write the network's outputs for each image as safetensors: logits, labels.", valueName: "file"))
  var logits: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var verbosity: VerbosityOptions

  func run() throws {
    let kernels = try KernelSelection.best()
    let output = try logits.map { try OutputFile($0, option: "--logits", reading: [file, data]) }
    let takesStandardOutput = output?.isStandardOutput == true
    if takesStandardOutput {
      if json { throw Failure.usage("--logits - and --json both write to standard output; choose one") }
      if StandardOutput.isTerminal {
        throw Failure.usage("--logits -: tensors cannot be shown on a terminal; send them to a file or a pipe")
      }
    }
    defer { StandardError.shared.show(status: nil) }
    let report = try EvaluationReport(
      of: try Checkpoint(path: file), path: file, split: split, data: data, testImages: testImages, kernels: kernels,
      keepsLogits: output != nil
    ) { done, images in
      if !verbosity.quiet { StandardError.shared.show(status: "image \(done)/\(images)") }
    }
    StandardError.shared.show(status: nil)
    if let output { try write(report, to: output) }
    if json { return try JSONOutput.print(report) }
    let say = takesStandardOutput ? StandardError.shared.writeLine : StandardOutput.writeLine
    for line in report.lines { say(line) }
  }

  private func write(_ report: EvaluationReport, to output: OutputFile) throws {
    let (logits, labels) = (report.logits ?? [], report.labels ?? [])
    let bytes = labels.flatMap { label in (0..<8).map { UInt8(truncatingIfNeeded: label >> (8 * $0)) } }
    try output.write(
      SafeTensorsWriter.file([
        .init(name: "logits", shape: [labels.count, logits.count / max(1, labels.count)], floats: logits),
        .init(name: "labels", element: .int64, shape: [labels.count], bytes: bytes),
      ]))
  }
}
