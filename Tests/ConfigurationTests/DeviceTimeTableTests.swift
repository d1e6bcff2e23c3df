import Configuration
import Foundation
import SearchCore
import Testing

@Suite("Tables of device times")
struct DeviceTimeTableTests {
  private static let header = "layer,rank,variant,seconds,low,high\n"

  private func problem(_ text: String) -> String? {
    do {
      _ = try DeviceTimeTable(text: text, file: "t.csv")
      return nil
    } catch { return error.description }
  }

  @Test("a table is read back as it was written, facts and intervals too")
  func roundTrip() throws {
    let table = DeviceTimeTable(
      facts: [.init("model", "resnet8"), .init("machine", "a \"phone\", new: 2")],
      network: .init(seconds: 0.0625, low: 0.06, high: 0.07),
      layers: [
        .init(form: .init(layer: "conv1"), time: .init(seconds: 0.001)),
        .init(
          form: .init(layer: "conv1", basis: .init(rank: 8, variant: .grouped(2))),
          time: .init(seconds: 0.000000123, low: 0, high: 0.5)),
      ])
    #expect(try DeviceTimeTable(text: table.text, file: "t.csv") == table)
    #expect(table.model == "resnet8")
    #expect(table.times.network == 62_500_000 && table.times.layers.values.sorted() == [123, 1_000_000])
    #expect(table.text.contains("\nconv1,8,grouped2,0.000000123,0.000000000,0.500000000\n"))
  }

  @Test("columns may stand in any order and have others beside them; blanks and line ends do not matter")
  func freedom() throws {
    let text =
      "#anything\r\n# batch: 1\r\nseconds,note,layer,variant,rank\r\n1e-3,x, network ,,\r\n\r\n"
      + "# model: none\r\n2.5E-4,\"a,b\",conv1,full,4\r\n"
    let table = try DeviceTimeTable(text: text, file: "t.csv")
    #expect(table.network == .init(seconds: 0.001) && table.layers.count == 1)
    #expect(table.layers[0].form == .init(layer: "conv1", basis: .init(rank: 4, variant: .full)))
    #expect(table.facts == [.init("batch", "1"), .init("model", "none")])
  }

  /// Whether the header is put before the text, the text of a table, and the beginning of its problem.
  private static let bad: [(hasHeader: Bool, text: String, problem: String)] = [
    (false, "", "t.csv: the table is empty"),
    (false, "# only: facts\n", "t.csv: the table is empty"),
    (false, "layer,rank,seconds\n", "t.csv:1: it has no column 'variant'; a table of times begins with"),
    (false, "layer,rank,variant,seconds,rank\n", "t.csv:1: column 'rank' appears twice"),
    (true, "", "t.csv: it has no row 'network', the time of the whole dense network"),
    (true, "network,,,1\n", "t.csv:2: the row has 4 fields, but the header has 6"),
    (true, "network,,,,,\n", "t.csv:2: seconds are missing"),
    (true, "network,,,0,,\n", "t.csv:2: the whole network's time must be at least 1e-9 seconds"),
    (true, "network,4,full,1,,\n", "t.csv:2: the row 'network' is for the dense network and must have no rank"),
    (true, "network,,,fast,,\n", "t.csv:2: seconds is 'fast', but must be a number from 0 to 100000"),
    (true, "network,,,-1,,\n", "t.csv:2: seconds is '-1', but"),
    (true, "network,,,nan,,\n", "t.csv:2: seconds is 'nan', but"),
    (true, "network,,,inf,,\n", "t.csv:2: seconds is 'inf', but"),
    (true, "network,,,0x1,,\n", "t.csv:2: seconds is '0x1', but"),
    (true, "network,,,1e300,,\n", "t.csv:2: seconds is '1e300', but"),
    (true, "network,,,1,2,3\n", "t.csv:2: seconds 1.0 must be between low and high"),
    (true, "network,,,1,0.5,0.9\n", "t.csv:2: seconds 1.0 must be between low and high"),
    (true, "network,,,1,0.5,x\n", "t.csv:2: high is 'x', but"),
    (true, "network,,,1,,\n# a\n\nconv1,x,full,1,,\n", "t.csv:5: rank 'x' must be a whole number of at least 1"),
    (true, "network,,,1,,\nconv1,0,full,1,,\n", "t.csv:3: rank '0' must be a whole number"),
    (true, "network,,,1,,\nconv1,4.5,full,1,,\n", "t.csv:3: rank '4.5' must be a whole number"),
    (true, "network,,,1,,\nconv1,99999999999999999999,full,1,,\n", "t.csv:3: rank '999"),
    (true, "network,,,1,,\nconv1,4,,1,,\n", "t.csv:3: variant cannot be ''; allowed: remainder"),
    (true, "network,,,1,,\nconv1,4,ful,1,,\n", "t.csv:3: variant cannot be 'ful'; did you mean 'full'?"),
    (true, "network,,,1,,\nconv1,,full,1,,\n", "t.csv:3: variant 'full' has no rank"),
    (true, "network,,,1,,\n,,,1,,\n", "t.csv:3: the name of the layer is missing"),
    (true, "network,,,1,,\na,,,1,,\na,,,2,,\n", "t.csv:4: a, dense is already in line 3"),
    (true, "network,,,1,,\nnetwork,,,2,,\n", "t.csv:3: network, dense is already in line 2"),
    (true, "network,,,1,,\n\"a,,,1,,\n", "t.csv:3: a quoted field does not end"),
    (true, "network,,,1,,\na\"b,,,1,,\n", "t.csv:3: a field has a quote in it"),
  ]

  @Test("what is wrong is told in one line, with the file's", arguments: bad.indices)
  func badInput(index: Int) throws {
    let (hasHeader, text, expected) = Self.bad[index]
    let found = try #require(problem((hasHeader ? Self.header : "") + text))
    #expect(found.hasPrefix(expected), "\(found)")
    #expect(!found.contains("\n"))
  }

  @Test("what is no such file is told with its path")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "times-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func problem(_ name: String, _ bytes: [UInt8]?) throws -> String {
      let path = folder.appending(path: name).path
      if let bytes { try Data(bytes).write(to: URL(filePath: path)) }
      let error = #expect(throws: DeviceTimeProblem.self) { try DeviceTimeTable(path: path) }
      let text = try #require(error).description
      #expect(text.hasPrefix(path) && !text.contains("\n"), "\(text)")
      return text
    }
    #expect(try problem("none.csv", nil).contains("cannot be read"))
    #expect(try problem("", nil).contains("this is a folder"))
    #expect(try problem("zero.csv", Array("layer,rank\nconv1".utf8) + [0]).contains("NUL"))
    #expect(try problem("latin.csv", Array("layer\n".utf8) + [0xe9, 0x0a]).contains(":2: the text is not UTF-8"))
    #expect(
      try problem("long.csv", Array(repeating: UInt8(ascii: "x"), count: 9 << 20)).contains("larger than 8.4 MB"))
  }
}
