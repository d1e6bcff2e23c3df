import SearchCore
import SearchProtocol

/// What a coordinator needs to know. All durations are in seconds.
public struct CoordinatorSettings: Sendable {
  /// Identity of the study: workers that carry attempts of another one drop them.
  public var study: String
  public var studyName: String
  public var data: DataRequirement
  /// Most jobs that the study may have in all, whatever becomes of them; nil for as many as the strategy wants.
  public var jobBudget: Int?
  /// What every worker has to compute with; nil for native kernels, the fastest of each.
  public var kernels: KernelDemand?
  /// OpenBLAS's core type is a part of the kernel variants of some results (`Work.usesOpenBLAS`).
  public var countsCoreTypes = false
  /// About what a training takes in memory, for those who start workers; nil where that is not known.
  public var slotBytes: Int?
  /// How much time the search may spend.
  public var timeLimits = TimeLimits()
  /// Stays up when the study is finished, and sends workers home that come later.
  public var keepsRunning = false

  public var heartbeatSeconds = 5.0
  /// An attempt that nothing was heard of for this time is lost.
  public var leaseSeconds = 60.0
  /// What is left of the lease once the worker's connection is known to be broken: time to come back on a new one.
  public var reattachSeconds = 15.0
  /// How long a job may be on its way before a heartbeat that does not list it means that it was lost.
  public var deliverySeconds = 10.0
  /// A gap between two ticks of more than this means that the coordinator itself stood still.
  public var stallSeconds = 10.0
  /// After the study: how long to wait for workers to say goodbye.
  public var drainSeconds = 5.0

  /// Length of the data set in bytes; 0 where it cannot be fetched from this coordinator.
  public var dataBytes = 0
  /// Most pieces of contents on their way to one worker, and to all of them.
  public var piecesAWorker = 4
  public var piecesAtOnce = 128
  /// A ticket that does not come back in this time is forgotten.
  public var ticketSeconds = 60.0
  /// Contents that are taken from workers at the same time, a few pieces of each.
  public var contentsAtOnce = 16
  public var contentLimits = ContentLimits()
  /// Those that are on disk from earlier.
  public var contents: [StoredContent] = []

  /// An attempt whose training does not go on for this time is lost, whatever its worker says. Longer than workers wait
  /// for their engines (`--longest-silence`): their account of it says more.
  public var stalledSeconds = 1800.0
  /// Failures at one worker that has finished other jobs, one less at two of these and more.
  public var failuresUntilSetAside = 3
  /// Losses with workers that have finished other jobs.
  public var lossesUntilSetAside = 20
  /// Failures in a row after which a worker pauses, and how long: twice as long each further time, up to the longest.
  public var strikesUntilPause = 3
  public var pauseSeconds = 0.5
  public var longestPauseSeconds = 600.0
  /// Failures in a row of the whole study, or jobs set aside in a row, after which a person has to look.
  public var failuresUntilGivenUp = 10
  /// Jobs that the user wants to be left out: they are set aside at the start.
  public var leftOut: Set<Int64> = []
  /// Where fewer jobs wait than there are slots, they go to the workers that will be done with them first.
  public var forecastsEnds = true
  /// Where nothing waits, stragglers get second attempts on idle slots.
  public var speculates = false
  /// How long a job waits for the worker that has the state to go on from.
  public var stateSeconds = 30.0
  /// What the user should know of the study's configuration, one line each: told as the study begins.
  public var notes: [String] = []
  /// Of another study, for jobs that are the same here.
  public var earlier: EarlierResults?
  /// Failed jobs that no other worker has tried since: with these a worker gets no more until one has.
  public var jobsInDoubtUntilHeldBack = 3
  /// Of a worker's latest attempts, those that failed at jobs that others finished: with these it is benched.
  public var faultsUntilBenched = 3
  /// How long, the first time; twice as long each further time.
  public var benchSeconds = 600.0
  /// Connected workers beyond this are refused: memory stays bounded, however many connect.
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
