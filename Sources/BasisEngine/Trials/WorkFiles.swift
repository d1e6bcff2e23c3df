/// The files that a work reads and writes on this machine.
public struct WorkFiles: Sendable {
  /// The folder or file of the data set; not used for drawn sets.
  public var data: String?
  /// The checkpoint of the trained network that the work starts from.
  public var weights: String?
  /// The file to which the trained network is written, unless the training diverged; `nil` for none.
  public var network: String?
  /// The state of an earlier part of the same training, as saved to `states`. A state that cannot be continued is
  /// ignored.
  public var earlierState: String?
  /// Returns the file to which the training's state is saved, for a number of completed epochs, so that the training
  /// can continue from there; `nil` to save none. States are saved at ends of epochs on the way, each until the next is
  /// saved or the training ends, and, if the recipe's `until` ends the training early, at its end unless it diverged.
  public var states: (@Sendable (_ epochs: Int) -> String)?
  /// The least training time between two states saved on the way, so that saving takes no noticeable time.
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
