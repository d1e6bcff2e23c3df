import SearchCore

public struct Hello: JSONContent, Codable, Hashable, Sendable {
  /// The worker's own name: unique, and unchanged by reconnects.
  public var worker: String
  public var host: String
  public var processID: Int
  /// The range of protocol versions that the worker speaks.
  public var oldestProtocol: Int
  public var newestProtocol: Int
  public var build: String
  public var slots: Int
  public var kernelVariant: String
  /// All kernel variants that the worker's engines can compute with, for studies that ask for one of them; `nil` from
  /// workers that know only one.
  public var kernelVariants: [String]?
  /// The data sets that the worker has: name → content hash.
  public var dataHashes: [String: String]
  /// The study that `running` and `finished` belong to; `nil` on first contact.
  public var study: String?
  /// The attempts that are being trained right now.
  public var running: [AttemptReference]
  /// The attempts whose reports are not yet acknowledged. The worker sends the reports after the welcome.
  public var finished: [AttemptReference]

  public init(
    worker: String, host: String, processID: Int, oldestProtocol: Int, newestProtocol: Int, build: String, slots: Int,
    kernelVariant: String, kernelVariants: [String]? = nil, dataHashes: [String: String], study: String? = nil,
    running: [AttemptReference] = [], finished: [AttemptReference] = []
  ) {
    self.worker = worker
    self.host = host
    self.processID = processID
    self.oldestProtocol = oldestProtocol
    self.newestProtocol = newestProtocol
    self.build = build
    self.slots = slots
    self.kernelVariant = kernelVariant
    self.kernelVariants = kernelVariants
    self.dataHashes = dataHashes
    self.study = study
    self.running = running
    self.finished = finished
  }
}

extension Hello {
  static let blank = Hello(
    worker: "", host: "", processID: 0, oldestProtocol: 1, newestProtocol: 1, build: "",
    slots: FieldLimits.slots.upperBound, kernelVariant: "", dataHashes: [:])

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("build", &build, Text.nameOrNothing)
    try visitor.field("dataHashes", &dataHashes, DataHashes())
    try visitor.field("finished", &finished, List(Nested(), limit: FieldLimits.unacknowledgedReports))
    try visitor.field("host", &host, Text.nameOrNothing)
    try visitor.field("kernelVariant", &kernelVariant, Text.nameOrNothing)
    try visitor.optional("kernelVariants", &kernelVariants, List(Text.name, limit: FieldLimits.kernelVariants))
    try visitor.field("newestProtocol", &newestProtocol, Whole(min(oldestProtocol, 65_535)...65_535))
    try visitor.field("oldestProtocol", &oldestProtocol, Whole(1...65_535))
    try visitor.field("processID", &processID, Whole(0...Int(Int32.max)))
    try visitor.field("running", &running, List(Nested(), limit: slots))
    try visitor.field("slots", &slots, Whole(FieldLimits.slots))
    try visitor.optional("study", &study, Text.name)
    try visitor.field("worker", &worker, Text.name)
  }
}

public struct Welcome: JSONContent, Codable, Hashable, Sendable {
  /// The identity of the study. A worker that carries attempts of another study drops them.
  public var study: String
  public var studyName: String
  public var protocolVersion: Int
  public var data: DataRequirement
  public var heartbeatSeconds: Double
  public var leaseSeconds: Double

  public init(
    study: String, studyName: String, protocolVersion: Int, data: DataRequirement, heartbeatSeconds: Double,
    leaseSeconds: Double
  ) {
    self.study = study
    self.studyName = studyName
    self.protocolVersion = protocolVersion
    self.data = data
    self.heartbeatSeconds = heartbeatSeconds
    self.leaseSeconds = leaseSeconds
  }
}

extension Welcome {
  static let blank = Welcome(
    study: "", studyName: "", protocolVersion: 0, data: .blank, heartbeatSeconds: 0, leaseSeconds: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("data", &data, Nested())
    try visitor.field("heartbeatSeconds", &heartbeatSeconds, Number(0.001...86_400))
    try visitor.field("leaseSeconds", &leaseSeconds, Number(0.001...864_000))
    try visitor.field("protocolVersion", &protocolVersion, Whole(1...65_535))
    try visitor.field("study", &study, Text.name)
    try visitor.field("studyName", &studyName, Text.nameOrNothing)
  }
}

/// The data set that a study trains on.
public struct DataRequirement: Record, Codable, Hashable, Sendable {
  public var set: ImageSet
  public var contentHash: String
  /// The path of the data set on the coordinator's machine; a worker looks in its own places first. `nil` for embedded
  /// sets.
  public var pathHint: String?
  /// The length of the data set if the set does not determine it, as with `arrays`.
  public var bytes: Int?

  public init(set: ImageSet, contentHash: String, pathHint: String?, bytes: Int? = nil) {
    self.bytes = bytes
    self.set = set
    self.contentHash = contentHash
    self.pathHint = pathHint
  }
}

extension DataRequirement {
  static let blank = DataRequirement(set: .shapes10, contentHash: "", pathHint: nil)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.optional("bytes", &bytes, Whole(1...FieldLimits.contentBytes))
    try visitor.field("contentHash", &contentHash, Text.nameOrNothing)
    try visitor.optional("pathHint", &pathHint, FolderPath())
    try visitor.field("set", &set, Choice())
  }
}
