import ReadableText
import SearchCore
import TextInput

/// Why a table of times cannot be used, on one line that begins with the file and, if known, the line.
package struct DeviceTimeProblem: Error, Hashable, CustomStringConvertible {
  package let description: String

  package init(file: String, line: Int? = nil, _ text: String) {
    description = "\(file)\(line.map { ":\($0)" } ?? ""): \(text)".inOneLine
  }
}

/// The measured times of each layer form of a network on a device. docs/device-times.md describes the file.
package struct DeviceTimeTable: Hashable, Sendable {
  /// A measurement: the median, and the bounds of its interval if known.
  package struct Time: Hashable, Sendable {
    package var seconds: Double
    package var low: Double?
    package var high: Double?

    package init(seconds: Double, low: Double? = nil, high: Double? = nil) {
      self.seconds = seconds
      self.low = low
      self.high = high
    }
  }

  package struct Row: Hashable, Sendable {
    package var form: DeviceTimes.LayerForm
    package var time: Time

    package init(form: DeviceTimes.LayerForm, time: Time) {
      self.form = form
      self.time = time
    }
  }

  /// The facts above the table, such as `machine`, in order.
  package var facts: [Fact]
  /// The time of the whole dense network.
  package var network: Time
  /// In the order of the file.
  package var layers: [Row]

  package struct Fact: Hashable, Sendable {
    package var name: String
    package var text: String

    package init(_ name: String, _ text: String) {
      self.name = name
      self.text = text
    }
  }

  package init(facts: [Fact], network: Time, layers: [Row]) {
    self.facts = facts
    self.network = network
    self.layers = layers
  }

  /// The times in whole nanoseconds, which sums are computed from.
  package var times: DeviceTimes {
    func nanoseconds(_ time: Time) -> Int { Int((time.seconds * 1e9).rounded()) }
    return DeviceTimes(
      network: nanoseconds(network),
      layers: Dictionary(layers.map { ($0.form, nanoseconds($0.time)) }) { first, _ in first })
  }

  /// The network that a fact names; `nil` if no fact does.
  package var model: String? { fact(Self.modelFact) }
  /// The rows and columns of the images, in the form of `imagesText`; `nil` if no fact has them.
  package var images: String? { fact(Self.imagesFact) }

  /// How the table's facts contradict this network; `nil` if they do not.
  package func mismatch(with architecture: Architecture) -> String? {
    let (name, size) = (architecture.model.rawValue, Self.imagesText(architecture))
    if let model, model != name { return "its times are for \(model), but the model is \(name)" }
    if let images, images != size { return "its times are for images of \(images), but the data's are \(size)" }
    return nil
  }

  private func fact(_ name: String) -> String? { facts.first { $0.name == name }?.text }

  package static let modelFact = "model"
  package static let imagesFact = "images"

  /// The size of the images that a network is for: `32x32`.
  package static func imagesText(_ architecture: Architecture) -> String {
    "\(architecture.imageSize)x\(architecture.imageSize)"
  }

  /// The name of the whole network in the column of layers.
  package static let networkName = "network"
  /// The maximum size of a file. A network has a few hundred layer forms.
  static let mostBytes = 8 << 20
  /// The longest time in seconds. The sum of thousands is still a whole number of nanoseconds.
  static let longest = 1e5
}

// MARK: Writing

extension DeviceTimeTable {
  private static let columns = ["layer", "rank", "variant", "seconds", "low", "high"]

