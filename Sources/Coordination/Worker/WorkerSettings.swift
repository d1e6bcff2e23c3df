import SearchProtocol

/// What a worker knows of itself. All durations are in seconds.
public struct WorkerSettings: Sendable {
  /// Its own name: unique, new at each start, the same through reconnects.
  public var worker: String
  public var host: String
  public var processID: Int
  public var build: String
  public var slots: Int
  /// What it computes with.
  public var kernelVariant: String
  /// All that it can compute with, where a study asks for one of them; empty: only that.
  public var kernelVariants: [String] = []
  /// Waits for the next study when one is finished.
  public var stays: Bool
  /// The coordinator's log stands beside this worker's: what it says there as well is not said twice.
  public var sharesLog = false

  /// Until the coordinator says its own.
  public var heartbeatSeconds = 5.0
  /// So many heartbeats without a word from the coordinator: say hello again.
  public var silentHeartbeats = 3.0
  /// Hello is repeated after the first, then at growing distances up to the last.
  public var firstHelloSeconds = 1.0
  public var lastHelloSeconds = 15.0
  public var progressSeconds = 2.0
  /// After which a report that is not acknowledged is sent again.
  public var resendSeconds = 10.0
  /// Told to stop: from then to the end at most. Trainings that end in it are finished, the others are handed back at
  /// once.
  public var graceSeconds = 10.0
  /// Requests to leave that come within such a time are one: a terminal that closes says so in several signals.
  public var sameRequestSeconds = 0.05
  /// How long a slot takes no job after an engine could not be started in it: at first, and at the most.
  public var shortageSeconds = 10.0
  public var longestShortageSeconds = 600.0
  /// Pieces of contents that are asked for at a time, and how long the next may take.
  public var dataChunksAtOnce = 4
  public var dataPatienceSeconds = 30.0
  /// Before pieces are asked for again that did not arrive as they should; twice as long each further time, up to the
  /// last.
  public var firstDataPauseSeconds = 1.0
  public var lastDataPauseSeconds = 60.0
  /// A content that was fetched so often and is another is given up.
  public var dataAttempts = 3
  /// So long without a word from the coordinator: contents that are half here are let go, for other workers of this
  /// machine to fetch.
  public var contentHoldingSeconds = 60.0
  /// What was announced and not answered for is announced again.
  public var announcementSeconds = 60.0
  /// At the end of the study: how long to wait for acknowledgements.
  public var acknowledgementSeconds = 10.0
  /// Spreads workers that start or reconnect at the same moment; any number.
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
