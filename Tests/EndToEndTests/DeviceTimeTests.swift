import Foundation
import Testing

@Suite("times of a device in a study", .serialized)
struct DeviceTimeTests {
  /// A table in which rank 4 of the first layer is slower than the dense layer.
  private static let table = """
    # model: resnet8
    layer,rank,variant,seconds,low,high
    network,,,0.010,0.009,0.011
    layer1.0.conv1,,,0.0011,,
    layer1.0.conv1,4,remainder,0.0013,,
    layer2.0.conv2,,,0.0021,,
    layer2.0.conv2,8,remainder,0.0008,,

    """

  private func write(_ place: Place, to folder: String, strategy: String = "exhaustive") throws {
    try place.writeStudy(file: "\(folder)/study.yaml")
    let path = place.path("\(folder)/study.yaml")
    let text = try String(contentsOfFile: path, encoding: .utf8)
      .replacing("[accuracy, parameters]", with: "[accuracy, parameters, device_time]\ndevice_times: phone.csv")
      .replacing("exhaustive", with: strategy)
    try place.write(text, to: "\(folder)/study.yaml")
    try place.write(Self.table, to: "\(folder)/phone.csv")
  }

  @Test("a study weighs a table's times: two runs have the same bytes, and the record needs the table no more")
  func study() async throws {
    let place = try Place()
    var exports: [String] = []
    for (folder, slots) in [("one", "1"), ("two", "2")] {
      try FileManager.default.createDirectory(atPath: place.path(folder), withIntermediateDirectories: true)
      try write(place, to: folder, strategy: "surrogate")
      let plan = try await place.run("plan", "\(folder)/study.yaml", "--images-per-second", "100")
      // The first layer stays dense, the other one saves 1.3 ms.
      let told = "device      dense 10.00 ms, the fastest candidate 8.70 ms (87.0 %)"
      #expect(plan.output.contains(told), "\(plan.output)\(plan.errors)")
      let run = try await place.run(
        "run", "\(folder)/study.yaml", "--study", "\(folder)/study", "--slots", slots, "--quiet")
      #expect(run.exitCode == 0, "\(run.errors)")
      // The record does not need the table.
      try FileManager.default.removeItem(atPath: place.path("\(folder)/phone.csv"))
      let export = try await place.run("export", "\(folder)/study", "--format", "csv", "--all")
      #expect(export.exitCode == 0, "\(export.errors)")
      let header = export.output.split(separator: "\n").first.map(String.init)
      #expect(header == StudyTests.csvHeader + ",device_time,device_time_ratio")
      // The study resumes with its own configuration, which names the table that is gone.
      let again = try await place.run("run", "\(folder)/study/configuration.yaml", "--resume", "--quiet")
      #expect(again.exitCode == 0, "\(again.errors)")
      exports.append(export.output)
    }
    // Measured ratios may differ between the runs.
    func unmeasured(_ csv: String) throws -> [[Substring]] {
      let rows = csv.split(separator: "\n").map { line in
        // Candidates of several layers are quoted.
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
        let rest = (parts.count == 3 ? "joint" + parts[2] : String(line))[...]
        return (parts.count == 3 ? [parts[1]] : []) + rest.split(separator: ",", omittingEmptySubsequences: false)
      }
      let header = rows[0]
      let measured = try ["step_time_ratio", "inference_time_ratio"].map { name in
        try #require(header.firstIndex { $0 == name })
      }
      return rows.map { row in
        let shift = row.count - header.count
        return row.enumerated().filter { !measured.contains($0.offset - shift) }.map(\.element)
      }
    }
    #expect(try unmeasured(exports[0]) == unmeasured(exports[1]))
    let dense = try #require(exports[0].split(separator: "\n").first { $0.hasPrefix("dense,") })
    #expect(dense.hasSuffix(",0.01,1.000000"), "\(dense)")
    #expect(exports[0].contains(",0.0102,1.020000"), "\(exports[0])")

    let table = try await place.run("export", "one/study", "--format", "table", "--estimates")
    #expect(table.output.contains("Device time"), "\(table.output)")
    let solution = try await place.run("solve", "one/study", "--max-device-time", "0.95", "--json")
    #expect(solution.exitCode == 0, "\(solution.errors)")
    let candidates = try #require(try object(solution.output)["candidates"] as? [[String: Any]])
    #expect(!candidates.isEmpty && candidates.allSatisfy { $0["device_time_ratio"] as? Double ?? 9 <= 0.95 })
    let none = try await place.run("solve", "one/study", "--max-device-time", "0.1")
    #expect(none.exitCode == 2 || none.exitCode == 1)
    #expect(isOneLine(none.errors) && none.errors.contains("the fastest takes 87.0 %"), "\(none.errors)")
    let figure = try await place.run(
      "export", "one/study", "--format", "svg", "--figure", "frontier-device-time")
    #expect(figure.exitCode == 0 && figure.output.contains(" 10.00 ms)<"), "\(figure.errors)")
  }

