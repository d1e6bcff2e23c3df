/// Where a work finds and leaves files on this machine.
public struct WorkFiles: Sendable {
  /// Folder or file of the data set; not used for drawn sets.
  public var data: String?
  /// Checkpoint of the trained network that the work starts from.
  public var weights: String?
  /// Where the trained network is written, unless the training diverged; nil: nowhere.
  public var network: String?
  /// State of an earlier part of the same training, as `states` left it. What cannot be gone on from is not used.
  public var earlierState: String?
  /// Where the training's state is left, for the count of epochs that are done, so that it can go on from there; nil:
  /// nowhere. At ends of epochs on the way, until the next is left or the training ends; and where the recipe's `until`
  /// ends it early, unless it diverged.
  public var states: (@Sendable (_ epochs: Int) -> String)?
  /// Of training, at least, between two that are left on the way: so that they cost nothing that is seen.
  public var secondsBetweenStates = 60.0

  public init(
    data: String? = nil, weights: String? = nil, network: String? = nil, earlierState: String? = nil,
    states: (@Sendable (_ epochs: Int) -> String)? = nil
  ) {
    self.data = data
    self.weights = weights
    self.network = network
    self.earlierState = earlierState
    self.states = states
  }
}
