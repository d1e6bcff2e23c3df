/// What a study could use of workers: its open jobs and its workforce, for programs that start workers.
public struct Demand: JSONContent, Codable, Hashable, Sendable {
  public var study: String
  public var studyName: String
  /// The number of jobs that would begin at once if there were a slot for each.
  public var waitingJobs: Int
  public var runningJobs: Int
  /// A forecast of the number of further jobs: those that the search will still ask for, as far as that is known, and
  /// those that wait for another job to end.
  public var comingJobs: Int
  /// The number of coming jobs that will be under way at the same time once the jobs that are open now are done.
  public var soonJobs: Int
  public var workers: Int
  /// The number of slots of all workers.
  public var slots: Int
  /// The names of workers that have no job; at most `mostIdleWorkers` of them.
  public var idleWorkers: [String]
  /// The duration of a job at its worker: the median of the latest jobs. A forecast until the first job is done; `nil`
  /// if there is none.
  public var jobSeconds: Double?
  /// The approximate memory of a training of any candidate; `nil` if it is unknown.
  public var slotBytes: Int?
  public var isDone: Bool
  /// Whether no jobs are handed out.
  public var isPaused: Bool

  public static let mostIdleWorkers = 64
  /// An upper bound of `jobSeconds`, in seconds: longer jobs are reported with this value.
  public static let longestJob = 1e9
  public static let slotBytesRange = 1...(1 << 50)

  public init(
    study: String, studyName: String, waitingJobs: Int = 0, runningJobs: Int = 0, comingJobs: Int = 0,
    soonJobs: Int = 0, workers: Int = 0, slots: Int = 0, idleWorkers: [String] = [], jobSeconds: Double? = nil,
    slotBytes: Int? = nil, isDone: Bool = false, isPaused: Bool = false
  ) {
    self.study = study
    self.studyName = studyName
    self.waitingJobs = waitingJobs
    self.runningJobs = runningJobs
    self.comingJobs = comingJobs
    self.soonJobs = soonJobs
    self.workers = workers
    self.slots = slots
    self.idleWorkers = idleWorkers
    self.jobSeconds = jobSeconds
    self.slotBytes = slotBytes
    self.isDone = isDone
    self.isPaused = isPaused
  }
}

extension Demand {
  static let blank = Demand(study: "", studyName: "")

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("comingJobs", &comingJobs, Whole(0...FieldLimits.counted))
    try visitor.field("idleWorkers", &idleWorkers, List(Text.name, limit: Self.mostIdleWorkers))
    try visitor.field("isDone", &isDone, Flag())
    try visitor.field("isPaused", &isPaused, Flag())
    try visitor.optional("jobSeconds", &jobSeconds, Number(0...Self.longestJob))
    try visitor.field("runningJobs", &runningJobs, Whole(0...FieldLimits.counted))
    try visitor.optional("slotBytes", &slotBytes, Whole(Self.slotBytesRange))
    try visitor.field("slots", &slots, Whole(0...FieldLimits.counted))
    try visitor.field("soonJobs", &soonJobs, Whole(0...FieldLimits.counted))
    try visitor.field("study", &study, Text.name)
    try visitor.field("studyName", &studyName, Text.nameOrNothing)
    try visitor.field("waitingJobs", &waitingJobs, Whole(0...FieldLimits.counted))
    try visitor.field("workers", &workers, Whole(0...FieldLimits.counted))
  }
}
