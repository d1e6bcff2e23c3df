/// Where a work finds and leaves files on this machine.
public struct WorkFiles: Sendable {
  /// Folder or file of the data set; not used for drawn sets.
  public var data: String?
  /// Checkpoint of the trained network that the work starts from.
  public var weights: String?
  /// Where the trained network is written, unless the training diverged; nil: nowhere.
  public var network: String?
  /// State of an earlier part of the same training, as `state` left it. What cannot be gone on from is not used.
  public var earlierState: String?
  /// Where the training's state is left at its end, unless it diverged, so that it can go on from there; nil: nowhere.
  public var state: String?

  public init(
    data: String? = nil, weights: String? = nil, network: String? = nil, earlierState: String? = nil,
    state: String? = nil
  ) {
    self.data = data
    self.weights = weights
    self.network = network
    self.earlierState = earlierState
    self.state = state
  }
}
