import SearchCore
import SearchProtocol

/// An event that a coordinator handles.
public enum CoordinatorEvent: Sendable {
  /// Comes once, before every other event.
  case started
  case received(WorkerMessage, from: PeerID, Delivery = Delivery())
  /// From now on only holders of these keys may work; connected workers with other keys are shut out. Before the first
  /// such event, any worker may work.
  case keysAuthorized(Set<String>)
  /// The transport could not deliver the message to the peer, which is gone or stuck.
  case unreachable(PeerID, CoordinatorMessage)
  /// Frames were received that are not a message.
  case undecodable(from: PeerID)
  /// The outcome of a `content` effect.
  case content(ContentEvent)
  /// The answer to `question`, which `decide` asked for.
  case decided(round: Int, SearchRound)
  /// A user's request. Before `started`, it is applied to the record alone, and the machine cannot be used afterwards.
  case intervened(InterventionRequest)
  /// Comes several times per heartbeat, whatever else happens.
  case tick
  /// The user wants the process to end (SIGINT, SIGTERM). Workers are not told to leave: they wait for the next
  /// coordinator.
  case stopRequested
}

/// An action that a coordinator wants done once the changes of its turn are on disk.
public enum CoordinatorEffect: Hashable, Sendable {
  case send(CoordinatorMessage, to: PeerID)
  case content(ContentEffect)
  case log(LogLevel, String)
  /// Compute the answer to `question` in the background, and hand it over with `decided`.
  case decide(round: Int)
  /// The outcome of the intervention with this number.
  case answer(Int, InterventionAnswer)
  /// The study cannot go on without a user's help, for this reason. `stop` follows.
  case giveUp(String)
  /// The process may end once it has sent what it was told to send. Comes once.
  case stop
}

/// A study in numbers.
public struct CoordinatorSummary: Hashable, Sendable {
  /// The jobs that exist so far; strategies add more each round.
  public var jobs = JobCounts()
  /// The number of jobs that the whole search will have: exact once the last round is determined, an upper bound until
  /// then.
  public var expectedJobs = 0
  /// The number of seconds until the search's time limit is reached if as many jobs run as now; `nil` without a limit.
  public var budgetSeconds: Double?
  public var workers = 0
  /// The number of these workers that are benched or held back until others have tried the jobs that failed at them.
  public var restingWorkers = 0
  public var slots = 0
  /// The number of valid results for jobs that had a result already.
  public var lateResults = 0
  public var undecodable = 0
  public var isFinished = false
  /// Whether the study is paused, so that no job is handed out.
  public var isPaused = false
}
