import Digests
import SearchCore

/// An observation in the form that messages carry. The metrics of the first protocol version have their own fields, so
/// that peers of that version read and write them. All other metrics, curves and artifacts are stored by name after
/// them and omitted if there are none.
struct ObservationContent: Record, Codable, Hashable {
  var accuracy: Double?
  var artifacts: [String: Artifact]?
  var curves: [String: [Double]]?
  var diverged: Bool
  var epochLosses: [Double]
  var imagesPerSecond: Double?
  var inferenceTimeRatio: Double?
  var kernelVariant: String
  var loss: Double?
  var metrics: [String: Double]?
  var peakMemoryBytes: Int?
  var stepTimeRatio: Double?
  var trainSeconds: Double?

  static let blank = ObservationContent(diverged: false, epochLosses: [], kernelVariant: "")

  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    try visitor.optional("accuracy", &accuracy, Number(Metric.accuracy.range))
    try visitor.optional("artifacts", &artifacts, ByName(Nested<Artifact>()))
    try visitor.optional("curves", &curves, ByName(List(FiniteNumber(), limit: FieldLimits.epochs / 4)))
    try visitor.field("diverged", &diverged, Flag())
    try visitor.field("epochLosses", &epochLosses, List(FiniteNumber(), limit: FieldLimits.epochs / 4))
    try visitor.optional("imagesPerSecond", &imagesPerSecond, Number(Metric.imagesPerSecond.range))
    try visitor.optional("inferenceTimeRatio", &inferenceTimeRatio, Number(Metric.inferenceTimeRatio.range))
    try visitor.field("kernelVariant", &kernelVariant, Text.nameOrNothing)
    try visitor.optional("loss", &loss, Number(Metric.loss.range))
    try visitor.optional("metrics", &metrics, ByName(FiniteNumber()))
    try visitor.optional("peakMemoryBytes", &peakMemoryBytes, Whole(0...1 << 53))
    try visitor.optional("stepTimeRatio", &stepTimeRatio, Number(Metric.stepTimeRatio.range))
    try visitor.optional("trainSeconds", &trainSeconds, Number(Metric.trainSeconds.range))
  }

  /// Checks that each further metric is within the range of that metric.
  var inconsistency: ProtocolError? {
    for (name, value) in metrics ?? [:] {
      let range = Metric(named: name).range
      guard range.contains(value) else {
        return .field(name, problem: "is \(value), but must be from \(range.lowerBound) to \(range.upperBound)")
      }
    }
    return nil
  }
}

extension ObservationContent {
  init(_ observation: Observation) {
    self = .blank
    let found = observation.metrics
    var place = 0
    var others: [String: Double] = [:]
    // The metrics are sorted by name, so that one pass over them is enough. A metric that is passed by is not one of
    // the first version's.
    func next(_ metric: Metric) -> Double? {
      while place < found.count, found[place].name < metric { passBy() }
      guard place < found.count, found[place].name == metric else { return nil }
      place += 1
      return found[place - 1].value
    }
    func passBy() {
      others[found[place].name.name] = found[place].value
      place += 1
    }
    accuracy = next(.accuracy)
    imagesPerSecond = next(.imagesPerSecond)
    inferenceTimeRatio = next(.inferenceTimeRatio)
    loss = next(.loss)
    // A value that is not a whole number of bytes becomes -1, which is outside the field's limits.
    peakMemoryBytes = next(.peakMemoryBytes).map { Int(exactly: $0) ?? -1 }
    stepTimeRatio = next(.stepTimeRatio)
    trainSeconds = next(.trainSeconds)
    while place < found.count { passBy() }
    if !others.isEmpty { metrics = others }
    for (curve, values) in observation.curves.lazy.map({ ($0.name, $0.value) }) {
      if curve == .epochLosses {
        epochLosses = values
      } else {
        curves = (curves ?? [:]).merging([curve.name: values]) { $1 }
      }
    }
    if !observation.artifacts.isEmpty {
      artifacts = Dictionary(uniqueKeysWithValues: observation.artifacts.map { ($0.name, $0.value) })
    }
    diverged = observation.diverged
    kernelVariant = observation.kernelVariant
  }

  var observation: Observation {
    var observation = Observation(diverged: diverged, kernelVariant: kernelVariant)
    observation.metrics.reserveCapacity(7 + (metrics?.count ?? 0))
    observation[.accuracy] = accuracy
    observation[.imagesPerSecond] = imagesPerSecond
    observation[.inferenceTimeRatio] = inferenceTimeRatio
    observation[.loss] = loss
    observation[.peakMemoryBytes] = peakMemoryBytes.map(Double.init)
    observation[.stepTimeRatio] = stepTimeRatio
    observation[.trainSeconds] = trainSeconds
    for (name, value) in metrics ?? [:] { observation[Metric(named: name)] = value }
    observation[.epochLosses] = epochLosses
    for (name, values) in curves ?? [:] { observation[Curve(named: name)] = values }
    for (name, artifact) in artifacts ?? [:] { observation.artifacts[name] = artifact }
    return observation
  }
}

extension Observation: Codable {
  public init(from decoder: any Decoder) throws { self = try ObservationContent(from: decoder).observation }
  public func encode(to encoder: any Encoder) throws { try ObservationContent(self).encode(to: encoder) }

  /// Throws `ProtocolError.field` if a value is outside the range of its metric or field.
  public func validate() throws(ProtocolError) { try ObservationContent(self).checkFields() }
}

/// An object whose keys are names of lowercase letters, digits and `_`.
struct ByName<Element: FieldKind>: FieldKind {
  var element: Element

  init(_ element: Element) { self.element = element }

  func write(_ value: [String: Element.Value], to writer: inout PlainJSONWriter) {
    // The general encoder decides the order of several entries.
    guard value.count <= 1 else { return writer.giveUp() }
    writer.literal("{")
    for (name, each) in value {
      writer.write(name)
      writer.literal(":")
      element.write(each, to: &writer)
    }
    writer.literal("}")
  }

  func read(from reader: inout PlainJSONReader) -> [String: Element.Value]? {
    guard reader.skip("{") else { return nil }
    var values: [String: Element.Value] = [:]
    if reader.skip("}") { return values }
    while true {
      guard let name = reader.string(), reader.skip(":"), let value = element.read(from: &reader),
        values.updateValue(value, forKey: name) == nil
      else { return nil }
      if reader.skip("}") { return values }
      guard reader.skip(",") else { return nil }
    }
  }

  func check(_ value: [String: Element.Value], _ name: StaticString) throws(ProtocolError) {
    try Check.count(value.count, FieldLimits.observed, name)
    for (key, each) in value {
      try Text.name.check(key, "a name")
      guard key.utf8.allSatisfy({ Self.isAllowed($0) }) else {
        throw .field("\(name)", problem: "has a name with other characters than a to z, 0 to 9 and _")
      }
      try element.check(each, name)
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || byte == UInt8(ascii: "_")
  }
}

/// A SHA-256 in lowercase hexadecimal digits.
struct HashText: FieldKind {
  func write(_ value: String, to writer: inout PlainJSONWriter) { writer.write(value) }
  func read(from reader: inout PlainJSONReader) -> String? { reader.string() }
  func check(_ value: String, _ name: StaticString) throws(ProtocolError) {
    guard SHA256.isHexadecimal(value) else {
      throw .field("\(name)", problem: "has a content hash that is not 64 hexadecimal digits")
    }
  }
}
