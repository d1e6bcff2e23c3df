import KernelInterface
import SearchCore

/// The times of a network's layers at inference on one core, each layer in each of its forms.
///
/// A round runs several networks once each: the dense network, whose layers are not timed, and as many others as a
/// layer can have forms, dense included. In these, every layer is timed, and its form changes from network to network
/// and from layer to layer. A round therefore has every form of every layer, next to changing neighbors, and other load
/// on the machine affects all forms alike.
package struct InferenceTimes: Sendable {
  /// The seconds of a batch of the dense network, by round.
  package private(set) var network: [Double] = []
  /// The seconds of each form of a layer in a batch, at least one value per round.
  package private(set) var layers: [DeviceTimes.LayerForm: [Double]] = [:]

  package var rounds: Int { network.count }

  /// The number of rounds that an interval of 90 % needs.
  package static let fewestRounds = 5
  /// More rounds would add little.
  package static let mostRounds = 400

  /// - Parameters:
  ///   - seconds: The time after which no round begins, once there are `fewestRounds`.
  ///   - progress: Called before each round with its number, from 0, and the seconds since the first round began.
  /// - Throws: `EngineError` for a form that the network cannot take or a batch beyond this machine's memory.
  package static func measure(
    _ space: SearchSpace, batch: Int, seconds: Double, kernels: KernelTable,
    progress: (_ round: Int, _ seconds: Double) -> Void = { _, _ in }
  ) throws(EngineError) -> InferenceTimes {
    let workspace = try Workspace(architecture: space.architecture, capacity: batch)
    let dense = try TimedNetwork(.dense, space.variant, workspace, kernels)
    dense.fillInput(seed: 1)
    let count = 1 + (space.choices.map(\.forms.count).max() ?? 0)
    var mixtures: [Mixture] = []
    for number in 0..<count { mixtures.append(try Mixture(number, space, workspace, kernels)) }
    // The first round warms up.
    _ = dense.inferenceSeconds()
    for mixture in mixtures { _ = mixture.run() }
    var times = InferenceTimes()
    let start = ContinuousClock.now
    while times.rounds < mostRounds {
      let elapsed = BasisEngine.seconds(since: start)
      if times.rounds >= fewestRounds, elapsed >= seconds { break }
      progress(times.rounds, elapsed)
      let round = times.rounds
      for place in 0...count {
        // Each round begins with another network.
        let index = (place + round) % (count + 1)
        guard index < count else {
          times.network.append(dense.inferenceSeconds())
          continue
        }
        for (form, seconds) in mixtures[index].run() { times.layers[form, default: []].append(seconds) }
      }
    }
    return times
  }

  /// The seconds of a batch of a whole candidate, compared with the dense network's.
  package struct Comparison: Sendable {
    /// The median of the pairs' ratios.
    package var ratio: Double
    /// The median seconds.
    package var seconds: Double
    package var denseSeconds: Double
  }

  /// Runs a candidate alternately with the dense network, `pairs` times each.
  package static func compare(
    _ candidate: Candidate, in space: SearchSpace, batch: Int, pairs: Int, kernels: KernelTable
  ) throws(EngineError) -> Comparison {
    let workspace = try Workspace(architecture: space.architecture, capacity: batch)
    let networks = [
      try TimedNetwork(.dense, space.variant, workspace, kernels),
      try TimedNetwork(candidate, space.variant, workspace, kernels),
    ]
    networks[0].fillInput(seed: 1)
    for network in networks { _ = network.inferenceSeconds() }
    var seconds: [[Double]] = [[], []]
    for pair in 0..<max(1, pairs) {
      // Alternate which runs first: the second finds warmer caches.
      for index in pair.isMultiple(of: 2) ? [0, 1] : [1, 0] {
        seconds[index].append(networks[index].inferenceSeconds())
      }
    }
    return Comparison(
      ratio: median(zip(seconds[1], seconds[0]).map { $0 / $1 }), seconds: median(seconds[1]),
      denseSeconds: median(seconds[0]))
  }
}

/// A network whose layers have various forms and are all timed.
private final class Mixture {
  private let network: TimedNetwork
  private let times: LayerTimes
  private let forms: [String: DeviceTimes.LayerForm]

  /// - Parameter number: The index of this network among those that together have every form.
  init(_ number: Int, _ space: SearchSpace, _ workspace: Workspace, _ kernels: KernelTable) throws(EngineError) {
    var chosen: [String: BasisForm] = [:]
    var forms: [String: DeviceTimes.LayerForm] = [:]
    for (place, choice) in space.choices.enumerated() {
      let option = (number + place) % (choice.forms.count + 1)
      let form = option == 0 ? nil : choice.forms[option - 1]
      chosen[choice.layer] = form
      forms[choice.layer] = DeviceTimes.LayerForm(
        layer: choice.layer,
        basis: form.map { .init(rank: $0.rank, variant: $0.variant ?? space.variant) })
    }
    times = LayerTimes(kernels)
    network = try TimedNetwork(Candidate(forms: chosen), space.variant, workspace, kernels, times: times)
    self.forms = forms
  }

  /// Runs a batch and returns the seconds of each layer of the space.
  func run() -> [(DeviceTimes.LayerForm, Double)] {
    times.reset()
    _ = network.inferenceSeconds()
    return times.layers(steps: 1).compactMap { layer in forms[layer.name].map { ($0, layer.totalSeconds) } }
  }
}
