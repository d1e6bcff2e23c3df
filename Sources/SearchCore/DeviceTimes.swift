/// How long a network's layers take on some device, in whole nanoseconds. A candidate's time on the device follows by
/// addition, and is the same to the bit on every machine.
public struct DeviceTimes: Hashable, Sendable {
  /// A layer in one of its forms.
  public struct LayerForm: Hashable, Sendable, CustomStringConvertible {
    public let layer: String
    /// The rank and variant; `nil` if the layer is dense.
    public let basis: Basis?

    public struct Basis: Hashable, Sendable {
      public let rank: Int
      public let variant: BasisVariant

      public init(rank: Int, variant: BasisVariant) {
        self.rank = rank
        self.variant = variant
      }
    }

    public init(layer: String, basis: Basis? = nil) {
      self.layer = layer
      self.basis = basis
    }

    /// `layer1.0.conv1 at rank 8, variant remainder`
    public var description: String {
      layer + (basis.map { " at rank \($0.rank), variant \($0.variant.rawValue)" } ?? ", dense")
    }
  }

  /// The time of the whole dense network.
  public let network: Int
  public let layers: [LayerForm: Int]

  public init(network: Int, layers: [LayerForm: Int]) {
    self.network = network
    self.layers = layers
  }

  /// Returns the dense network's time, with the times of the decomposed layers in place of the dense ones; `nil` if one
  /// of them is unknown.
  func time(of candidate: Candidate, variant: BasisVariant) -> Int? {
    var time = network
    for decomposition in candidate.decompositions {
      guard let saved = saved(decomposition.layer, decomposition.form, variant: variant) else { return nil }
      time -= saved
    }
    return time
  }

  /// Returns how much less time a form of a layer takes than the dense layer; negative if it takes more, `nil` if
  /// unknown.
  func saved(_ layer: String, _ form: BasisForm, variant: BasisVariant) -> Int? {
    guard let dense = layers[LayerForm(layer: layer)],
      let time = layers[Self.key(layer, form, variant: variant)]
    else { return nil }
    return dense - time
  }

  private static func key(_ layer: String, _ form: BasisForm, variant: BasisVariant) -> LayerForm {
    LayerForm(layer: layer, basis: LayerForm.Basis(rank: form.rank, variant: form.variant ?? variant))
  }
}

extension SearchSpace {
  /// Every layer form that candidates of the space can contain: by layer, the dense one first.
  public var layerForms: [DeviceTimes.LayerForm] {
    choices.flatMap { choice in
      [DeviceTimes.LayerForm(layer: choice.layer)]
        + choice.forms.map {
          DeviceTimes.LayerForm(layer: choice.layer, basis: .init(rank: $0.rank, variant: $0.variant ?? variant))
        }
    }
  }

  /// Returns the space with device times as part of its costs. It keeps only the times of layer forms that candidates
  /// can contain.
  /// - Throws: `SearchError.deviceTimes` if a time is missing or belongs to a layer that the network does not have, or
  ///   if a candidate would take no time.
  public func timed(by times: DeviceTimes) throws(SearchError) -> SearchSpace {
    let names = Set(architecture.layers.map(\.name))
    if let unknown = times.layers.keys.map(\.layer).filter({ !names.contains($0) }).min() {
      throw .deviceTimes(
        "it has times of \(unknown), but \(architecture.model.rawValue) has no such layer; is it for another network?")
    }
    var kept: [DeviceTimes.LayerForm: Int] = [:]
    for form in layerForms {
      guard let time = times.layers[form] else {
        throw .deviceTimes("it has no time of \(form); every layer form of the space needs one")
      }
      kept[form] = time
    }
    let used = DeviceTimes(network: times.network, layers: kept)
    let shortest = choices.reduce(times.network) { time, choice in
      time - max(0, choice.forms.compactMap { used.saved(choice.layer, $0, variant: variant) }.max() ?? 0)
    }
    guard shortest > 0 else {
      throw .deviceTimes("according to it, layers save more than the whole network takes; measure both in the same way")
    }
    var space = self
    space.deviceTimes = used
    space.denseCost.deviceTime = times.network
    return space
  }

  /// Nanoseconds that the fastest candidate takes; `nil` without device times.
  package var shortestDeviceTime: Int? { deviceTimes == nil ? nil : EffectSpace(self).smallestCosts.deviceTime }

  /// The space without device times.
  var untimed: SearchSpace {
    var space = self
    space.deviceTimes = nil
    space.denseCost.deviceTime = nil
    return space
  }
}
