import ArgumentParser
import BasisEngine
import Foundation
import ImageData
import SearchCore

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains one network and tells its test accuracy.",
    discussion: """
      Trains on the first N training images, none held out, and scores the test images once, at the end. Where the \
      processor has AVX-512 and OPENBLAS_CORETYPE is not set, it is set to SkylakeX.

      Examples:
        layersearch train --model resnet20 --data shapes10 --epochs 3
        layersearch train --model resnet20 --rank-fraction 0.25 --data DIR \\
          --epochs 30 --checkpoint r20.ckpt --json
        layersearch train --from-study studies/cifar10-resnet20 \\
          --candidate layer3.2.conv1=16 --epochs 30
      """)

  @OptionGroup var network: NetworkOptions

  @Option(help: ArgumentHelp("The folder of CIFAR-10's binary files, or shapes10.", valueName: "dir|shapes10"))
  var data: String?

  @Option(help: ArgumentHelp("Train on the first N training images (default: all; shapes10: 10000).", valueName: "n"))
  var trainImages: Int?

  @Option(
    help: ArgumentHelp("Score the first N test images (default: all; shapes10: 2000).", valueName: "n"))
  var testImages: Int?

  @Option(help: "Passes over the training images.")
  var epochs: Int?

  @Option(help: "Images a step (default: 128).")
  var batch: Int?

  @Option(help: "The schedule's peak (default: 0.1).")
  var learningRate: Double?

  @Option(help: "Default: onecycle.")
  var schedule: Schedule?

  @Option(help: "Default: 0.9.")
  var momentum: Double?

  @Option(help: "Default: 0.0001.")
  var weightDecay: Double?

  @Flag(help: "Nesterov's momentum.")
  var nesterov = false

  @Flag(help: "Without random crops and flips.")
  var noAugment = false

  @Option(help: "Seed of weights, order and augmentation.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Take all settings that are not given here from a study.", valueName: "study-dir"))
  var fromStudy: String?

  @Option(help: ArgumentHelp("Write the trained network here.", valueName: "file"))
  var checkpoint: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var verbosity: VerbosityOptions

  struct Output: Encodable {
    var testAccuracy: Double
    var testLoss: Double?
    var diverged: Bool
    var imagesPerSecond: Double
    var trainSeconds: Double
    var parameters: Int
    var multiplyAdds: Int
    var epochLosses: [Double]
    var model: String
    var candidate: String
    var trainImages: Int
    var epochs: Int
    var seed: UInt64
    var kernelVariant: String
    var peakMemoryBytes: Int
    var checkpoint: String?
  }

  func run() throws {
    OpenBLASEnvironment.adopt()
    let settings = try settings()
    if let checkpoint { try AtomicFile.requireWritableFolder(of: checkpoint) }
    let (training, test) = try images(settings)
    let kernels = try KernelSelection.best()
    let trainer = try Trainer(recipe: settings.recipe, seed: seed)
    let network = try trainer.makeNetwork(candidate: settings.candidate, kernels: kernels)
    let cost = network.architecture.cost(of: settings.candidate, variant: settings.recipe.variant)
    let log = verbosity.logger("train")
    log.info(
      """
      \(settings.recipe.model.rawValue), \(settings.candidate), \(cost.parameters) parameters, \
      \(training.count) images, \(KernelSelection.variantDescription(of: kernels))
      """)

    var display = TrainingDisplay(isQuiet: verbosity.quiet)
    let outcome = try trainer.train(network, training: training, evaluation: test) { progress in
      display.show(progress)
      return true
    }
    display.finish()
    let variant = KernelSelection.variantDescription(of: kernels)
    if let checkpoint {
      let training = Checkpoint.Training(
        recipe: settings.recipe, seed: seed, epochsDone: outcome.epochLosses.count, testAccuracy: outcome.accuracy,
        kernelVariant: variant)
      try network.save(to: checkpoint, training: training)
    }
    let output = Output(
      testAccuracy: outcome.accuracy, testLoss: outcome.loss, diverged: outcome.diverged,
      imagesPerSecond: outcome.imagesPerSecond, trainSeconds: outcome.trainSeconds, parameters: cost.parameters,
      multiplyAdds: cost.multiplyAdds, epochLosses: outcome.epochLosses, model: settings.recipe.model.rawValue,
      candidate: settings.candidate.description, trainImages: training.count, epochs: settings.recipe.epochs,
      seed: seed, kernelVariant: variant,
      peakMemoryBytes: ProcessMemory.peakBytes(), checkpoint: checkpoint)
    try json ? JSONOutput.print(output) : printText(output)
  }

  private func printText(_ output: Output) {
    var lines = [
      "test accuracy  \(Readable.fixed(output.testAccuracy * 100, digits: 2)) %"
        + (output.diverged ? " (the training diverged)" : ""),
      "parameters     \(output.parameters)",
      "multiply-adds  \(output.multiplyAdds)",
      "training       \(Readable.fixed(output.trainSeconds, digits: 1)) s, "
        + "\(Readable.fixed(output.imagesPerSecond, digits: 0)) images/s",
      "epoch losses   " + output.epochLosses.map { Readable.fixed($0, digits: 4) }.joined(separator: " "),
    ]
    if let checkpoint = output.checkpoint { lines.append("checkpoint     \(checkpoint)") }
    for line in lines { StandardOutput.writeLine(line) }
  }
}
