import ArgumentParser
import BasisEngine
import ReadableText
import SearchCore
import Terminal

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures how fast one core trains and evaluates a network.",
    discussion: Examples.folded(
      """
      --tune measures for which shapes of 3×3 convolutions Winograd's algorithm is faster than the direct sum, and \
      prints this instruction set's entry of Sources/BasisEngine/Algorithms/AlgorithmTable+Measured.swift. Results \
      depend on that table, which is part of the kernel variant on record with them.

      Examples:
        layersearch bench --model resnet20 --rank-fraction 0.25 --json
        layersearch bench --model resnet20 --layers
      """))

  @OptionGroup var network: NetworkOptions

  @OptionGroup var images: ImageOptions

  @Option(help: "Images per step.", reading: Number.whole(TrainingLimits.batch))
  var batch = 128

  @OptionGroup var skipping: SkipOptions

  @OptionGroup var kernels: KernelOptions

  @Flag(help: "Also print the time of a training step layer by layer.")
  var layers = false

  @Flag(help: "Instead, measure the table of algorithms, which takes a minute or two.")
  var tune = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    if tune { return try Self.tune() }
    guard let model = network.model else { throw Failure.usage("give --model, such as --model resnet20") }
    let architecture = try images.architecture(of: model)
    let candidate = try network.choice.candidate(in: architecture)
    let kernels = try self.kernels.kernels.map { try KernelSelection.table(for: $0.instructionSet) }
    let measured = try Benchmark.run(
      model: model, architecture: architecture, candidate: candidate, variant: network.variant ?? .remainder,
      batch: batch, measuresLayers: layers, skip: skipping.skip?.orNone, kernels: kernels)
    if json {
      try JSONOutput.print(measured)
      return
    }
    for line in measured.lines { StandardOutput.writeLine(line) }
  }

  private static func tune() throws {
    let entry = try AlgorithmTuning().run { gain in
      StandardError.shared.writeLine(
        "\(gain.work.rawValue), \(gain.size)×\(gain.size), \(gain.inputs)→\(gain.outputs): "
          + "\(NumberText.fixed(gain.gain, 2))"
      )
    }
    StandardOutput.writeLine(entry)
  }
}
