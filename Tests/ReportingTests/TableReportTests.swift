import Foundation
import SearchCore
import Testing

@testable import Reporting

/// Two candidates and the dense network, with numbers that are easy to check.
private func smallStudy(name: String = "small") throws -> StudyReport {
  let space = try SearchSpace(architecture: Architecture(.resnet20), ranks: .absolute([8]), include: ["layer3*"])
  func result(_ accuracy: Double, step: Double?, diverged: Bool = false) -> Observation {
    Observation(
      accuracy: accuracy, loss: diverged ? nil : 1.5, epochLosses: [], diverged: diverged, stepTimeRatio: step,
      inferenceTimeRatio: step.map { $0 / 2 }, trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1,
      kernelVariant: "test")
  }
  let pair = try Candidate(parsing: "layer3.0.conv1=8,layer3.0.conv2=8")
  let single = Candidate(ranks: ["layer3.2.conv2": 8])
  return StudyReport(
    study: name,
    recipe: TrainingRecipe(
      model: .resnet20, data: DataSelection(set: .cifar10, trainImages: 10_000, validationImages: 5000, splitSeed: 1),
      epochs: 3),
    space: space, objectives: [.accuracy, .parameters],
    results: [
      .example(.dense, 0): result(0.75, step: nil),
      .example(pair, 0): result(0.5, step: 0.9),
      .example(pair, 1): result(0.7, step: nil),
      .example(single, 0): result(0.1, step: nil, diverged: true),
    ])
}

@Suite("CSV")
struct CSVTests {
  @Test("columns, quoting, exact numbers, empty fields and frontier marks")
  func golden() throws {
    let header =
      "candidate,decomposed_layers,parameters,parameter_ratio,multiply_adds,multiply_add_ratio,accuracy,accuracy_sd,"
      + "loss,step_time_ratio,inference_time_ratio,seeds,on_frontier,diverged_seeds,kernel_variants\n"
    // layer3.0.conv1 saves 56 · 280 weights and each other layer 56 · 568, with 64 pixels each.
    let pair =
      "\"layer3.0.conv1=8,layer3.0.conv2=8\",2,222234,0.823937,37511808,0.925052,0.6,0.14142135623730948,1.5,0.900000,"
      + "0.450000,2,true,0,test\n"
    let single = "layer3.2.conv2=8,1,237914,0.882071,38515328,0.949799,,,,,,1,false,1,test\n"
    let dense = "dense,0,269722,1.000000,40551040,1.000000,0.75,,1.5,,,1,true,0,test\n"
    #expect(try smallStudy().text(.csv, selection: .all) == header + pair + single + dense)
    #expect(try smallStudy().text(.csv) == header + pair + dense)
  }

  @Test("accuracy and loss read back to the same bits")
  func roundTrip() throws {
    let report = try syntheticStudy(candidates: 60)
    let lines = report.text(.csv, selection: .all).split(separator: "\n").dropFirst()
    #expect(lines.count == 60)
    for (line, row) in zip(lines, report.rows) {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      // Counted from the end, because candidates contain commas.
      #expect(Double(fields[fields.count - 9]) == row.score.accuracy)
      #expect(
        fields[fields.count - 8].isEmpty
          ? row.score.accuracySD == nil : Double(fields[fields.count - 8]) == row.score.accuracySD)
      #expect(Double(fields[fields.count - 7]) == row.score.loss)
      #expect(fields[fields.count - 3] == (row.onFrontier ? "true" : "false"))
    }
  }

  @Test(
    "fields are quoted only where they must be",
    arguments: [
      ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"so\"", "\"say \"\"so\"\"\""), ("two\nlines", "\"two\nlines\""),
      ("two\r\nlines", "\"two\r\nlines\""), ("", ""),
    ])
  func quoting(field: String, expected: String) { #expect(StudyReport.quoted(field) == expected) }
}

