import SearchCore
import Testing

@testable import Configuration

@Suite("The key of device times")
struct DeviceTimesKeyTests {
  private static let head = "model: resnet8\ndata: {set: shapes10}\nspace: {ranks: [4, 8], include: [layer1*]}\n"
  private static let weighed = head + "objectives: [accuracy, device_time]\ndevice_times: t.csv\n"

  private static let table = """
    # model: resnet8
    layer,rank,variant,seconds
    network,,,0.01
    layer1.0.conv1,,,0.001
    layer1.0.conv1,4,remainder,0.0005
    layer1.0.conv1,8,remainder,0.0008
    layer1.0.conv2,,,0.001
    layer1.0.conv2,4,remainder,0.0004
    layer1.0.conv2,8,remainder,0.0012

    """

  private func parse(_ text: String, table: String = table) throws -> StudyConfiguration {
    try .parse(
      text: text, fileName: "x.yaml",
      tableOfFile: { path throws(DeviceTimeProblem) in
        guard path == "t.csv" else { throw DeviceTimeProblem(file: path, "there is none") }
        return try DeviceTimeTable(text: table, file: path)
      })
  }

  private func problem(_ text: String, table: String = table) -> String {
    do {
      _ = try parse(text, table: table)
      return ""
    } catch { return "\(error)" }
  }

  @Test("a study weighs the times of its table, and the values are what it is the same by")
  func values() throws {
    let read = try parse(Self.weighed)
    #expect(read.space.denseCost.deviceTime == 10_000_000)
    let candidate = try Candidate(parsing: "layer1.0.conv1=4,layer1.0.conv2=8")
    #expect(read.space.cost(of: candidate).deviceTime == 9_700_000)
    // Comments, order, intervals and forms that no candidate has do not affect the fingerprint; a nanosecond does.
    let other = """
      layer,rank,variant,seconds,low
      layer1.0.conv2,8,remainder,0.0012,0.001
      layer1.0.conv2,4,remainder,0.0004,
      layer1.0.conv2,,,0.001,
      layer3.0.conv2,8,full,0.7,
      layer1.0.conv1,8,remainder,0.0008,
      layer1.0.conv1,4,remainder,0.0005,
      network,,,0.01,
      layer1.0.conv1,,,0.001,

      """
    let same = try parse(Self.weighed, table: other)
    #expect(same.fingerprint == read.fingerprint && same.entries == read.entries)
    let changed = try parse(Self.weighed, table: Self.table.replacing("0.0005", with: "0.000500001"))
    #expect(changed.fingerprint != read.fingerprint)
    #expect(changed.entries["device_times"] != read.entries["device_times"])
    let without = try parse(Self.head)
    #expect(without.entries["device_times"] == nil && without.entries["device_times.values"] == nil)
    #expect(without.space.denseCost.deviceTime == nil)
  }

  @Test("what is recorded of a study needs no file")
  func recorded() throws {
    let read = try parse(Self.weighed + "constraints: {max_device_time: 0.97}\nstrategy: {name: random}\n")
    #expect(read.strategy.constraints.deviceTime == 9_700_000)
    #expect(read.entries["constraints.max_device_time"] == "0.97")
    let recorded = try StudyConfiguration.recorded(
      entries: read.entries, budget: nil, text: read.text, fileName: "configuration.yaml")
    #expect(recorded.space == read.space && recorded.constraints == read.constraints)
    #expect(recorded.strategy == read.strategy && recorded.fingerprint == read.fingerprint)
    #expect(recorded.objectives == [.accuracy, .deviceTime])
    var lost = read.entries
    lost["device_times.values"] = nil
    let error = #expect(throws: ConfigurationError.self) {
      try StudyConfiguration.recorded(entries: lost, budget: nil, text: "", fileName: "configuration.yaml")
    }
    #expect("\(String(describing: error))".contains("the study has no times on record"))
  }

  @Test("another data path keeps the times")
  func dataPath() throws {
    let text = Self.weighed.replacing("{set: shapes10}", with: "{set: cifar10, path: a}")
    let moved = try #require(try parse(text).replacingDataPath(with: "/b"))
    #expect(moved.dataPath == "/b" && moved.space.deviceTimes != nil)
  }

  @Test("what does not fit is told in one line with the key's")
  func problems() {
    let objective = Self.head + "objectives: [accuracy, device_time]\n"
    #expect(
      problem(objective).hasPrefix(
        "x.yaml:4: key 'objectives' has 'device_time', which needs a table of times: add device_times: FILE"))
    #expect(problem(Self.head + "device_times: t.csv\n").hasPrefix("x.yaml:4: key 'device_times' is for the objective"))
    #expect(problem(objective + "device_times: ''\n").contains("key 'device_times' is empty"))
    #expect(problem(objective + "device_times: [t.csv]\n").contains("key 'device_times' is a list, but must be a text"))
    #expect(problem(objective + "device_times: u.csv\n").hasSuffix("cannot be used: u.csv: there is none"))
    #expect(
      problem(Self.head + "constraints: {max_device_time: 0.5}\n").contains(
        "key 'constraints.max_device_time' is for the objective device_time"))
    #expect(
      problem(Self.weighed + "constraints: {max_device_time: 2}\n").contains(
        "2 is not a share of the dense network's time"))
    #expect(
      problem(Self.weighed + "constraints: {max_device_time: 0.5}\n").contains(
        "'constraints.max_device_time' cannot be used: no candidate takes at most 50.0 % of the dense network's time"))
    #expect(
      problem(Self.weighed, table: Self.table.replacing("layer1.0.conv2,4,remainder,0.0004\n", with: "")).hasSuffix(
        "key 'device_times' cannot be used: t.csv: it has no time of layer1.0.conv2 at rank 4, variant remainder; "
          + "every layer form of the space needs one"))
    #expect(
      problem(Self.weighed, table: Self.table.replacing("resnet8", with: "resnet20")).hasSuffix(
        "t.csv: its times are for resnet20, but the model is resnet8"))
    #expect(
      problem(Self.weighed, table: "# images: 64x64\n" + Self.table).hasSuffix(
        "t.csv: its times are for images of 64x64, but the data's are 32x32"))
    #expect(problem(Self.weighed, table: "# images: 32x32\n" + Self.table) == "")
    #expect(
      problem(Self.weighed, table: Self.table.replacing("0.0008", with: "x")).contains("cannot be used: t.csv:6: "))
  }

  @Test("a definition of which no study is made does without the table")
  func unread() throws {
    let read = try StudyConfiguration.parse(
      text: Self.weighed + "constraints: {max_device_time: 0.5}\n", fileName: "x.yaml", tableOfFile: { _ in nil })
    #expect(read.space.deviceTimes == nil && read.space.choices.count == 2)
  }
}
