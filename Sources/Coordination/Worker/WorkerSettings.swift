import SearchProtocol

/// The settings of a worker. All durations are in seconds.
public struct WorkerSettings: Sendable {
  /// The worker's name: unique, new at each start, and the same after reconnecting.
  public var worker: String
  public var host: String
  public var processID: Int
  public var build: String
  public var slots: Int
  /// The kernel variant that the worker computes with by default.
  public var kernelVariant: String
  /// All kernel variants that the worker can compute with if a study asks for one of them; empty if there is only the
  /// default.
  public var kernelVariants: [String] = []
  /// Whether the worker waits for the next study when one is finished.
  public var stays: Bool
  /// Whether the coordinator's log is shown beside this worker's, so that the worker does not repeat what the
  /// coordinator logs.
  public var sharesLog = false

  /// The heartbeat interval until the coordinator sets its own.
  public var heartbeatSeconds = 5.0
  /// The number of heartbeat intervals without a message from the coordinator after which the worker says hello again.
  public var silentHeartbeats = 3.0
  /// The delay before the first hello is repeated, and the longest delay between further ones.
  public var firstHelloSeconds = 1.0
  public var lastHelloSeconds = 15.0
  public var progressSeconds = 2.0
  /// The time after which a report that is not acknowledged is sent again.
  public var resendSeconds = 10.0
  /// The maximum time between a request to stop and the end of the process. Trainings that end within it are finished,
  /// the others are handed back at once.
  public var graceSeconds = 10.0
  /// Requests to leave that come within this time count as one: a terminal that closes sends several signals.
  public var sameRequestSeconds = 0.05
  /// How long a slot takes no jobs after an engine could not be started in it: the first time, and at most.
  public var shortageSeconds = 10.0
  public var longestShortageSeconds = 600.0
  /// The maximum number of pieces of contents to request at a time, and the maximum time to wait for the next one.
  public var dataChunksAtOnce = 4
  public var dataPatienceSeconds = 30.0
  /// The time before pieces that did not arrive correctly are requested again. Doubles each time, up to the last.
  public var firstDataPauseSeconds = 1.0
  public var lastDataPauseSeconds = 60.0
  /// The number of wrong transfers after which a content is given up.
  public var dataAttempts = 3
  /// The time without a message from the coordinator after which unfinished contents are released, so that other
  /// workers of this machine may fetch them.
  public var contentHoldingSeconds = 60.0
  /// The time after which an announcement that was not answered is repeated.
  public var announcementSeconds = 60.0
  /// How long to wait for acknowledgements at the end of the study.
  public var acknowledgementSeconds = 10.0
  /// Any number. Spreads workers that start or reconnect at the same moment.
  public var jitterSeed: UInt64

  public init(
    worker: String, host: String, processID: Int, build: String, slots: Int, kernelVariant: String,
    stays: Bool = false, jitterSeed: UInt64 = 0
  ) {
    self.worker = worker
    self.host = host
    self.processID = processID
    self.build = build
    self.slots = slots
    self.kernelVariant = kernelVariant
    self.stays = stays
    self.jitterSeed = jitterSeed
  }
}