@Suite("JSON")
struct JSONTests {
  private func parsed(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("one object that parses, with every CSV column in every candidate")
  func fields() throws {
    let report = try syntheticStudy(candidates: 30)
    let object = try parsed(report.text(.json, selection: .all))
    #expect(object["study"] as? String == "cifar10-resnet20")
    #expect(object["objectives"] as? [String] == ["accuracy", "parameters", "multiply_adds"])
    let volume = try #require(object["hypervolume"] as? Double)
    #expect(abs(volume - (report.hypervolume ?? 0)) < 1e-12)
    #expect(object["trainings"] as? Int == 60)
    #expect((object["dense"] as? [String: Any])?["parameters"] as? Int == 269_722)
    let candidates = try #require(object["candidates"] as? [[String: Any]])
    #expect(candidates.count == 30)
    for (candidate, row) in zip(candidates, report.rows) {
      let columns = Set(ReportColumn.all.map(\.name)).subtracting(["device_time", "device_time_ratio"])
      #expect(columns.isSubset(of: candidate.keys))
      #expect(candidate["candidate"] as? String == "\(row.score.candidate)")
      #expect(candidate["ranks"] as? [String: Int] == row.score.candidate.ranks)
      #expect(candidate["inference_time_ratio"] is NSNull)
    }
    #expect(try parsed(report.text(.json)).keys.count == object.keys.count)
    #expect((try parsed(report.text(.json))["candidates"] as? [Any])?.count == report.frontier.count)
  }

  @Test("accuracies and losses read back to the same bits")
  func roundTrip() throws {
    // JSONSerialization is not used: on Linux it reads some numbers with a small error.
    struct File: Decodable {
      struct Row: Decodable {
        let accuracy: Double?
        let accuracy_sd: Double?
        let loss: Double?
      }
      let candidates: [Row]
    }
    let report = try syntheticStudy(candidates: 60, diverged: 2)
    let file = try JSONDecoder().decode(File.self, from: Data(report.text(.json, selection: .all).utf8))
    #expect(file.candidates.map(\.accuracy) == report.rows.map(\.score.accuracy))
    #expect(file.candidates.map(\.accuracy_sd) == report.rows.map(\.score.accuracySD))
    #expect(file.candidates.map(\.loss) == report.rows.map(\.score.loss))
  }

  @Test("names with quotes, control characters and other scripts survive")
  func escaping() throws {
    let name = "a \"b\" \\ \n \u{1} \r\n é 基底 🙂 </script>"
    #expect(try parsed(try smallStudy(name: name).text(.json))["study"] as? String == name)
  }

  @Test("a study without results is an object without candidates")
  func empty() throws {
    let object = try parsed(try syntheticStudy(candidates: 0).text(.json))
    #expect((object["candidates"] as? [Any])?.isEmpty == true)
    #expect(object["hypervolume"] as? Double == 0)
  }
}

@Suite("Tables")
struct TableTests {
  @Test("Markdown has one line for each candidate, and a mark for the frontier where all are listed")
  func markdown() throws {
    let report = try smallStudy()
    let all = report.text(.markdown, selection: .all)
    let lines = all.split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(lines.count == 5)
    #expect(Set(lines.map { $0.filter { $0 == "|" }.count }) == [13])
    #expect(all.contains("| 222.2 K | 82.4 % | 37.51 M | 92.5 % | 60.0 ± 14.1 % | 1.500 | 90 % | 45 % | 2 | 2 | ● |"))
    #expect(all.contains("ResNet-20 on CIFAR-10, proxies of 10,000 images × 3 epochs"))
    #expect(report.text(.markdown).split(separator: "\n").filter { $0.hasPrefix("|") }.count == 4)
  }

  @Test("trainings that start from a trained network are told from those from scratch, in every format for people")
  func started() throws {
    var report = try smallStudy()
    #expect(!report.text(.json).contains("\"start\""))
    report.recipe.start = TrainedStart(
      origin: .dense(epochs: 30, trainImages: 45_000, seed: 1), calibrationImages: 2000)
    for format in [ReportFormat.markdown, .table, .svg] {
      #expect(report.text(format).contains("10,000 images × 3 epochs from trained weights"), "\(format)")
    }
    let json = report.text(.json)
    for part in ["\"start\"", "\"train_images\": 45000", "\"from\": \"dense\""] {
      #expect(json.contains(part), "\(json)")
    }
    report.recipe.start?.origin = .checkpoint(weights: String(repeating: "ab", count: 32))
    #expect(report.text(.json).contains(String(repeating: "ab", count: 32)))
  }
}

@Suite("Study report")
struct StudyReportTests {
  @Test("the frontier and the references are marked")
  func marks() throws {
    let report = try syntheticStudy(candidates: 60)
    let front = ParetoFront(of: report.rows.map(\.score), objectives: report.objectives)
    #expect(report.frontier.map(\.score) == front.scores)
    #expect(report.dense?.score.candidate == .dense)
    #expect(report.rows.compactMap(\.reference) == [.allLayers(label: "25 %"), .allLayers(label: "50 %"), .dense])
    #expect(report.trainings == 120)
  }
}
