import ReadableText
import SearchCore

extension Benchmark {
  /// The results in lines for people to read.
  package var lines: [String] {
    let shown = candidate == Candidate.dense.description ? "" : ", \(candidate)"
    return [
      "network    \(model.rawValue)\(shown), batch \(batch)",
      "training   \(NumberText.fixed(trainingImagesPerSecond, 0)) images/s",
      "inference  \(NumberText.fixed(inferenceImagesPerSecond, 0)) images/s",
      "memory     \(Readable.bytes(peakMemoryBytes)) at most",
      "kernels    \(kernelVariant)",
    ] + (layers.map(Self.table) ?? [])
  }

  /// Returns a table of milliseconds per step and the convolutions' GFLOP/s.
  private static func table(_ layers: [LayerTimes.Layer]) -> [String] {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    func row(_ name: String, _ cells: [String]) -> String {
      name + String(repeating: " ", count: max(0, 24 - name.count)) + cells.map { right($0, 16) }.joined()
    }
    func milliseconds(_ seconds: Double) -> String { NumberText.fixed(1e3 * seconds, 2) }
    let works = LayerTimes.Work.allCases
    let titles = works.map { $0.rawValue.replacing("_", with: " ") }
    let rows = layers.map { layer in
      let cells = works.map { work in
        let time = milliseconds(layer.seconds[work.rawValue] ?? 0)
        return layer.gigaflopsPerSecond(of: work).map { "\(time) @\(NumberText.fixed($0, 0))" } ?? time
      }
      return row(layer.name, [milliseconds(layer.totalSeconds)] + cells)
    }
    let sums = works.map { work in milliseconds(layers.reduce(0) { $0 + ($1.seconds[work.rawValue] ?? 0) }) }
    let total = milliseconds(layers.reduce(0) { $0 + $1.totalSeconds })
    return ["", row("training step, by layer", ["total, ms"] + titles)] + rows
      + [row("all", [total] + sums), "(behind @: GFLOP/s of the convolution)"]
  }
}
