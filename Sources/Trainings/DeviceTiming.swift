import BasisEngine
import Configuration
import KernelInterface
import Processes
import Randomness
import ReadableText
import Reporting
import SearchCore

/// Measures how long the layers of a network take on one core of this machine, as a table, and how well such a table
/// predicts the times of whole candidates.
package struct DeviceTiming {
  private let space: SearchSpace
  private let batch: Int
  private let kernels: KernelTable
  /// The machine's name in the table's facts.
  private let machine: String

  /// - Parameter kernels: The instruction set; `nil` for the fastest one that this machine supports.
  /// - Throws: `KernelSelectionError` if this machine does not support the instruction set.
  package init(_ space: SearchSpace, batch: Int, kernels: InstructionSet? = nil, machine: String) throws {
    self.space = space
    self.batch = batch
    self.machine = machine
    self.kernels = try KernelSelection.table(for: kernels)
  }

  /// Measures the table. The parameters and errors are those of `InferenceTimes.measure`.
  package func table(
    seconds: Double, progress: (_ round: Int, _ seconds: Double) -> Void = { _, _ in }
  ) throws -> DeviceTimeTable {
    let times = try InferenceTimes.measure(
      space, batch: batch, seconds: seconds, kernels: kernels, progress: progress)
    func time(_ values: [Double]) -> DeviceTimeTable.Time? {
      MedianInterval(values).map { DeviceTimeTable.Time(seconds: $0.median, low: $0.low, high: $0.high) }
    }
    let facts: [(String, String)] = [
      (DeviceTimeTable.modelFact, space.architecture.model.rawValue), ("machine", machine),
      ("kernels", KernelVariant(KernelSelection.variantDescription(of: kernels)).withoutCoreType.text),
      ("threads", "1"), ("batch", "\(batch)"),
      (DeviceTimeTable.imagesFact, DeviceTimeTable.imagesText(space.architecture)),
      ("rounds", "\(times.rounds), medians with 90 % intervals"), ("made by", Version.text),
    ]
    return DeviceTimeTable(
      facts: facts.map { DeviceTimeTable.Fact($0.0, $0.1) },
      network: time(times.network) ?? DeviceTimeTable.Time(seconds: 0),
      layers: space.layerForms.compactMap { form in
        times.layers[form].flatMap(time).map { DeviceTimeTable.Row(form: form, time: $0) }
      })
  }

  /// Runs random candidates, alternating with the dense network, and compares their times with the table's predictions.
  /// - Parameter progress: Called before each candidate with its number, starting at 0.
  /// - Throws: `SearchError` if the table lacks forms of the space.
  package func check(
    _ table: DeviceTimeTable, candidates count: Int, progress: (_ number: Int) -> Void = { _ in }
  ) throws -> DeviceTimeCheck {
    let timed = try space.timed(by: table.times)
    var candidates: [DeviceTimeCheck.Entry] = []
    for (number, candidate) in drawn(count).enumerated() {
      progress(number)
      let measured = try InferenceTimes.compare(
        candidate, in: space, batch: batch, pairs: Self.pairs, kernels: kernels)
      let cost = timed.cost(of: candidate)
      guard let predicted = cost.deviceTimeRatio(to: timed.denseCost) else { continue }
      candidates.append(
        DeviceTimeCheck.Entry(
          candidate: candidate.description,
          label: CandidateLabel(candidate, in: space.architecture).text, predictedRatio: predicted,
          measuredRatio: measured.ratio, measuredSeconds: measured.seconds))
    }
    return DeviceTimeCheck(candidates: candidates)
  }

  private static let pairs = 21

  /// Draws different candidates, each with its own probability that a layer is decomposed; fewer than `count` if the
  /// space has no more.
  private func drawn(_ count: Int) -> [Candidate] {
    var random = StableRandom(seed: 1, purpose: "check of device times")
    var candidates: [Candidate] = []
    for _ in 0..<(100 * count) where candidates.count < count {
      let probability = random.uniform()
      var forms: [String: BasisForm] = [:]
      for choice in space.choices where random.uniform() < probability {
        forms[choice.layer] = choice.forms[random.integer(below: choice.forms.count)]
      }
      let candidate = Candidate(forms: forms)
      if !candidate.isDense, !candidates.contains(candidate) { candidates.append(candidate) }
    }
    return candidates
  }
}

/// A table's predictions for whole candidates, beside the measurements.
package struct DeviceTimeCheck: Sendable {
  package struct Entry: Sendable {
    package var candidate: String
    package var label: String
    /// A share of the dense network's time.
    package var predictedRatio: Double
    package var measuredRatio: Double
    package var measuredSeconds: Double

    /// Above 0 if the prediction was too high.
    package var error: Double { predictedRatio / measuredRatio - 1 }
  }

  package var candidates: [Entry]

  /// The median of the absolute errors; `nil` without candidates.
  package var medianError: Double? { Statistics.median(candidates.map { abs($0.error) }) }

  /// The lines for human readers.
  package var lines: [String] {
    let rows = candidates.map { entry in
      [
        NumberText.percent(entry.predictedRatio), NumberText.percent(entry.measuredRatio),
        (entry.error < 0 ? "" : "+") + NumberText.percent(entry.error),
        NumberText.fixed(1e3 * entry.measuredSeconds, 2), entry.label,
      ]
    }
    let table = AlignedColumns.lines([["predicted", "measured", "error", "ms", "candidate"]] + rows)
    let worst = candidates.map { abs($0.error) }.max()
    let summary = medianError.map { median in
      "predicted against measured, as shares of the dense network's time: median error \(NumberText.percent(median)), "
        + "largest \(NumberText.percent(worst ?? median)), of \(NumberText.plural(candidates.count, "candidate"))"
    }
    return table + [summary].compactMap(\.self)
  }
}

/// What must be measured on a device other than this machine: a table of all layer forms with their shapes.
package enum LayerFormList {
  private static let columns = [
    "layer", "rank", "variant", "inputs", "outputs", "kernel", "stride", "side", "groups", "in_space",
  ]

  /// All layers of the network in order, each first dense and then in its forms in the space.
  package static func text(of space: SearchSpace) -> String {
    let forms = Dictionary(grouping: space.layerForms, by: \.layer)
    let rows = space.architecture.layers.flatMap { layer in
      let own = forms[layer.name]
      return (own ?? [DeviceTimes.LayerForm(layer: layer.name)]).map { form in
        [
          layer.name, form.basis.map { "\($0.rank)" } ?? "", form.basis?.variant.rawValue ?? "",
          "\(layer.inputChannels)", "\(layer.outputChannels)", "\(layer.kernelSize)", "\(layer.stride)",
          "\(layer.inputSize)", "\(form.basis?.variant.groups ?? 1)", own == nil ? "no" : "yes",
        ]
      }
    }
    let facts = [
      (DeviceTimeTable.modelFact, space.architecture.model.rawValue),
      (DeviceTimeTable.imagesFact, DeviceTimeTable.imagesText(space.architecture)),
    ]
    return facts.map { "# \($0): \($1)\n" }.joined() + StudyReport.csv([columns] + rows)
  }
}
