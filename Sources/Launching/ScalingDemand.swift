/// How many workers a study can use, according to its coordinator.
package struct ScalingDemand: Hashable, Sendable {
  /// The number of jobs that wait or run: slots that would have a job now.
  package var openJobs: Int
  /// The number of the jobs to come that will run at the same time once the open ones are done.
  package var soonJobs: Int
  /// The number of all jobs to come; for messages only.
  package var comingJobs: Int
  package var runningJobs: Int
  package var workers: Int
  /// The number of slots of all workers, whether this launch started them or not.
  package var slots: Int
  /// The names of workers that have nothing to do. A name begins with the host's name up to its first dot and the
  /// process's number.
  package var idleWorkers: [String]
  package var isDone: Bool
  package var isPaused: Bool
  /// The duration of a training in seconds; `nil` if it is not known.
  package var jobSeconds: Double?
  /// Why no worker of this place would be of use; `nil` if one would.
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

  /// Whether more workers may be asked for now.
  var takesMore: Bool { !isPaused && hindrance == nil }

  /// The number of slots that are of use.
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
