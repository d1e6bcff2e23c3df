import SearchCore
import SearchProtocol

/// What happens to a coordinator.
public enum CoordinatorEvent: Sendable {
  /// Once, before every other event.
  case started
  case received(WorkerMessage, from: PeerID, Delivery = Delivery())
  /// From now on only holders of these keys may work, and those who are there with another are shut out. Until the
  /// first of these, anybody may.
  case keysAuthorized(Set<String>)
  /// The transport could not hand the message to the peer, which is gone or stuck.
  case unreachable(PeerID, CoordinatorMessage)
  /// Frames came that are no message.
  case undecodable(from: PeerID)
  /// What became of a `content` effect.
  case content(ContentEvent)
  /// The answer to `question`, which `decide` asked for.
  case decided(round: Int, SearchRound)
  /// A person asks for something. Before `started` it is done on the record alone: the machine is of no use afterwards.
  case intervened(InterventionRequest)
  /// Several times a heartbeat, whatever else happens.
  case tick
  /// The user wants the process to end (SIGINT, SIGTERM). Workers are not told to leave: they wait for the next start.
  case stopRequested
}

/// What a coordinator wants done once the changes of its turn are on the disk.
public enum CoordinatorEffect: Hashable, Sendable {
  case send(CoordinatorMessage, to: PeerID)
  case content(ContentEffect)
  case log(LogLevel, String)
  /// Answer `question` beside everything else, and say what comes of it with `decided`.
  case decide(round: Int)
  /// What became of the intervention with this number.
  case answer(Int, InterventionAnswer)
  /// The study cannot go on without a person, for this reason. `stop` follows.
  case giveUp(String)
  /// Everything is said: the process may end once it has sent what it was told to send. Comes once.
  case stop
}

/// The state of a study in numbers.
public struct CoordinatorSummary: Hashable, Sendable {
  /// That exist so far; strategies add more round by round.
  public var jobs = JobCounts()
  /// Jobs that the whole search will have: exact once the last round is determined, until then the most that it can be.
  public var expectedJobs = 0
  /// Seconds until the time that the search may take is spent, at as many running jobs as now; nil without a bound.
  public var budgetSeconds: Double?
  public var workers = 0
  /// Of these: benched, or held back until others have tried what failed at them.
  public var restingWorkers = 0
  public var slots = 0
  /// Valid results for jobs that had one already.
  public var lateResults = 0
  public var undecodable = 0
  public var isFinished = false
  /// No job is handed out.
  public var isPaused = false
}
