import ArgumentParser
import Configuration
import Files
import ReadableText
import SearchCore
import Services
import Studies
import Terminal
import TextInput
import Trainings

struct TimesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "times",
    abstract: "Measures each layer's inference time, dense and at each rank, as a table for device_time.",
    discussion: Examples.folded(
      """
      A study with the objective device_time adds up the table's times for each candidate (device_times: FILE in its \
      configuration). Every form of every layer is timed in rounds, interleaved with the dense network, on one core of \
      this machine; --seconds limits the time. --check then runs random candidates as a whole and prints how far the \
      sums are off. --forms measures nothing and lists what another device has to measure, with shapes.

      Examples:
        layersearch times --model resnet20 --rank-fractions 0.25,0.5 --output times.csv
        layersearch times --config Configs/cifar10-resnet20.yaml --output times.csv --check 20
        layersearch times --model resnet18 --ranks 16,32 --variants remainder,full --forms --output forms.csv
      """))

  @Option(help: Model.optionHelp, completion: Model.completion, transform: Model.read)
  var model: Model?

  @Option(
    help: ArgumentHelp(
      """
      A study's configuration, instead of a network with its layers and ranks; the table that it names may still be \
      missing.
      """,
      valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("Ranks, such as 4,8.", valueName: "r,r"), transform: Self.list(NetworkOptions.wholeRank))
  var ranks: [Int]?

  @Option(
    help: ArgumentHelp(
      "Ranks as fractions of a layer's output channels (default: 0.25,0.5).", valueName: "f,f"),
    transform: Self.list(NetworkOptions.fraction))
  var rankFractions: [Double]?

  @Option(
    help: ArgumentHelp(
      "Variants of basis convolutions, such as remainder,full (default: remainder).", valueName: "v,v"),
    transform: Self.list { text in
      guard let variant = BasisVariant(rawValue: text) else {
        throw ValidationError("it cannot be '\(text)'; \(BasisVariant.hint(for: text))")
      }
      return variant
    })
  var variants: [BasisVariant]?

  @Option(
    help: ArgumentHelp("Patterns of the layers to measure (default: 'layer*').", valueName: "pattern,pattern"),
    transform: Self.list { $0 })
  var include: [String]?

  @OptionGroup var images: ImageOptions

  @Option(help: "Images per batch.", reading: Number.whole(TrainingLimits.batch))
  var batch = 128

  @Option(
    help: ArgumentHelp("Begin no round after this many seconds, except the first five (default: 60).", valueName: "s"),
    transform: Number.decimal(NumberLimit("from 0 to 86400") { (0...86_400).contains($0) }))
  var seconds: Double = 60

  @Option(
    help: ArgumentHelp(
      "Also run this many random candidates, and print how far the table's sums are off.", valueName: "n"),
    transform: Number.whole(1...1000))
  var check: Int?

  @Option(
    help: ArgumentHelp(
      "With --check: an existing table of this machine to check, instead of measuring one.", valueName: "file"))
  var table: String?

  @Flag(help: "Measure nothing: list every form of every layer, with its shapes.")
  var forms = false

  @Option(help: ArgumentHelp("Write to this file instead of standard output (-).", valueName: "file"))
  var output: String?

  func validate() throws {
    if forms, check != nil { throw ValidationError("--forms measures nothing; leave out --check") }
    if table != nil, check == nil { throw ValidationError("--table requires --check") }
    if table != nil, output != nil {
      throw ValidationError("--table only checks a table and writes none; leave out --output")
    }
    if ranks != nil, rankFractions != nil { throw ValidationError("--ranks and --rank-fractions exclude each other") }
    guard config != nil else { return }
    for (option, isGiven) in [
      ("--model", model != nil), ("--ranks", ranks != nil), ("--rank-fractions", rankFractions != nil),
      ("--variants", variants != nil), ("--include", include != nil),
      ("--image-size", images.imageSize != nil), ("--classes", images.classes != nil),
    ] where isGiven {
      throw ValidationError("\(option): the study of --config already specifies this; leave one of them out")
    }
  }

  func run() throws {
    let (space, kernels) = try spaceAndKernels()
    let output = try OutputFile(output ?? "-", option: "--output", reading: [config])
    if forms {
      try write(LayerFormList.text(of: space), to: output)
      return
    }
    let known = try known(space.architecture)
    let timing = try DeviceTiming(space, batch: batch, kernels: kernels, machine: MachineExamination.processor)
    let measured =
      try known
      ?? timing.table(seconds: seconds) { round, elapsed in
        let limit = seconds > 0 ? " of \(Readable.duration(seconds: seconds))" : ""
        status("round \(round + 1), \(Readable.duration(seconds: elapsed))\(limit)", isPlain: round % 20 == 0)
      }
    if known == nil {
      StandardError.shared.end()
      try write(measured.text, to: output)
    }
    guard let check else { return }
    let result = try timing.check(measured, candidates: check) { number in
      status("candidate \(number + 1) of \(check)", isPlain: number % 5 == 0)
    }
    StandardError.shared.end()
    // Nothing but the table may be written to the table's standard output.
    for line in result.lines {
      if known == nil, output.isStandardOutput {
        StandardError.shared.writeLine(line)
      } else {
        StandardOutput.writeLine(line)
      }
    }
  }

  private func write(_ text: String, to output: OutputFile) throws {
    try output.write(text.utf8)
    if output.isRegular { StandardError.shared.writeLine("wrote \(output.path)") }
  }

  /// Shows the status in place on a terminal, otherwise only some of the lines.
  private func status(_ text: String, isPlain: Bool) {
    if StandardError.shared.isTerminal {
      StandardError.shared.show(status: text)
    } else if isPlain {
      StandardError.shared.writeLine(text)
    }
  }

  private func known(_ architecture: Architecture) throws -> DeviceTimeTable? {
    guard let table else { return nil }
    let known: DeviceTimeTable
    do { known = try DeviceTimeTable(path: table) } catch { throw Failure.usage("\(error)") }
    if let mismatch = known.mismatch(with: architecture) { throw Failure.usage("--table \(table): \(mismatch)") }
    return known
  }

  /// Returns the space, and the instruction set if the study demands one.
  private func spaceAndKernels() throws -> (SearchSpace, InstructionSet?) {
    guard let config else { return (try space(), nil) }
    let definition = try StudyDefinition(file: config, readsStart: false, readsTimes: false)
    return (definition.space, definition.recipe.kernels?.native)
  }

  private func space() throws -> SearchSpace {
    guard let model else {
      throw Failure.usage("give --model, such as --model resnet20, or --config with a study's configuration")
    }
    let variants = self.variants ?? [.remainder]
    return try SearchSpace(
      architecture: try images.architecture(of: model),
      ranks: ranks.map { .absolute($0) } ?? .fractions(rankFractions ?? [0.25, 0.5]),
      include: include ?? ["layer*"], variant: variants.first ?? .remainder, others: Array(variants.dropFirst()))
  }

  private static func list<Value>(
    _ read: @escaping @Sendable (String) throws -> Value
  ) -> @Sendable (String) throws -> [Value] {
    { text in try text.split(separator: ",", omittingEmptySubsequences: false).map { try read(String($0)) } }
  }
}
