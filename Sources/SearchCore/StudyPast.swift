/// What the record of a study says besides its jobs, for a coordinator that resumes it: which workers the attempts were
/// given to, and which workers have proven themselves.
public struct StudyPast: Hashable, Sendable {
  /// An attempt at a job that is still open.
  public struct Attempt: Hashable, Sendable {
    public var job: Int64
    /// The number of the attempt: 1, 2, …
    public var number: Int
    public var worker: String
    /// `nil` while the attempt is under way.
    public var ending: AttemptEnding?

    public init(job: Int64, number: Int, worker: String, ending: AttemptEnding?) {
      self.job = job
      self.number = number
      self.worker = worker
      self.ending = ending
    }
  }

  /// The attempts, in the order of their jobs and numbers.
  public var attempts: [Attempt]
  /// Every worker that ever joined.
  public var workers: [WorkerRecord]
  /// Names of workers that have finished a job.
  public var finishers: Set<String>
  /// The time spent on trainings that brought results.
  public var timeSpent: TimeSpent
  /// Whether the search was over.
  public var isFinished = false
  /// Whether the study is paused: no job is handed out until a person resumes it.
  public var isPaused = false
  /// Names of workers that receive no more jobs.
  public var drained: Set<String> = []
  /// Names of workers whose results no longer count.
  public var distrusted: Set<String> = []
  /// The jobs whose results a worker found or handed over, by the worker's name.
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
