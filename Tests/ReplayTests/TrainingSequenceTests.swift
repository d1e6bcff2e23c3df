import Foundation
import SearchCore
import TestSupport
import Testing

@testable import Replay

@Suite("sequences of trainings made elsewhere")
struct TrainingSequenceTests {
  private static let text = """
    # trials
    dense
    layer1.0.conv1=4

    layer1.0.conv2=4, layer1.0.conv1=4
    dense
    """

  @Test("a line is a training, a repeated one the candidate's next, in whatever way it is written")
  func reads() throws {
    let sequence = try TrainingSequence(text: Self.text, file: "s.txt", space: TrainingTableTests.space())
    #expect(
      sequence.entries.map(\.candidate.description) == [
        "dense", "layer1.0.conv1=4", "layer1.0.conv1=4,layer1.0.conv2=4", "dense",
      ])
    #expect(sequence.entries.map(\.repetition) == [0, 0, 0, 1])
    #expect(sequence.entries.map(\.line) == [2, 3, 5, 6])
  }

  @Test(
    "what is wrong is told with file and line",
    arguments: [
      ("dense\nlayer9.0.conv1=4\n", "s.txt:2: candidate 'layer9.0.conv1=4' is not in the configuration's space"),
      ("layer1.0.conv1=5\n", "s.txt:1: candidate 'layer1.0.conv1=5' is not in the configuration's space"),
      ("dense\nlayer1.0.conv1=x\n", "s.txt:2: "), ("# nothing\n\n", "s.txt: the sequence has no candidates"),
    ])
  func problems(text: String, message: String) {
    let error = #expect(throws: ReplayError.self) {
      try TrainingSequence(text: text, file: "s.txt", space: TrainingTableTests.space())
    }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    #expect(error?.isUsage == true)
  }

  @Test("candidates that the table has not, or not often enough, are told with their line")
  func lacking() throws {
    let table = try TrainingTableTests.table(["dense,0,7,0.4,1,false,9", "dense,1,8,0.4,1,false,9"])
    let draw = ReplayDraw(table, number: 0, seed: 1)
    let sequence = try TrainingSequence(text: Self.text, file: "s.txt", space: TrainingTableTests.space())
    #expect(try sequence.served(1, from: draw).map(\.candidate) == [.dense])
    let unknown = #expect(throws: ReplayError.self) { try sequence.served(9, from: draw) }
    #expect(unknown?.description == "s.txt:3: the table t.csv has no trainings of layer1.0.conv1=4")
    let twice = try TrainingSequence(text: "dense\ndense\n", file: "s.txt", space: TrainingTableTests.space())
    let often = #expect(throws: ReplayError.self) { try twice.served(9, from: draw) }
    #expect(often?.description == "s.txt:2: training 2 of dense is requested, but t.csv has only 1 to serve")
  }

  @Test("a folder has a sequence for each replay, in the order of names; a file is for all")
  func folders() throws {
    let place = try Place()
    let space = try TrainingTableTests.space()
    try FileManager.default.createDirectory(atPath: place.path("tpe"), withIntermediateDirectories: true)
    try place.write("layer1.0.conv1=4\n", to: "tpe/1.txt")
    try place.write("dense\n", to: "tpe/0.txt")
    let set = try SequenceSet(path: place.path("tpe"), space: space, replays: 2)
    #expect(set.name == "tpe" && set.sequence(ofReplay: 0).entries.first?.candidate == .dense)
    #expect(set.sequence(ofReplay: 1).entries.first?.candidate.description == "layer1.0.conv1=4")
    let file = try SequenceSet(path: place.path("tpe/1.txt"), space: space, replays: 9)
    #expect(file.name == "1" && file.sequence(ofReplay: 8).entries.count == 1)
    let error = #expect(throws: ReplayError.self) { try SequenceSet(path: place.path("tpe"), space: space, replays: 3) }
    #expect(error?.description.contains("has 2 sequences for 3 replays") == true)
  }

  @Test("the same trainings as a sequence and by the search are judged alike")
  func judged() async throws {
    let landscape = try Landscape()
    let table = try landscape.table(seeds: 3)
    let dense = Candidate.dense
    let candidates = [dense] + landscape.space.allLayersReferences + landscape.candidates[20..<23]
    let place = try Place()
    try place.write(candidates.map(\.description).joined(separator: "\n"), to: "mine.txt")
    var settings = Replay.Settings(jobs: [2, 5], replays: 3)
    settings.sequences = [try SequenceSet(path: place.path("mine.txt"), space: landscape.space, replays: 3)]
    let replay = landscape.replay(table, settings)
    let report = try await replay.report(threads: 1)
    let rows = report.rows.filter { $0.kind == .sequence }
    #expect(rows.map(\.jobs) == [2, 5] && rows.map(\.trainings) == [2, 5])
    for (number, measures) in (rows.first?.replays ?? []).enumerated() {
      let draw = replay.draw(number)
      let served = try candidates.prefix(2).map { ($0, try draw.serve($0, repetition: 0)) }
      let model = TableEstimates.model(served, space: landscape.effects, scores: .accuracies)
      let judged = FrontierJudge(draw, space: landscape.effects).judge(
        TableEstimates.estimates(model, of: table.candidates))
      #expect(measures.frontierAccuracy == judged.frontierAccuracy)
    }
  }

  @Test("where nothing known is small enough, the largest network that fits is judged, and nothing is claimed of it")
  func fallback() throws {
    let landscape = try Landscape(noise: 1e-6)
    let draw = ReplayDraw(try landscape.table(seeds: 2), number: 0, seed: 1)
    let judgment = FrontierJudge(draw, space: landscape.effects).judge([.dense: 50])
    #expect(judgment.named.count { $0 == .dense } == 2)
    #expect(abs(try #require(judgment.claim) - 6) < 1e-3)
    #expect(judgment.frontierAccuracy > 38 && judgment.frontierAccuracy < Landscape.denseAccuracy)
  }
}
