import Foundation
import Testing

@Suite("candidates by the names that people have for them", .serialized)
struct CandidateNameTests {
  @Test("--explain and --candidate take any order, spaces, labels, and --candidate the frontier's rows and its knee")
  func names() async throws {
    let place = try Place()
    try place.writeStudy()
    #expect(try await place.run("run", "study.yaml", "--quiet", "--slots", "2").exitCode == 0)
    let both = "layer1.0.conv1=4,layer2.0.conv2=8"
    for name in [
      both, "layer2.0.conv2=8,layer1.0.conv1=4", " layer2.0.conv2 = 8 , layer1.0.conv1 = 4 ", "all layers at 25 %",
      "All layers at 25%", "layer1 4·– | layer2 –·8", "layer1 4,-|layer2 -,8",
    ] {
      let explained = try await place.run("status", "studies/tiny", "--explain", name)
      #expect(explained.exitCode == 0 && explained.output.contains(both), "\(name): \(explained.errors)")
      #expect(try await candidate(name, in: place) == both, "\(name)")
    }
    let frontier = try await place.run("export", "studies/tiny", "--format", "csv").output
    let rows = frontier.split(separator: "\n").count - 1
    for row in 1...rows {
      #expect(frontier.split(separator: "\n")[row].contains(try await candidate("\(row)", in: place) ?? "none"))
    }
    #expect(try await candidate("dense", in: place) == "dense")
    for wrong in ["0", "\(rows + 1)", "-1", "layer9 4", "kneee", "layer1.0.conv1=99", ""] {
      let result = try await train(wrong, in: place)
      #expect(result.exitCode == 2 && isOneLine(result.errors), "\(wrong): \(result.errors)")
    }
    let knee = try await train("knee", in: place)
    #expect(knee.exitCode == 0 || knee.errors.contains("no bend"), "\(knee.errors)")
    let estimated = try await train("estimated knee", in: place)
    #expect(
      estimated.exitCode == 0 || estimated.errors.contains("the estimated frontier of study studies/tiny has no bend"),
      "\(estimated.errors)")
    // A number that no job has, and the study's name without the folder of studies.
    let unknown = try await place.run("status", "studies/tiny", "--explain", "40")
    #expect(unknown.exitCode == 2 && unknown.errors.contains("its jobs are 1-"), "\(unknown.errors)")
    let near = try await place.run("status", "tiny")
    #expect(near.exitCode == 1 && near.errors.contains("did you mean studies/tiny?"), "\(near.errors)")
    let rank = try await train("all layers at 33 %", in: place)
    #expect(rank.errors.contains("no such reference; it has all layers at 25 %"), "\(rank.errors)")
    let none = try await place.run("train", "--from-study", "studies/tiny")
    #expect(none.exitCode == 2 && isOneLine(none.errors) && none.errors.contains("--candidate"), "\(none.errors)")
    let homeless = try await place.run(
      "train", "--model", "resnet8", "--data", "shapes10", "--epochs", "1", "--candidate", "knee")
    let other = try await place.run(
      "train", "--from-study", "studies/tiny", "--model", "resnet20", "--candidate", "1", "--epochs", "1")
    #expect(other.exitCode == 2 && other.errors.contains("is for resnet8; leave out --model"), "\(other.errors)")
    #expect(homeless.exitCode == 2 && homeless.errors.contains("--from-study"), "\(homeless.errors)")
  }

  private func train(_ name: String, in place: Place) async throws -> RunningCommand.Result {
    try await place.run(
      "train", "--from-study", "studies/tiny", "--candidate=\(name)", "--train-images", "16", "--test-images", "16",
      "--json", "--quiet", "--batch", "16")
  }

  private func candidate(_ name: String, in place: Place) async throws -> String? {
    let result = try await train(name, in: place)
    #expect(result.exitCode == 0, "\(name): \(result.errors)")
    return result.exitCode == 0 ? try object(result.output)["candidate"] as? String : nil
  }
}