  @Test("another table is another study; a table that does not fit is one line with its place")
  func refusals() async throws {
    let place = try Place()
    try write(place, to: ".")
    let first = try await place.run("run", "study.yaml", "--quiet", "--slots", "2")
    #expect(first.exitCode == 0, "\(first.errors)")
    // The study does not depend on the table's comments and intervals.
    try place.write("# other\n" + Self.table.replacing("0.009,0.011", with: ","), to: "phone.csv")
    let same = try await place.run("run", "study.yaml", "--resume", "--quiet")
    #expect(same.exitCode == 0, "\(same.errors)")
    try place.write(Self.table.replacing("0.0013", with: "0.0012"), to: "phone.csv")
    let other = try await place.run("run", "study.yaml", "--resume", "--quiet")
    #expect(other.exitCode == 2 && isOneLine(other.errors), "\(other.errors)")
    #expect(other.errors.contains("device_times: ") && other.errors.utf8.count < 1000, "\(other.errors)")
    try place.write(Self.table.replacing("layer2.0.conv2,8,remainder,0.0008,,\n", with: ""), to: "phone.csv")
    let missing = try await place.run("run", "study.yaml", "--study", "new", "--quiet")
    #expect(missing.exitCode == 2 && isOneLine(missing.errors), "\(missing.errors)")
    #expect(missing.errors.contains("phone.csv: it has no time of layer2.0.conv2 at rank 8, variant remainder"))
    try place.write(Self.table.replacing("0.0013", with: "slow"), to: "phone.csv")
    let wrong = try await place.run("plan", "study.yaml", "--images-per-second", "9")
    #expect(wrong.exitCode == 2 && isOneLine(wrong.errors), "\(wrong.errors)")
    #expect(wrong.errors.contains("phone.csv:5: seconds is 'slow'"), "\(wrong.errors)")
    #expect(!place.exists("new"))
  }

  @Test("times measures a table that a study can be made of, and says how far its sums are off")
  func measuring() async throws {
    let place = try Place()
    try write(place, to: ".")
    try FileManager.default.removeItem(atPath: place.path("phone.csv"))
    let measured = try await place.run(
      "times", "--config", "study.yaml", "--batch", "16", "--seconds", "0", "--output", "phone.csv", "--check", "2")
    #expect(measured.exitCode == 0, "\(measured.errors)")
    #expect(measured.output.contains("median error") && measured.errors.contains("wrote phone.csv"))
    let plan = try await place.run("plan", "study.yaml", "--images-per-second", "9")
    #expect(plan.exitCode == 0, "\(plan.errors)")
    let again = try await place.run("times", "--config", "study.yaml", "--table", "phone.csv", "--check", "1")
    #expect(again.exitCode == 0 && again.output.contains("of 1 candidate"), "\(again.errors)")
    let forms = try await place.run("times", "--model", "resnet8", "--ranks", "4,8", "--forms")
    #expect(forms.exitCode == 0 && forms.output.contains("\nlayer1.0.conv1,8,remainder,16,16,3,1,32,1,yes\n"))
    for (arguments, text) in [
      ([], "give --model"), (["--model", "resnet8", "--ranks", "4", "--rank-fractions", "0.5"], "exclude each other"),
      (["--model", "resnet8", "--ranks", "4,x"], "whole number"),
      (["--model", "resnet8", "--ranks", ""], "its value is empty"),

      (["--model", "resnet8", "--ranks", "999"], "legal in none"), (["--model", "resnet8", "--table", "x"], "--check"),
      (["--model", "resnet8", "--variants", "ful"], "did you mean 'full'?"),
      (["--model", "resnet8", "--table", "no.csv", "--check", "1"], "no.csv: "),
      (["--config", "study.yaml", "--ranks", "4"], "--config"), (["--config", "no.yaml"], "no.yaml"),
    ] as [([String], String)] {
      let wrong = try await RunningCommand(["times"] + arguments, in: place).end()
      #expect(wrong.exitCode == 2 && isOneLine(wrong.errors) && wrong.errors.contains(text), "\(wrong.errors)")
    }
  }
}
