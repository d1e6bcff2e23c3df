import SearchCore

// Field declarations for types of `SearchCore` that occur in messages.

extension TrainingRecipe: Record {
  static let blank = TrainingRecipe(model: .resnet20, data: .blank, epochs: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("augment", &augment, Flag())
    try visitor.field("batch", &batch, Whole())
    try visitor.field("data", &data, Nested())
    // This form is not used for trainings with a fraction of an epoch.
    var whole = epochs.begun
    try visitor.field("epochs", &whole, Whole())
    if epochs.begun != whole { epochs = Epochs(whole) }
    try visitor.field("learningRate", &learningRate, UncheckedNumber())
    try visitor.field("model", &model, Choice())
    try visitor.field("momentum", &momentum, UncheckedNumber())
    try visitor.field("nesterov", &nesterov, Flag())
    try visitor.field("schedule", &schedule, Choice())
    try visitor.field("variant", &variant, Choice())
    try visitor.field("weightDecay", &weightDecay, UncheckedNumber())
  }

  /// The first violation of the recipe's limits, which are shared with configurations and command lines.
  var inconsistency: ProtocolError? {
    beyondLimits.first.map { .field($0.field, problem: "is \($0.value), allowed is: \($0.allowed)") }
  }
}

extension DataSelection: Record {
  static let blank = DataSelection(set: .shapes10, trainImages: 0, validationImages: 0, splitSeed: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("set", &set, Choice())
    try visitor.field("splitSeed", &splitSeed, Whole())
    try visitor.field("trainImages", &trainImages, Whole())
    try visitor.field("validationImages", &validationImages, Whole())
  }
}

extension Artifact: Record {
  static let blank = Artifact(hash: "", bytes: 0)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("bytes", &bytes, Whole(0...FieldLimits.contentBytes))
    try visitor.field("hash", &hash, HashText())
  }
}

extension AttemptFailure: Record {
  static let blank = AttemptFailure(cause: .processEnded)

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.field("cause", &cause, Choice())
    try visitor.optional("exitCode", &exitCode, Whole(0...255))
    try visitor.field("isOutOfMemorySuspected", &isOutOfMemorySuspected, Flag())
    try visitor.field(
      "lastLines", &lastLines,
      List(Text(limit: FieldLimits.lastLineBytes, mayBeEmpty: true), limit: FieldLimits.lastLines))
    try visitor.optional("peakMemoryBytes", &peakMemoryBytes, Whole(0...Int.max))
    try visitor.optional("seconds", &seconds, Number.amount)
    try visitor.optional("signal", &signal, Whole(1...255))
  }

  /// A copy that may be sent: lines without control characters and of bounded length.
  public var sendable: AttemptFailure {
    var failure = self
    failure.lastLines = lastLines.suffix(FieldLimits.lastLines).map { $0.oneLine(limit: FieldLimits.lastLineBytes) }
    if let seconds, !seconds.isFinite || seconds < 0 { failure.seconds = nil }
    return failure
  }
}
