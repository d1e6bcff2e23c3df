/// What a study could use of workers, for whoever starts them.
public struct Demand: JSONContent, Codable, Hashable, Sendable {
  public var study: String
  public var studyName: String
  /// Jobs that would begin at once, were there a slot for each.
  public var waitingJobs: Int
  public var runningJobs: Int
  /// Jobs that are to come by forecast: those that the search will still ask for, as far as that is known, and those
  /// that wait for another job's end.
  public var comingJobs: Int
  /// Of the jobs to come, those that will be under way together once what is open now is done.
  public var soonJobs: Int
  public var workers: Int
  /// Of all workers.
  public var slots: Int
  /// Names of workers that have nothing to do; not all of them where there are many.
  public var idleWorkers: [String]
  /// What a job takes at its worker, the median of the latest; before the first a forecast; nil where
  /// there is none.
  public var jobSeconds: Double?
  /// About what a training takes in memory, whichever candidate it is of; nil where that is not known.
  public var slotBytes: Int?
  public var isDone: Bool
  /// No job is handed out.
  public var isPaused: Bool

  public static let mostIdleWorkers = 64
  /// Seconds: what takes longer is said to take so long.
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
