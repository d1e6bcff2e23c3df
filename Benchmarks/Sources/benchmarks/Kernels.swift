import ArgumentParser
import BasisEngine
import CPeak
import KernelInterface

struct Kernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Each kernel on the shapes of ResNet-20 and ResNet-18: GFLOP/s, and per cent of the core's bare loop.",
    discussion: "Winograd's rates count the operations of the direct sum, so that they may exceed 100 %.")

  @Option(help: "Measurements of each, of which the median counts.")
  var rounds = 7

  func run() throws {
    let kernels = try KernelSelection.best()
    let peak = peak_operations(kernels.name)
    print("\(KernelSelection.variantDescription(of: kernels)), one core; its bare loops:", terminator: "\n\n")
    print("| what | rate |", "|---|---|", separator: "\n")
    print("| multiply-adds in registers | \(fixed(peak / 1e9)) GFLOP/s |")
    for (name, bytes) in [("256 KB", 1 << 18), ("64 MB", 1 << 26)] {
      print("| read, \(name) | \(fixed(peak_read(Int64(bytes)) / 1e9)) GB/s |")
      print("| write, \(name) | \(fixed(peak_write(Int64(bytes)) / 1e9)) GB/s |")
    }
    print("\n| convolution | forward | input gradient | weight gradient |", "|---|---|---|---|", separator: "\n")
    for shape in Self.shapes { convolution(shape, kernels, peak) }
    print(
      "\n| batch norm's pass on 256 pixels of C channels | C = 16 | 32 | 64 |", "|---|---|---|---|", separator: "\n")
    for pass in KernelBenchmark.Pass.allCases {
      let rates = [(16, 32), (32, 16), (64, 8)].map { channels, size in
        let benchmark = KernelBenchmark(
          shape: ConvolutionShape(outputChannels: channels, inputChannels: channels, kernelSize: 3, stride: 1),
          size: size, kernels: kernels)
        let seconds = middle((0..<rounds).map { _ in benchmark.seconds(pass) })
        return "\(fixed(benchmark.bytes(pass) / seconds / 1e9)) GB/s"
      }
      print("| \(pass.rawValue) | \(rates.joined(separator: " | ")) |")
    }
  }

  /// (outputs, inputs, kernel, stride, size of the input plane)
  private static let shapes = [
    (16, 3, 3, 1, 32), (16, 16, 3, 1, 32), (8, 16, 3, 1, 32), (4, 16, 3, 1, 32), (3, 16, 3, 1, 32), (12, 4, 1, 1, 32),
    (32, 16, 3, 2, 32), (32, 32, 3, 1, 16), (16, 32, 3, 1, 16), (8, 32, 3, 1, 16), (24, 8, 1, 1, 16),
    (64, 32, 3, 2, 16), (64, 64, 3, 1, 8), (32, 64, 3, 1, 8), (16, 64, 3, 1, 8), (48, 16, 1, 1, 8),
    (64, 64, 3, 1, 32), (128, 128, 3, 1, 16), (256, 256, 3, 1, 8), (512, 512, 3, 1, 4),
  ]

  private func convolution(_ numbers: (Int, Int, Int, Int, Int), _ kernels: KernelTable, _ peak: Double) {
    let (outputs, inputs, kernel, stride, size) = numbers
    let shape = ConvolutionShape(
      outputChannels: outputs, inputChannels: inputs, kernelSize: kernel, stride: stride)
    let name = "\(kernel)×\(kernel), \(inputs)→\(outputs), \(size)×\(size)" + (stride == 2 ? ", stride 2" : "")
    let algorithms: [(ConvolutionAlgorithm, String)] = [(.direct, ""), (.winograd, ", Winograd")]
    for (algorithm, label) in kernel == 3 && stride == 1 ? algorithms : [algorithms[0]] {
      let benchmark = KernelBenchmark(shape: shape, algorithm: algorithm, size: size, kernels: kernels)
      let cells = KernelBenchmark.Convolution.allCases.map { work in
        let seconds = middle((0..<rounds).map { _ in benchmark.seconds(work) })
        let rate = benchmark.operations / seconds
        return fixed(rate / 1e9) + (peak > 0 ? " (\(fixed(100 * rate / peak)) %)" : "")
      }
      print("| \(name)\(label) | \(cells.joined(separator: " | ")) |")
    }
  }
}
