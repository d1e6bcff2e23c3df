import SearchCore

/// Ranges of every field, checked before a message is sent and after it is received. They keep memory bounded and say
/// nothing of whether a value makes sense to the study: the state machines decide that.
public enum FieldLimits {
  public static let slots = 1...4096
  public static let nameBytes = 256
  public static let pathBytes = 4096
  public static let reasonBytes = 2000
  public static let candidateBytes = 32_768
  public static let attempts = 1...1_000_000
  public static let epochs = 100_000
  public static let unacknowledgedReports = 10_000
  /// Of a data set.
  public static let dataBytes = 1 << 40
  public static let dataTickets = 16
  /// Of a failed engine process's standard error.
  public static let lastLines = 8
  public static let lastLineBytes = 512
}

extension String {
  /// One line for logs and reasons: control characters become spaces, and what is longer than `limit` bytes is cut.
  public func oneLine(limit: Int = FieldLimits.reasonBytes) -> String {
    var text = ""
    for scalar in unicodeScalars {
      if text.utf8.count + 7 > limit { return text + "…" }
      text.unicodeScalars.append(scalar.isControl ? " " : scalar)
    }
    return text
  }
}

extension String {
  /// Bytes first: nearly every text is plain ASCII.
  fileprivate var hasControlCharacters: Bool {
    var isASCII = true
    for byte in utf8 {
      if byte < 0x20 || byte == 0x7f { return true }
      if byte >= 0x80 { isASCII = false }
    }
    return !isASCII && unicodeScalars.contains(where: \.isControl)
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool { value < 0x20 || (0x7f...0x9f).contains(value) || (0x2028...0x2029).contains(value) }
}

/// Checks one field and names it where it fails.
enum Check {
  static func range<Value: Comparable>(
    _ value: Value, _ range: ClosedRange<Value>, _ name: String
  ) throws(ProtocolError) {
    guard range.contains(value) else {
      throw .field(name, problem: "is \(value), allowed are \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// Finite and from 0 up.
  static func amount(_ value: Double, _ name: String) throws(ProtocolError) {
    try range(value, 0...Double.greatestFiniteMagnitude, name)
  }

  static func finite(_ value: Double, _ name: String) throws(ProtocolError) {
    guard value.isFinite else { throw .field(name, problem: "is not finite") }
  }

  static func text(_ text: String, _ name: String, limit: Int, mayBeEmpty: Bool = false) throws(ProtocolError) {
    guard mayBeEmpty || !text.isEmpty else { throw .field(name, problem: "is empty") }
    guard text.utf8.count <= limit else {
      throw .field(name, problem: "has \(text.utf8.count) bytes, allowed are \(limit)")
    }
    guard !text.hasControlCharacters else {
      throw .field(name, problem: "has control characters")
    }
  }

  static func name(_ text: String, _ name: String, mayBeEmpty: Bool = false) throws(ProtocolError) {
    try self.text(text, name, limit: FieldLimits.nameBytes, mayBeEmpty: mayBeEmpty)
  }

  /// Absolute, and without steps upwards.
  static func path(_ text: String, _ name: String) throws(ProtocolError) {
    try self.text(text, name, limit: FieldLimits.pathBytes)
    guard text.hasPrefix("/") else { throw .field(name, problem: "is not absolute") }
    guard !text.split(separator: "/").contains("..") else { throw .field(name, problem: "has '..' in it") }
  }

  static func reason(_ text: String) throws(ProtocolError) {
    try self.text(text, "reason", limit: FieldLimits.reasonBytes, mayBeEmpty: true)
  }

  static func count(_ count: Int, _ limit: Int, _ name: String) throws(ProtocolError) {
    guard count <= limit else { throw .field(name, problem: "has \(count) entries, allowed are \(limit)") }
  }

  static func references(_ list: [AttemptReference], _ limit: Int, _ name: String) throws(ProtocolError) {
    try count(list.count, limit, name)
    for reference in list { try reference.validate() }
  }
}

extension Message {
  /// Throws `ProtocolError.field` for the first field out of its range.
  public func validate() throws(ProtocolError) {
    switch self {
    case .hello(let hello): try hello.validate()
    case .ready(let ready): try Check.range(ready.freeSlots, 0...FieldLimits.slots.upperBound, "freeSlots")
    case .accept(let reference), .resultAcknowledged(let reference), .cancel(let reference): try reference.validate()
    case .progress(let progress): try progress.validate()
    case .result(let report): try report.validate()
    case .workerHeartbeat(let heartbeat):
      try Check.references(
        heartbeat.running, FieldLimits.slots.upperBound + FieldLimits.unacknowledgedReports, "running")
      try Check.range(heartbeat.freeSlots, 0...FieldLimits.slots.upperBound, "freeSlots")
    case .dataRequest(let request): try request.validate()
    case .dataChunk(let chunk): try chunk.validate()
    case .bye(let bye): try Check.reason(bye.reason)
    case .welcome(let welcome): try welcome.validate()
    case .refusal(let refusal), .dataRefusal(let refusal): try Check.reason(refusal.reason)
    case .job(let job): try job.validate()
    case .coordinatorHeartbeat(let heartbeat): try Check.name(heartbeat.study, "study")
    case .bench(let bench):
      try Check.reason(bench.reason)
      try Check.range(bench.seconds, 0...1e9, "seconds")
    case .drain, .reregister: break
    }
  }
}

extension AttemptReference {
  func validate() throws(ProtocolError) {
    try Check.range(job, 1...Int64.max, "job")
    try Check.range(attempt, FieldLimits.attempts, "attempt")
  }
}

extension Hello {
  func validate() throws(ProtocolError) {
    try Check.name(worker, "worker")
    try Check.name(host, "host", mayBeEmpty: true)
    try Check.range(processID, 0...Int(Int32.max), "processID")
    try Check.range(oldestProtocol, 1...65_535, "oldestProtocol")
    try Check.range(newestProtocol, oldestProtocol...65_535, "newestProtocol")
    try Check.name(build, "build", mayBeEmpty: true)
    try Check.range(slots, FieldLimits.slots, "slots")
    try Check.name(kernelVariant, "kernelVariant", mayBeEmpty: true)
    try Check.count(dataHashes.count, 64, "dataHashes")
    for (set, hash) in dataHashes {
      try Check.name(set, "a data set's name")
      try Check.name(hash, "a data set's hash")
    }
    if let study { try Check.name(study, "study") }
    try Check.references(running, slots, "running")
    try Check.references(finished, FieldLimits.unacknowledgedReports, "finished")
  }
}

extension Welcome {
  func validate() throws(ProtocolError) {
    try Check.name(study, "study")
    try Check.name(studyName, "studyName", mayBeEmpty: true)
    try Check.range(protocolVersion, 1...65_535, "protocolVersion")
    try Check.name(data.contentHash, "contentHash", mayBeEmpty: true)
    if let path = data.pathHint { try Check.path(path, "pathHint") }
    try Check.range(heartbeatSeconds, 0.001...86_400, "heartbeatSeconds")
    try Check.range(leaseSeconds, 0.001...864_000, "leaseSeconds")
  }
}

extension JobAssignment {
  func validate() throws(ProtocolError) {
    try reference.validate()
    try Check.text(candidate, "candidate", limit: FieldLimits.candidateBytes)
    try recipe.validate()
  }
}

extension TrainingRecipe {
  func validate() throws(ProtocolError) {
    if let (field, value, allowed) = beyondLimits.first {
      throw .field(field, problem: "is \(value), allowed is: \(allowed)")
    }
  }
}

extension Progress {
  func validate() throws(ProtocolError) {
    try reference.validate()
    try Check.range(epoch, 0...FieldLimits.epochs, "epoch")
    try Check.range(step, 0...Int.max, "step")
    try Check.range(steps, 0...Int.max, "steps")
    if let loss { try Check.finite(loss, "loss") }
    try Check.range(memoryBytes, 0...Int.max, "memoryBytes")
  }
}

extension AttemptReport {
  func validate() throws(ProtocolError) {
    try reference.validate()
    try Check.name(study, "study")
    switch outcome {
    case .finished(let result): try result.validate()
    case .failed(let reason), .returned(let reason): try Check.reason(reason)
    }
    try failure?.validate()
  }
}

extension AttemptFailure {
  func validate() throws(ProtocolError) {
    if let signal { try Check.range(signal, 1...255, "signal") }
    if let exitCode { try Check.range(exitCode, 0...255, "exitCode") }
    if let peakMemoryBytes { try Check.range(peakMemoryBytes, 0...Int.max, "peakMemoryBytes") }
    if let seconds { try Check.amount(seconds, "seconds") }
    try Check.count(lastLines.count, FieldLimits.lastLines, "lastLines")
    for line in lastLines { try Check.text(line, "lastLines", limit: FieldLimits.lastLineBytes, mayBeEmpty: true) }
  }

  /// As it may be sent: lines without control characters and of bounded length.
  public var sendable: AttemptFailure {
    var failure = self
    failure.lastLines = lastLines.suffix(FieldLimits.lastLines).map { $0.oneLine(limit: FieldLimits.lastLineBytes) }
    if let seconds, !seconds.isFinite || seconds < 0 { failure.seconds = nil }
    return failure
  }
}

extension TrialResult {
  /// Throws `ProtocolError.field` where a training reports what no training can find.
  public func validate() throws(ProtocolError) {
    try Check.range(accuracy, 0...1, "accuracy")
    if let loss { try Check.finite(loss, "loss") }
    try Check.count(epochLosses.count, FieldLimits.epochs / 4, "epochLosses")
    for loss in epochLosses { try Check.finite(loss, "epochLosses") }
    if let ratio = stepTimeRatio { try Check.amount(ratio, "stepTimeRatio") }
    if let ratio = inferenceTimeRatio { try Check.amount(ratio, "inferenceTimeRatio") }
    try Check.amount(trainSeconds, "trainSeconds")
    try Check.amount(imagesPerSecond, "imagesPerSecond")
    try Check.range(peakMemoryBytes, 0...Int.max, "peakMemoryBytes")
    try Check.name(kernelVariant, "kernelVariant", mayBeEmpty: true)
  }
}

extension EngineRequest {
  func validate() throws(ProtocolError) {
    try job.validate()
    if let dataPath { try Check.text(dataPath, "dataPath", limit: FieldLimits.pathBytes) }
  }
}

extension EngineEvent {
  func validate() throws(ProtocolError) {
    switch self {
    case .progress(let progress): try progress.validate()
    case .finished(let reference, let result):
      try reference.validate()
      try result.validate()
    case .failed(let reference, let reason):
      try reference.validate()
      try Check.reason(reason)
    }
  }
}
