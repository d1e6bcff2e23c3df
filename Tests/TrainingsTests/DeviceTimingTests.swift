import Configuration
import SearchCore
import Testing

@testable import Trainings

@Suite("device timing")
struct DeviceTimingTests {
  private func space() throws -> SearchSpace {
    try SearchSpace(
      architecture: Architecture(.resnet8), ranks: .absolute([4, 8]), include: ["layer1*", "layer2.0.conv2"],
      others: [.grouped(2)])
  }

  @Test("a table has every form that candidates of the space are made of, and is checked by whole candidates")
  func table() throws {
    let space = try space()
    let timing = try DeviceTiming(space, batch: 16, machine: "this, that")
    let table = try timing.table(seconds: 0)
    let read = try DeviceTimeTable(text: table.text, file: "t.csv")
    #expect(read.model == "resnet8" && read.layers.map(\.form) == space.layerForms)
    #expect(read.facts.contains(.init("batch", "16")) && read.facts.contains(.init("machine", "this, that")))
    for time in [read.network] + read.layers.map(\.time) {
      let (low, high) = (try #require(time.low), try #require(time.high))
      #expect(time.seconds > 0 && low <= time.seconds && time.seconds <= high)
    }
    #expect(try space.timed(by: read.times).denseCost.deviceTime ?? 0 > 0)
    var told: [Int] = []
    let check = try timing.check(read, candidates: 3) { told.append($0) }
    #expect(told == [0, 1, 2] && Set(check.candidates.map(\.candidate)).count == 3)
    #expect(try #require(check.medianError) >= 0 && check.lines.count == 5)
    for entry in check.candidates {
      #expect(abs(entry.measuredRatio * (1 + entry.error) - entry.predictedRatio) < 1e-9)
    }
  }

  @Test("the list of forms names every layer of the network, with what a device has to know to measure it")
  func list() throws {
    let lines = LayerFormList.text(of: try space()).split(separator: "\n").map(String.init)
    #expect(lines[0] == "# model: resnet8" && lines[1] == "# images: 32x32")
    #expect(lines[2] == "layer,rank,variant,inputs,outputs,kernel,stride,side,groups,in_space")
    #expect(lines[3] == "conv1,,,3,16,3,1,32,1,no")
    #expect(lines.contains("layer1.0.conv1,8,grouped2,16,16,3,1,32,2,yes"))
    #expect(lines.contains("layer2.0.conv1,,,16,32,3,2,32,1,no"))
    #expect(lines.last == "fc,,,64,10,1,1,1,1,no")
    #expect(lines.count == 3 + 8 + 3 * 4)
  }
}
