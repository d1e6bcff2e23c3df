/// What a study can use of workers, as its coordinator says it.
package struct ScalingDemand: Hashable, Sendable {
  /// Slots that would have a job now.
  package var openJobs: Int
  /// Of the jobs to come, those that will be under way together once what is open is done.
  package var soonJobs: Int
  /// All that are to come; for what is told.
  package var comingJobs: Int
  package var runningJobs: Int
  package var workers: Int
  /// Of all workers, whoever started them.
  package var slots: Int
  /// Names of workers that have nothing to do: their host's name up to its first dot, their process's number, and more.
  package var idleWorkers: [String]
  package var isDone: Bool
  package var isPaused: Bool
  /// That a training takes; nil where nothing is known of it.
  package var jobSeconds: Double?
  /// Why no worker of this place would be of use; nil where one would.
  var hindrance: String?

  package init(
    openJobs: Int, soonJobs: Int = 0, comingJobs: Int = 0, runningJobs: Int = 0, workers: Int = 0, slots: Int = 0,
    idleWorkers: [String] = [], isDone: Bool = false, isPaused: Bool = false, jobSeconds: Double? = nil
  ) {
    self.openJobs = openJobs
    self.soonJobs = soonJobs
    self.comingJobs = comingJobs
    self.runningJobs = runningJobs
    self.workers = workers
    self.slots = slots
    self.idleWorkers = idleWorkers
    self.isDone = isDone
    self.isPaused = isPaused
    self.jobSeconds = jobSeconds
  }

  /// Whether more workers are to be had now.
  var takesMore: Bool { !isPaused && hindrance == nil }

  /// Slots that are of use.
  var usefulSlots: Int {
    if isDone { return 0 }
    return isPaused ? runningJobs : max(openJobs, soonJobs)
  }

  /// Whether the worker is known to have nothing to do.
  func isIdle(_ worker: PlacedWorker) -> Bool {
    guard let host = (worker.ownName ?? worker.host)?.prefix(while: { $0 != "." }), !host.isEmpty else { return false }
    let beginning = worker.processID.map { "\(host)-\($0)-" } ?? "\(host)-"
    return idleWorkers.contains { $0.hasPrefix(beginning) }
  }
}
