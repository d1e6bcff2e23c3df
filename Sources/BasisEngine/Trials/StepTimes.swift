import KernelInterface
import SearchCore

/// The times of a network's training steps on one core: of the whole step, and of each layer's kernels.
package struct StepTimes: Sendable {
  /// A form of a network.
  package struct Form: Sendable {
    package var candidate: Candidate
    package var variant: BasisVariant

    package init(candidate: Candidate, variant: BasisVariant) {
      self.candidate = candidate
      self.variant = variant
    }
  }

  /// The median seconds of a step whose layers are not timed.
  package var stepSeconds: Double
  /// The median seconds of each layer, and of the kernels that belong to none (`LayerTimes.other`).
  package var layers: [LayerTimes.Layer]
  /// The median seconds of a step that belong to no layer: the shortcuts' sums, pooling, the loss, the update, and the
  /// time between kernels. Together with the layers' seconds, they make up a step.
  package var otherSeconds: Double

  /// More steps would add little.
  private static let mostSteps = 15

  /// Times the dense network and each form, every form alternately with the dense network, so that other load on the
  /// machine affects both alike.
  /// - Parameters:
  ///   - seconds: The time after which a form's timing, warm-up and dense network included, ends with the running pair
  ///     of steps.
  ///   - begins: Called before each form with its index.
  /// - Returns: The dense network's times, and those of each form.
  /// - Throws: `EngineError` for a candidate that the network cannot take or a batch beyond this machine's memory.
  package static func measure(
    _ forms: [Form], of architecture: Architecture, batch: Int, seconds: Double, kernels: KernelTable,
    begins: (Int) -> Void = { _ in }
  ) throws(EngineError) -> (dense: StepTimes, forms: [StepTimes]) {
    let workspace = try Workspace(architecture: architecture, capacity: batch)
    let dense = try TimedForm(Form(candidate: .dense, variant: .remainder), workspace, kernels)
    dense.fillInput()
    dense.warmUp()
    func timed(_ form: TimedForm?) {
      let start = ContinuousClock.now
      form?.warmUp()
      var steps = 0
      repeat {
        // Alternate which runs first: the second finds warmer caches.
        let pair = [form, dense].compactMap(\.self)
        for form in steps.isMultiple(of: 2) ? pair : pair.reversed() { form.step() }
        steps += 1
      } while steps < mostSteps && BasisEngine.seconds(since: start) < seconds
    }
    if forms.isEmpty { timed(nil) }
    var times: [StepTimes] = []
    for (index, form) in forms.enumerated() {
      begins(index)
      let form = try TimedForm(form, workspace, kernels)
      timed(form)
      times.append(form.times)
    }
    return (dense.times, times)
  }
}

/// A form's network, once plain and once with every layer timed, and the times of its steps.
private final class TimedForm {
  private let plain: TimedNetwork
  private let layered: TimedNetwork
  private let layerTimes: LayerTimes
  private var steps: [Double] = []
  private var layers: [[LayerTimes.Layer]] = []
  private var others: [Double] = []

  init(_ form: StepTimes.Form, _ workspace: Workspace, _ kernels: KernelTable) throws(EngineError) {
    let layerTimes = LayerTimes(kernels)
    plain = try TimedNetwork(form.candidate, form.variant, workspace, kernels)
    layered = try TimedNetwork(form.candidate, form.variant, workspace, kernels, times: layerTimes)
    self.layerTimes = layerTimes
  }

  /// Fills the input that all networks of the workspace share.
  func fillInput() { plain.fillInput(seed: 1) }

  func warmUp() {
    _ = plain.trainingStepSeconds()
    _ = layered.trainingStepSeconds()
  }

  func step() {
    steps.append(plain.trainingStepSeconds())
    layerTimes.reset()
    let whole = layered.trainingStepSeconds()
    let layers = layerTimes.layers(steps: 1)
    others.append(whole - layers.reduce(0) { $0 + ($1.name == LayerTimes.other ? 0 : $1.totalSeconds) })
    self.layers.append(layers)
  }

  var times: StepTimes {
    let layers = (self.layers.first ?? []).indices.map { index in
      var layer = self.layers[0][index]
      for work in layer.seconds.keys {
        layer.seconds[work] = median(self.layers.map { $0[index].seconds[work] ?? 0 })
      }
      return layer
    }
    return StepTimes(stepSeconds: median(steps), layers: layers, otherSeconds: median(others))
  }
}
