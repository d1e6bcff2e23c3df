/// An operation on the fields that a kind of work depends on. A field is declared once, in `visitFields` beside its
/// type, with its value and its key, which is that of the configuration.
protocol WorkFieldVisitor {
  associatedtype Failure: Error

  mutating func field<Value: LosslessStringConvertible>(_ key: String, _ value: inout Value) throws(Failure)

  /// Visits a value that is one of a few words.
  mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ value: inout Value
  ) throws(Failure)

  /// Visits a flag that was introduced later than its kind of work. It is left out if it is false, so that texts are
  /// what they were before.
  mutating func flag(_ key: String, _ value: inout Bool) throws(Failure)

  /// Visits a value that may be absent, and is then left out.
  mutating func optional<Value: LosslessStringConvertible>(_ key: String, _ value: inout Value?) throws(Failure)

  /// Visits a whole number of at most one of a few words, each of which has its own key below `key`. It is left out if
  /// there is none.
  mutating func alternative<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ value: inout (choice: Choice, number: Int)?
  ) throws(Failure)
}

/// Collects keys and values, in the order of the fields.
struct WorkFieldWriter: WorkFieldVisitor {
  private(set) var fields: [(key: String, value: String)] = []

  mutating func field<Value: LosslessStringConvertible>(_ key: String, _ value: inout Value) {
    fields.append((key, value.description))
  }

  mutating func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, _ value: inout Value) {
    fields.append((key, value.rawValue))
  }

  mutating func flag(_ key: String, _ value: inout Bool) {
    if value { fields.append((key, value.description)) }
  }

  mutating func optional<Value: LosslessStringConvertible>(_ key: String, _ value: inout Value?) {
    if let value { fields.append((key, value.description)) }
  }

  mutating func alternative<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ value: inout (choice: Choice, number: Int)?
  ) {
    if let value { fields.append(("\(key).\(value.choice.rawValue)", value.number.description)) }
  }
}

/// Reads values by key, as they were written. Values that no field asks for are ignored, so that an older kind of work
/// can be read from a newer study's values.
struct WorkFieldReader: WorkFieldVisitor {
  private var values: [String: String]

  init(_ values: [String: String] = [:]) { self.values = values }

  mutating func add(_ key: String, _ value: String) throws(SearchError) {
    guard values.updateValue(value, forKey: key) == nil else { throw .work(problem: "'\(key)' appears twice") }
  }

  mutating func field<Value: LosslessStringConvertible>(
    _ key: String, _ value: inout Value
  ) throws(SearchError) {
    let text = try text(key)
    guard let read = Value(text) else { throw .work(problem: "'\(key)' cannot be '\(text)'") }
    value = read
  }

  mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ value: inout Value
  ) throws(SearchError) {
    let text = try text(key)
    guard let read = Value(rawValue: text) else {
      let allowed = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw .work(problem: "'\(key)' cannot be '\(text)'; allowed: \(allowed)")
    }
    value = read
  }

  mutating func flag(_ key: String, _ value: inout Bool) throws(SearchError) {
    value = false
    if values[key] != nil { try field(key, &value) }
  }

  mutating func optional<Value: LosslessStringConvertible>(_ key: String, _ value: inout Value?) throws(SearchError) {
    value = nil
    guard values[key] != nil else { return }
    let text = try text(key)
    guard let read = Value(text) else { throw .work(problem: "'\(key)' cannot be '\(text)'") }
    value = read
  }

  mutating func alternative<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ value: inout (choice: Choice, number: Int)?
  ) throws(SearchError) {
    value = nil
    for choice in Choice.allCases {
      let full = "\(key).\(choice.rawValue)"
      var number: Int?
      try optional(full, &number)
      guard let number else { continue }
      if let value {
        throw .work(problem: "'\(key).\(value.choice.rawValue)' and '\(full)' cannot be used together")
      }
      value = (choice, number)
    }
  }

  private func text(_ key: String) throws(SearchError) -> String {
    guard let text = values[key] else { throw .work(problem: "'\(key)' is missing") }
    return text
  }
}

extension TrainingRecipe {
  /// Visits the fields. Their keys are those of the configuration, except for seeds, which follow from the study's
  /// `seed` there.
  mutating func visitFields<Visitor: WorkFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.choice("model", &model)
    try visitor.field("space.variant", &variant)
    try visitor.choice("data.set", &data.set)
    try DataShape.visitFields(&data.arrays, &visitor)
    try visitor.field("data.train_images", &data.trainImages)
    try visitor.field("data.validation_images", &data.validationImages)
    try visitor.field(Self.splitSeedKey, &data.splitSeed)
    try visitor.field("proxy.epochs", &epochs)
    try visitor.field("proxy.batch", &batch)
    try visitor.field("proxy.learning_rate", &learningRate)
    try visitor.choice("proxy.schedule", &schedule)
    try visitor.field("proxy.momentum", &momentum)
    try visitor.field("proxy.nesterov", &nesterov)
    try visitor.field("proxy.weight_decay", &weightDecay)
    try visitor.field("proxy.augment", &augment)
    try visitor.optional("proxy.augmentation", &augmentation)
    try visitor.flag("proxy.curve", &curve)
    try visitor.optional("proxy.until", &until)
    var skipped = skip.map { (choice: $0.part, number: $0.every) }
    try visitor.alternative("proxy.skip", &skipped)
    skip = skipped.map { SkippedUpdates(of: $0.choice, every: $0.number) }
    try visitor.optional("kernels", &kernels)
    try TrainedStart.visitFields(&start, &visitor)
  }

  private static let splitSeedKey = "data.split_seed"
  /// Keys that have no counterpart in configurations, where all of them are the study's `seed`.
  private static let seedKeys = [splitSeedKey, TrainedStart.seedKey]

  init(fields: inout WorkFieldReader) throws(SearchError) {
    self.init(
      model: .resnet20, data: DataSelection(set: .shapes10, trainImages: 0, validationImages: 0, splitSeed: 0),
      epochs: .none)
    try visitFields(&fields)
    if let field = beyondLimits.first {
      throw .work(problem: "\(field.field) is \(field.value), allowed is: \(field.allowed)")
    }
  }

  /// The part of a study's configuration that says how it trains: key of the configuration → canonical value.
  /// `init(entries:)` reads it.
  package var entries: [String: String] {
    var writer = WorkFieldWriter()
    var recipe = self
    recipe.visitFields(&writer)
    return Dictionary(
      uniqueKeysWithValues: writer.fields.filter { !Self.seedKeys.contains($0.key) }.map { ($0.key, $0.value) })
  }

  /// Reads the resolved values of a study's configuration. Throws `SearchError.work` for a value that is missing or
  /// invalid.
  package init(entries: [String: String]) throws(SearchError) {
    var values = entries
    for key in Self.seedKeys { values[key] = entries["seed"] }
    var reader = WorkFieldReader(values)
    try self.init(fields: &reader)
  }
}
