import SearchCore
import Testing

@testable import Replay

@Suite("tables of trainings")
struct TrainingTableTests {
  static func space() throws -> SearchSpace {
    try SearchSpace(architecture: Architecture(.resnet8), ranks: .fractions([0.25]), include: ["layer1.0.*"])
  }

  static let header = "candidate,replicate,seed,accuracy,loss,diverged,train_seconds"

  static func table(_ rows: [String], header: String = header) throws -> TrainingTable {
    try TrainingTable(text: ([header] + rows).joined(separator: "\n") + "\n", file: "t.csv", space: space())
  }

  @Test("rows are read by the names of their columns, in any order")
  func reads() throws {
    let table = try Self.table([
      "dense,1,8,0.42,1.5,false,9.5", "\"layer1.0.conv1=4,layer1.0.conv2=4\",0,7,0.4,,true,8",
      "dense,0,7,0.44,1.4,false,9",
    ])
    #expect(table.candidates.map(\.description) == ["dense", "layer1.0.conv1=4,layer1.0.conv2=4"])
    #expect(
      table.trainings[.dense] == [
        .init(seed: 7, accuracy: 0.44, diverged: false, seconds: 9),
        .init(seed: 8, accuracy: 0.42, diverged: false, seconds: 9.5),
      ])
  }

  @Test(
    "what is wrong is told with file and line",
    arguments: [
      (["dense,0,7,0.44,1,false"], "t.csv:2: the line has 6 fields instead of 7; is it cut off?"),
      (["dense,0,7,0.44,1,false,9", "dense,0,8,0.4,1,false,9"], "t.csv:3: replicate 0 of dense is already in line 2"),
      (
        ["dense,0,7,0.44,1,false,9", "dense,2,8,0.4,1,false,9"],
        "t.csv:3: this is replicate 2 of dense, but 1 is missing"
      ),
      (["layer9=4,0,7,0.4,1,false,9"], "t.csv:2: candidate 'layer9=4' is not in the configuration's space"),
      (["layer1.0.conv1=5,0,7,0.4,1,false,9"], "t.csv:2: candidate 'layer1.0.conv1=5' is not in"),
      (["dense,0,7,nan,1,false,9"], "t.csv:2: accuracy must be a number from 0 to 1, not 'nan'"),
      (["dense,0,7,44,1,false,9"], "t.csv:2: accuracy must be a number from 0 to 1, not '44'"),
      (["dense,0,7,0.4,1,false,inf"], "t.csv:2: train_seconds must be a finite number"),
      (["dense,0,7,0.4,1,maybe,9"], "t.csv:2: diverged must be true or false"),
      (["dense,-1,7,0.4,1,false,9"], "t.csv:2: replicate must be"),
      (["dense,0,x,0.4,1,false,9"], "t.csv:2: seed must be"),
      (["\"dense,0,7,0.4,1,false,9"], "t.csv:2: a quoted field does not end"),
      ([], "t.csv: the table has no trainings"),
    ])
  func problems(rows: [String], message: String) {
    let error = #expect(throws: ReplayError.self) { try Self.table(rows) }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test("a column that is missing is named; a file that is not there, too")
  func missing() {
    let error = #expect(throws: ReplayError.self) {
      try Self.table(["dense,0,7,0.4,9"], header: "candidate,replicate,seed,accuracy,train_seconds")
    }
    #expect(
      error?.description
        == "t.csv:1: column 'diverged' is missing; `export --format trials` writes such a table")
    let unread = #expect(throws: ReplayError.self) {
      try TrainingTable(path: "/nowhere/t.csv", space: Self.space())
    }
    #expect(unread?.description == "/nowhere/t.csv: No such file or directory")
  }
}
