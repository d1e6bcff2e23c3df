/// What the record of a study says besides its jobs, for a coordinator that goes on with it: to whom attempts were
/// given, and which workers have proven themselves.
public struct StudyPast: Hashable, Sendable {
  /// An attempt at a job that is still open.
  public struct Attempt: Hashable, Sendable {
    public var job: Int64
    /// 1, 2, …
    public var number: Int
    public var worker: String
    /// Nil while it is under way.
    public var ending: AttemptEnding?

    public init(job: Int64, number: Int, worker: String, ending: AttemptEnding?) {
      self.job = job
      self.number = number
      self.worker = worker
      self.ending = ending
    }
  }

  /// In the order of their jobs and numbers.
  public var attempts: [Attempt]
  /// Every worker that ever joined.
  public var workers: [WorkerRecord]
  /// Names of workers that have finished a job.
  public var finishers: Set<String>
  /// By trainings that brought results.
  public var timeSpent: TimeSpent
  /// The search was over.
  public var isFinished = false
  /// No job is handed out until a person says so.
  public var isPaused = false
  /// Names of workers that get no more jobs.
  public var drained: Set<String> = []
  /// Names of workers of which nothing counts any more.
  public var distrusted: Set<String> = []
  /// Jobs whose results a worker found or handed over, by its name.
  public var resultsByWorker: [String: [Int64]] = [:]

  public init(
    attempts: [Attempt] = [], workers: [WorkerRecord] = [], finishers: Set<String> = [],
    timeSpent: TimeSpent = TimeSpent()
  ) {
    self.timeSpent = timeSpent
    self.attempts = attempts
    self.workers = workers
    self.finishers = finishers
  }
}