  /// The text of the file, which reads back to the same values.
  package var text: String {
    func number(_ seconds: Double?) -> String { seconds.map { NumberText.fixed($0, 9) } ?? "" }
    func line(_ name: String, _ basis: DeviceTimes.LayerForm.Basis?, _ time: Time) -> String {
      let form = [name, basis.map { "\($0.rank)" } ?? "", basis?.variant.rawValue ?? ""]
      return (form + [number(time.seconds), number(time.low), number(time.high)]).joined(separator: ",")
    }
    let lines =
      facts.map { "# \($0.name): \($0.text)".inOneLine } + [Self.columns.joined(separator: ",")]
      + [line(Self.networkName, nil, network)] + layers.map { line($0.form.layer, $0.form.basis, $0.time) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The table of a space that has times, in the form that studies record. Its order does not depend on that of the
  /// original file.
  package init?(recorded space: SearchSpace) {
    guard let times = space.deviceTimes else { return nil }
    func time(_ nanoseconds: Int) -> Time { Time(seconds: Double(nanoseconds) / 1e9) }
    self.init(
      facts: [], network: time(times.network),
      layers: space.layerForms.compactMap { form in times.layers[form].map { Row(form: form, time: time($0)) } })
  }
}

// MARK: Reading

extension DeviceTimeTable {
  /// Reads and checks a file; `-` is standard input.
  package init(path: String) throws(DeviceTimeProblem) {
    let input: TextInput
    do { input = try TextInput(path: path, mostBytes: Self.mostBytes) } catch {
      switch error.kind {
      case .tooLong:
        throw DeviceTimeProblem(file: path, "the table is larger than \(Readable.bytes(Self.mostBytes))")
      case .noText(let problem): throw DeviceTimeProblem(file: path, line: error.line, problem)
      case .folder: throw DeviceTimeProblem(file: path, "this is a folder; name a table of times")
      default: throw DeviceTimeProblem(file: path, "the table of times cannot be read: \(error.reason)")
      }
    }
    try self.init(text: input.text, file: path)
  }

  /// - Parameter file: The name of the file, for messages.
  package init(text: String, file: String) throws(DeviceTimeProblem) {
    var facts: [Fact] = []
    // Comments become empty lines, which are not rows of the table; the other lines keep their numbers.
    let ends = UInt8(ascii: "\n")
    let lines = text.utf8.split(separator: ends, omittingEmptySubsequences: false).map { bytes -> Substring in
      let line = Substring(bytes)
      guard bytes.first == UInt8(ascii: "#") else { return line }
      let said = line.dropFirst().split(separator: ":", maxSplits: 1).map { $0.trimmed }
      if said.count == 2 { facts.append(Fact(said[0], said[1])) }
      return ""
    }
    let rows: [SeparatedValues.Row]
    do { rows = try SeparatedValues.rows(of: lines.joined(separator: "\n")) } catch {
      throw DeviceTimeProblem(file: file, line: error.line, error.text)
    }
    var reader = try RowReader(file: file, header: rows.first)
    for row in rows.dropFirst() { try reader.read(row) }
    guard let network = reader.network else {
      throw DeviceTimeProblem(
        file: file, "it has no row '\(Self.networkName)', the time of the whole dense network")
    }
    self.init(facts: facts, network: network, layers: reader.layers)
  }
}

private struct RowReader {
  private let file: String
  private let places: [String: Int]
  private let width: Int
  private var lines: [DeviceTimes.LayerForm: Int] = [:]
  private(set) var network: DeviceTimeTable.Time?
  private(set) var layers: [DeviceTimeTable.Row] = []

  private typealias Basis = DeviceTimes.LayerForm.Basis

  init(file: String, header: SeparatedValues.Row?) throws(DeviceTimeProblem) {
    guard let header else { throw DeviceTimeProblem(file: file, "the table is empty") }
    let names = header.fields.map { $0[...].trimmed }
    var places: [String: Int] = [:]
    for (place, name) in names.enumerated() {
      if places.updateValue(place, forKey: name) != nil, !name.isEmpty {
        throw DeviceTimeProblem(file: file, line: header.line, "column '\(name)' appears twice")
      }
    }
    for name in ["layer", "rank", "variant", "seconds"] where places[name] == nil {
      throw DeviceTimeProblem(
        file: file, line: header.line,
        "it has no column '\(name)'; a table of times begins with layer,rank,variant,seconds,low,high")
    }
    self.file = file
    self.places = places
    width = names.count
  }

  mutating func read(_ row: SeparatedValues.Row) throws(DeviceTimeProblem) {
    guard row.fields.count == width else {
      throw problem(row, "the row has \(NumberText.plural(row.fields.count, "field")), but the header has \(width)")
    }
    let layer = field(row, "layer")
    let form = DeviceTimes.LayerForm(layer: layer, basis: try basis(row))
    if let first = lines.updateValue(row.line, forKey: form) {
      throw problem(row, "\(form) is already in line \(first)")
    }
    guard !layer.isEmpty else { throw problem(row, "the name of the layer is missing") }
    let time = try time(row)
    guard layer == DeviceTimeTable.networkName else {
      layers.append(DeviceTimeTable.Row(form: form, time: time))
      return
    }
    if form.basis != nil { throw problem(row, "the row '\(layer)' is for the dense network and must have no rank") }
    guard time.seconds >= 1e-9 else { throw problem(row, "the whole network's time must be at least 1e-9 seconds") }
    network = time
  }

  private func field(_ row: SeparatedValues.Row, _ name: String) -> String {
    places[name].map { row.fields[$0][...].trimmed } ?? ""
  }

  private func problem(_ row: SeparatedValues.Row, _ text: String) -> DeviceTimeProblem {
    DeviceTimeProblem(file: file, line: row.line, text)
  }

  /// Returns the basis of the layer; `nil` if the layer is dense.
  private func basis(_ row: SeparatedValues.Row) throws(DeviceTimeProblem) -> Basis? {
    let (rank, variant) = (field(row, "rank"), field(row, "variant"))
    if rank.isEmpty, variant.isEmpty { return nil }
    if rank.isEmpty { throw problem(row, "variant '\(Self.short(variant))' has no rank; a dense layer has neither") }
    guard let number = Int(rank), number > 0 else {
      throw problem(row, "rank '\(Self.short(rank))' must be a whole number of at least 1")
    }
    guard let known = BasisVariant(rawValue: variant) else {
      throw problem(row, "variant cannot be '\(Self.short(variant))'; \(BasisVariant.hint(for: variant))")
    }
    return Basis(rank: number, variant: known)
  }

  private func time(_ row: SeparatedValues.Row) throws(DeviceTimeProblem) -> DeviceTimeTable.Time {
    func seconds(_ name: String) throws(DeviceTimeProblem) -> Double? {
      let text = field(row, name)
      if text.isEmpty { return nil }
      guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text),
        (0...DeviceTimeTable.longest).contains(value)
      else {
        throw problem(
          row, "\(name) is '\(Self.short(text))', but must be a number from 0 to \(Int(DeviceTimeTable.longest))")
      }
      return value
    }
    guard let median = try seconds("seconds") else { throw problem(row, "seconds are missing") }
    let (low, high) = (try seconds("low"), try seconds("high"))
    guard low ?? median <= median, median <= high ?? median else {
      throw problem(row, "seconds \(median) must be between low and high")
    }
    return DeviceTimeTable.Time(seconds: median, low: low, high: high)
  }

  private static func short(_ text: String) -> String { String(text.prefix(60)) }
}

extension Substring {
  /// The text without leading and trailing blanks.
  fileprivate var trimmed: String {
    let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
    let start = drop(while: isBlank)
    guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(start[...last])
  }
}
