import ArgumentParser
import BasisEngine
import SearchCore

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures how fast one core trains and evaluates a network.",
    discussion: """
      Where the processor has AVX-512 and OPENBLAS_CORETYPE is not set, it is set to SkylakeX.

      Example:
        layersearch bench --model resnet20 --rank-fraction 0.25 --json
      """)

  @OptionGroup var network: NetworkOptions

  @Option(help: "Images a step.")
  var batch = 128

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if !(1...4096).contains(batch) { throw ValidationError("--batch \(batch) must be from 1 to 4096") }
  }

  func run() throws {
    guard let model = network.model else { throw Failure.usage("give --model, such as --model resnet20") }
    let candidate = try network.candidate(in: Architecture(model))
    OpenBLASEnvironment.adopt()
    let measured = try Benchmark.run(
      model: model, candidate: candidate, variant: network.variant ?? .remainder, batch: batch)
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
  }
}
