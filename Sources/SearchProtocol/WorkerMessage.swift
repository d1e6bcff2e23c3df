/// Credits: the coordinator may send this many more jobs. Replaces what was given before.
public struct Ready: JSONContent, Codable, Hashable, Sendable {
  public var freeSlots: Int

  public init(freeSlots: Int) { self.freeSlots = freeSlots }
}

extension Ready {
  static let blank = Ready(freeSlots: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("freeSlots", &freeSlots, Whole(0...FieldLimits.slots.upperBound))
  }
}

public struct Progress: JSONContent, Codable, Hashable, Sendable {
  public var reference: AttemptReference
  public var epoch: Int
  public var step: Int
  public var steps: Int
  public var loss: Double?
  public var memoryBytes: Int

  public init(
    reference: AttemptReference, epoch: Int, step: Int, steps: Int, loss: Double?, memoryBytes: Int
  ) {
    self.reference = reference
    self.epoch = epoch
    self.step = step
    self.steps = steps
    self.loss = loss
    self.memoryBytes = memoryBytes
  }
}

extension Progress {
  static let blank = Progress(reference: .blank, epoch: 0, step: 0, steps: 0, loss: nil, memoryBytes: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("epoch", &epoch, Whole(0...FieldLimits.epochs))
    try visitor.optional("loss", &loss, FiniteNumber())
    try visitor.field("memoryBytes", &memoryBytes, Whole(0...Int.max))
    try visitor.field("reference", &reference, Nested())
    try visitor.field("step", &step, Whole(0...Int.max))
    try visitor.field("steps", &steps, Whole(0...Int.max))
  }
}

/// Renews the lease of every attempt that it lists.
public struct WorkerHeartbeat: JSONContent, Codable, Hashable, Sendable {
  public var running: [AttemptReference]
  public var freeSlots: Int

  public init(running: [AttemptReference], freeSlots: Int) {
    self.running = running
    self.freeSlots = freeSlots
  }
}

extension WorkerHeartbeat {
  static let blank = WorkerHeartbeat(running: [], freeSlots: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("freeSlots", &freeSlots, Whole(0...FieldLimits.slots.upperBound))
    try visitor.field(
      "running", &running,
      List(Nested(), limit: FieldLimits.slots.upperBound + FieldLimits.unacknowledgedReports))
  }
}

public struct Bye: JSONContent, Codable, Hashable, Sendable {
  public var reason: String

  public init(reason: String) { self.reason = reason }
}

extension Bye {
  static let blank = Bye(reason: "")

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("reason", &reason, Text.reason)
  }
}
