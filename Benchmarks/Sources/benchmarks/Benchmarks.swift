import ArgumentParser

@main
struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Measures kernels, training steps and decisions of a search on one core; prints Markdown tables.",
    discussion: """
      swift run -c release --package-path Benchmarks benchmarks kernels
      LAYERSEARCH_KERNELS=avx2 swift run -c release --package-path Benchmarks benchmarks kernels
      swift run -c release --package-path Benchmarks benchmarks steps --model resnet20
      swift run -c release --package-path Benchmarks benchmarks variants --model resnet18 --rank-fraction 0.5
      swift run -c release --package-path Benchmarks benchmarks decisions --model resnet20
      """,
    subcommands: [Kernels.self, Steps.self, Variants.self, Decisions.self])
}

/// The number with this many digits after the decimal point, independent of the locale.
func fixed(_ value: Double, _ digits: Int = 0) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((value * scale).rounded())
  guard digits > 0 else { return String(scaled) }
  let fraction = String(abs(scaled) % Int(scale))
  return "\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
}

func middle(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
