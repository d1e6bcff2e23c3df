import ArgumentParser
import BasisEngine
import Engines
import Foundation
import ReadableText
import SearchCore

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures how fast one core trains and evaluates a network.",
    discussion: Examples.folded(
      """
      Where the processor has AVX-512 and OPENBLAS_CORETYPE is not set, it is set to SkylakeX.

      --tune measures for which shapes of 3×3 convolution Winograd's algorithm beats the direct sum, and prints this instruction \
      set's entry of Sources/BasisEngine/Algorithms/AlgorithmTable+Measured.swift. Results depend on that table: it is \
      part of the kernel variant that they record.

      Examples:
        layersearch bench --model resnet20 --rank-fraction 0.25 --json
        layersearch bench --model resnet20 --layers
      """))

  @OptionGroup var network: NetworkOptions

  @Option(help: "Images a step.", transform: Number.whole(TrainingLimits.batch))
  var batch = 128

  @Flag(help: "Also say where a training step's time goes, layer by layer.")
  var layers = false

  @Flag(help: "Instead: measure the table of algorithms, which takes a minute or two.")
  var tune = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    if tune { return try Self.tune() }
    guard let model = network.model else { throw Failure.usage("give --model, such as --model resnet20") }
    let candidate = try network.candidate(in: Architecture(model))
    OpenBLASEnvironment.adopt()
    let measured = try Benchmark.run(
      model: model, candidate: candidate, variant: network.variant ?? .remainder, batch: batch,
      measuresLayers: layers)
    if json {
      try JSONOutput.print(measured)
      return
    }
    let dense = candidate == .dense ? "" : ", \(candidate)"
    for line in [
      "network    \(model.rawValue)\(dense), batch \(batch)",
      "training   \(Readable.fixed(measured.trainingImagesPerSecond, digits: 0)) images/s",
      "inference  \(Readable.fixed(measured.inferenceImagesPerSecond, digits: 0)) images/s",
      "memory     \(Readable.bytes(measured.peakMemoryBytes)) at most",
      "kernels    \(measured.kernelVariant)",
    ] { StandardOutput.writeLine(line) }
    if let layers = measured.layers { Self.show(layers) }
  }

  private static func tune() throws {
    let entry = try AlgorithmTuning().run { gain in
      StandardError.shared.writeLine(
        "\(gain.work.rawValue), \(gain.size)×\(gain.size), \(gain.inputs)→\(gain.outputs): \(Readable.fixed(gain.gain, digits: 2))"
      )
    }
    StandardOutput.writeLine(entry)
  }

  /// Milliseconds a step, and the convolutions' GFLOP/s.
  private static func show(_ layers: [LayerTimes.Layer]) {
    func row(_ cells: [String], name: String) -> String {
      name.padding(toLength: 24, withPad: " ", startingAt: 0)
        + cells.map { String(repeating: " ", count: max(0, 16 - $0.count)) + $0 }.joined()
    }
    let works = LayerTimes.Work.allCases
    let titles = works.map { $0.rawValue.replacingOccurrences(of: "_", with: " ") }
    StandardOutput.writeLine("\n" + row(["total, ms"] + titles, name: "training step, by layer"))
    for layer in layers {
      let cells = works.map { work in
        let milliseconds = Readable.fixed(1e3 * (layer.seconds[work.rawValue] ?? 0), digits: 2)
        return layer.gigaflopsPerSecond(of: work).map { "\(milliseconds) @\(Readable.fixed($0, digits: 0))" }
          ?? milliseconds
      }
      StandardOutput.writeLine(row([Readable.fixed(1e3 * layer.totalSeconds, digits: 2)] + cells, name: layer.name))
    }
    let sums = works.map { work in
      Readable.fixed(1e3 * layers.reduce(0) { $0 + ($1.seconds[work.rawValue] ?? 0) }, digits: 2)
    }
    let total = Readable.fixed(1e3 * layers.reduce(0) { $0 + $1.totalSeconds }, digits: 2)
    StandardOutput.writeLine(row([total] + sums, name: "all"))
    StandardOutput.writeLine("(behind @: GFLOP/s of the convolution)")
  }
}
