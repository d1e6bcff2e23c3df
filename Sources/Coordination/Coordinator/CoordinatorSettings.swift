import SearchCore
import SearchProtocol

/// The settings of a coordinator. All durations are in seconds.
public struct CoordinatorSettings: Sendable {
  /// The identity of the study. Workers drop the attempts of any other study.
  public var study: String
  public var studyName: String
  public var data: DataRequirement
  /// The maximum number of jobs of the search, whatever becomes of them; `nil` for as many as the strategy wants.
  public var jobBudget: Int?
  /// The kernels that every worker must compute with; `nil` for native kernels, the fastest that each worker has.
  public var kernels: KernelDemand?
  /// Whether OpenBLAS's core type is a part of the kernel variants of some results (`Work.usesOpenBLAS`).
  public var countsCoreTypes = false
  /// The approximate memory that a training takes, in bytes, for peers that start workers; `nil` if unknown.
  public var slotBytes: Int?
  /// The time that the search may spend.
  public var timeLimits = TimeLimits()
  /// Whether the coordinator keeps running after the study is finished, to tell workers that come later to leave.
  public var keepsRunning = false

  public var heartbeatSeconds = 5.0
  /// An attempt is lost if nothing was heard of it for this time.
  public var leaseSeconds = 60.0
  /// The maximum time left of a lease once the worker's connection is known to be broken, for the worker to reconnect.
  public var reattachSeconds = 15.0
  /// How long a job may be in flight before a heartbeat that does not list it means that the job was lost.
  public var deliverySeconds = 10.0
  /// A longer gap between two ticks means that the coordinator itself stood still.
  public var stallSeconds = 10.0
  /// How long to wait for workers to say goodbye after the study's end.
  public var drainSeconds = 5.0

  /// The length of the data set in bytes; 0 if workers cannot fetch it from this coordinator.
  public var dataBytes = 0
  /// The maximum number of pieces of contents in flight to one worker, and to all workers.
  public var piecesAWorker = 4
  public var piecesAtOnce = 128
  /// A ticket that is not returned within this time is forgotten.
  public var ticketSeconds = 60.0
  /// The maximum number of contents taken from workers at the same time, a few pieces of each.
  public var contentsAtOnce = 16
  public var contentLimits = ContentLimits()
  /// The contents that are on disk already.
  public var contents: [StoredContent] = []

  /// An attempt whose training makes no progress for this time is lost, whatever its worker reports. Longer than
  /// workers wait for their engines (`--longest-silence`), because a worker's own account of the failure says more.
  public var stalledSeconds = 1800.0
  /// A job is set aside after this many failures at one worker that has finished other jobs, or after one fewer at two
  /// or more such workers.
  public var failuresUntilSetAside = 3
  /// A job is set aside after this many losses with workers that have finished other jobs.
  public var lossesUntilSetAside = 20
  /// The number of failures in a row after which a worker pauses, and the length of the pause, which doubles each
  /// further time up to the longest.
  public var strikesUntilPause = 3
  public var pauseSeconds = 0.5
  public var longestPauseSeconds = 600.0
  /// The number of failures in a row of the whole study, or of jobs set aside in a row, after which the study needs a
  /// user.
  public var failuresUntilGivenUp = 10
  /// The jobs that the user wants left out; they are set aside at the start.
  public var leftOut: Set<Int64> = []
  /// Whether the last jobs of a round are placed by forecast: each with the worker that will finish it first.
  public var forecastsEnds = true
  /// Whether slow trainings get second attempts on idle slots when no job waits.
  public var speculates = false
  /// How long a job waits for the worker that has the state to continue from.
  public var stateSeconds = 30.0
  /// Notes for the user on the study's configuration, one line each, recorded when the study begins.
  public var notes: [String] = []
  /// The results of another study, used for jobs that are the same here.
  public var earlier: EarlierResults?
  /// A worker with this many failed jobs that no other witness has tried since gets no more jobs until one has.
  public var jobsInDoubtUntilHeldBack = 3
  /// A worker is benched if this many of its latest attempts failed at jobs that other workers finished.
  public var faultsUntilBenched = 3
  /// The length of the first bench; it doubles each further time.
  public var benchSeconds = 600.0
  /// The maximum number of connected workers; further ones are refused, so that memory stays bounded.
  public var maximumWorkers = 20_000

  public init(
    study: String, studyName: String, data: DataRequirement, jobBudget: Int? = nil
  ) {
    self.study = study
    self.studyName = studyName
    self.data = data
    self.jobBudget = jobBudget
  }
}
