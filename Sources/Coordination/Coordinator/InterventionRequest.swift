import SearchCore

/// A user's request to a coordinator, with everything that the machine cannot know by itself.
public struct InterventionRequest: Sendable {
  /// What the user asks for.
  public enum Action: Sendable {
    case pause
    case resume
    /// Changes the budget; comes with the study's strategy for the new budget.
    case budget(Int, any SearchStrategy)
    /// Adds trainings of a candidate of the study's space, by the kind of work that the study's frontier consists of.
    case add(Candidate, repetitions: Int, WorkTemplate)
    case cancel(job: Int64)
    case retry(job: Int64)
    /// Workers are given by their name or by a prefix that no other worker's name has.
    case drain(worker: String)
    case distrust(worker: String)
  }

  /// A number chosen by the driver; it comes back with the answer.
  public var number: Int
  /// `user@host`, or a name that the user chose, on one line.
  public var author: String
  public var action: Action

  public init(number: Int, author: String, action: Action) {
    self.number = number
    self.author = author
    self.action = action
  }
}
