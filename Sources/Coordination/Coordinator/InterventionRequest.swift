import SearchCore

/// What a person asks of a coordinator, with what the machine cannot know by itself.
public struct InterventionRequest: Sendable {
  public enum Action: Sendable {
    case pause
    case resume
    /// With the strategy that the study has under this budget.
    case budget(Int, any SearchStrategy)
    /// Of the study's space, trained by the kind of work that its frontier is made of.
    case add(Candidate, repetitions: Int, WorkTemplate)
    case cancel(job: Int64)
    case retry(job: Int64)
    /// Workers by their names, or the beginnings of them that no other has.
    case drain(worker: String)
    case distrust(worker: String)
  }

  /// The driver's: it comes back with the answer.
  public var number: Int
  /// `user@host`, or what a person calls itself; on one line.
  public var author: String
  public var action: Action

  public init(number: Int, author: String, action: Action) {
    self.number = number
    self.author = author
    self.action = action
  }
}
