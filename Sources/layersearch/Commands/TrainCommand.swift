import ArgumentParser
import BasisEngine
import Files
import Foundation
import ImageData
import SearchCore
import Studies
import Terminal
import Trainings

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains one network and reports its test accuracy.",
    discussion: Examples.folded(
      """
      Trains on the first N training images, and scores the network once, at the end, on the test images. No images \
      are held out: for a network that a study will start from, leave out the images that the study will score \
      candidates by, with --without-validation-of.

      Ctrl-C and SIGTERM end the training after the current step and write a checkpoint, from which --resume-from \
      continues to the same bits. A second signal ends it at once.

      Examples:
        layersearch train --model resnet20 --data shapes10 --epochs 3
        layersearch train --model resnet20 --rank-fraction 0.25 --data DIR --epochs 30 --checkpoint r20.ckpt \
        --checkpoint-every 5
        layersearch train --from-study studies/cifar10-resnet20 --candidate layer3.2.conv1=16 --epochs 30
        layersearch train --from-study studies/cifar10-resnet20 --candidate knee --seeds 3
        layersearch train --model resnet20 --data DIR --epochs 60 --checkpoint dense.ckpt \
        --without-validation-of Configs/cifar10-resnet20-trained.yaml
        layersearch train --resume-from r20.ckpt
      """))

  @OptionGroup var network: NetworkOptions

  @Option(
    help: ArgumentHelp(
      "The data set: the folder of CIFAR's binary files, a file of arrays, or shapes10.", valueName: "dir|file|shapes10"
    ))
  var data: String?

  @Option(
    help: ArgumentHelp("Train on the first N training images (default: all; shapes10: 10000).", valueName: "n"),
    transform: Number.whole(TrainingLimits.images))
  var trainImages: Int?

  @Option(
    help: ArgumentHelp("Score the first N test images (default: all; shapes10: 2000).", valueName: "n"),
    transform: Number.whole(TrainingLimits.images))
  var testImages: Int?

  @Option(
    help: ArgumentHelp(
      "Leave out the validation images of an existing study (its folder) or of a future one (its configuration).",
      valueName: "study-dir|config"))
  var withoutValidationOf: String?

  @Option(help: "Passes over the training images.", transform: Number.whole(TrainingLimits.epochs))
  var epochs: Int?

  @Option(help: "Images per step (default: 128).", transform: Number.whole(TrainingLimits.batch))
  var batch: Int?

  @Option(
    help: "Peak learning rate of the schedule (default: 0.1).", transform: Number.decimal(TrainingLimits.learningRate))
  var learningRate: Double?

  @Option(help: "Learning rate schedule (default: onecycle).")
  var schedule: Schedule?

  @Option(help: "Momentum (default: 0.9).", transform: Number.decimal(TrainingLimits.momentum))
  var momentum: Double?

  @Option(help: "Weight decay (default: 0.0001).", transform: Number.decimal(TrainingLimits.weightDecay))
  var weightDecay: Double?

  @Flag(help: "Use Nesterov's momentum.")
  var nesterov = false

  @Flag(help: "Train without augmentation, even if the study uses it.")
  var noAugment = false

  @Option(
    help: ArgumentHelp(
      "Augmentation of images: crop, flip and cutout, joined by +, or none (default: crop+flip).",
      valueName: "crop+flip"),
    transform: Self.augmentation)
  var augmentation: AugmentationSetting?

  @OptionGroup var skipping: SkipOptions

  @OptionGroup var kernels: KernelOptions

  @Option(
    help: "Seed of weights, image order and augmentation (default: 1).",
    transform: Number.whole(UInt64.min...UInt64.max))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp("Train with N seeds, from --seed on, and report mean and standard deviation.", valueName: "n"),
    transform: Number.whole(TrainingLimits.seeds))
  var seeds: Int?

  @Option(
    help: ArgumentHelp(
      """
      Take all settings that are not given here from a study; --candidate may then also be knee, estimated knee or a \
      row number of its frontier.
      """,
      valueName: "study-dir"),
    transform: FilePath.expandingTilde)
  var fromStudy: String?

  @Option(
    help: ArgumentHelp(
      "Write the trained network to this file; - is standard output; with --seeds, -seedN is added to the name.",
      valueName: "file"))
  var checkpoint: String?

  @Option(
    help: ArgumentHelp("Also write a checkpoint after every N epochs, to resume from after a crash.", valueName: "n"),
    transform: Number.whole(TrainingLimits.epochs))
  var checkpointEvery: Int?

  @Option(
    help: ArgumentHelp(
      "Continue an interrupted training from its checkpoint, which contains its settings and the path to write to.",
      valueName: "file"))
  var resumeFrom: String?

  @Flag(help: "Resume even if this machine has other kernels, which give other bits.")
  var otherKernels = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws {
    if checkpointEvery != nil, checkpoint == nil, resumeFrom == nil {
      throw ValidationError("--checkpoint-every requires --checkpoint, the file to write to")
    }
    if noAugment, augmentation != nil {
      throw ValidationError("--no-augment and --augmentation exclude each other; keep --augmentation")
    }
    if otherKernels, resumeFrom == nil { throw ValidationError("--other-kernels requires --resume-from") }
  }

  func run() throws {
    let resumption = try resumeFrom.map { try Resumption(path: $0) }
    let settings = try request().settings(resuming: resumption)
    let log = verbosity.logger("train")
    for note in settings.notes { log.notice("\(note)") }
    let kernels = try KernelSelection.table(for: settings.recipe.kernels?.native)
    let variant = KernelVariant(KernelSelection.variantDescription(of: kernels)).withoutCoreType.text
    try resumption?.require(settings, kernelVariant: variant, allowsOthers: otherKernels)
    let output = try TrainingOutput(
      settings, checkpoint: checkpoint ?? resumption?.context.checkpoint, resumedFrom: resumeFrom,
      every: checkpointEvery ?? resumption?.context.checkpointEvery)
    if output.takesStandardOutput { try checkStandardOutput() }
    let interruption = Interruption(atOnce: { ProcessExit.atOnce() })
    let images = try settings.images()
    var display = TrainingDisplay(isQuiet: verbosity.quiet)
    let session = TrainingSession(
      settings: settings, output: output, images: images, kernels: kernels,
      kernelVariant: resumption?.kernelVariant(here: variant) ?? variant, interruption: interruption,
      log: log
    ) { progress in
      if let progress { display.show(progress) } else { display.finish() }
    }
    let report = TrainingReport(isPlural: settings.seeds != nil)
    func tell(_ lines: [String]) {
      guard !json else { return }
      for line in lines {
        output.takesStandardOutput ? StandardError.shared.writeLine(line) : StandardOutput.writeLine(line)
      }
    }
    var reports = resumption?.context.done ?? []
    for earlier in reports { tell(report.lines(of: earlier)) }
    let first = resumption.map { $0.training.seed } ?? settings.firstSeed
    var problem: TrainingError?
    for seed in first...settings.lastSeed {
      let done: TrainedNetwork
      (done, problem) = try session.train(seed: seed, from: seed == first ? resumption : nil, done: reports)
      reports.append(done)
      tell(report.lines(of: done))
      if problem != nil { break }
    }
    tell(report.lines(of: reports))
    if json, settings.seeds != nil { try JSONOutput.print(TrainingReport.Summary(reports)) }
    if json, settings.seeds == nil, let network = reports.first { try JSONOutput.print(network) }
    if let problem { throw problem }
    try TrainingReport.requireUse(of: reports, classes: images.training.classCount)
  }

  typealias AugmentationSetting = (augments: Bool, choice: AugmentationChoice?)

  private static func augmentation(_ text: String) throws -> AugmentationSetting {
    guard let setting = AugmentationChoice.setting(text) else {
      throw ValidationError("it cannot be '\(text.prefix(80))'; allowed: \(AugmentationChoice.allowed)")
    }
    return setting
  }

  private func request() throws -> TrainingRequest {
    var request = TrainingRequest(network: network.choice)
    (request.data, request.trainImages, request.testImages) = (data, trainImages, testImages)
    (request.epochs, request.batch, request.schedule) = (epochs, batch, schedule)
    (request.learningRate, request.momentum, request.weightDecay) = (learningRate, momentum, weightDecay)
    request.nesterov = nesterov
    (request.augments, request.augmentation) = (noAugment ? false : augmentation?.augments, augmentation?.choice)
    request.skip = skipping.skip
    request.kernels = kernels.kernels
    (request.seed, request.seeds) = (seed, seeds)
    request.heldOut = try withoutValidationOf.map { HeldOutImages(of: try definition(of: $0), source: $0) }
    request.study = try fromStudy.map { try StudyDefaults(of: try StudyReading.open($0), folder: $0) }
    return request
  }

  /// Reads the definition of a study from its folder or from a configuration. The configuration's checkpoint is not
  /// read, since it may be the network that is to be trained here.
  private func definition(of path: String) throws -> StudyDefinition {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      return try StudyDefinition(of: try StudyReading.open(path))
    }
    return try StudyDefinition(file: path, readsStart: false, readsTimes: false)
  }

  private func checkStandardOutput() throws(Failure) {
    if json { throw .usage("--checkpoint - and --json both write to standard output; choose one") }
    if StandardOutput.isTerminal {
      throw .usage("--checkpoint -: a network cannot be shown on a terminal; send it to a file or a pipe")
    }
  }
}
