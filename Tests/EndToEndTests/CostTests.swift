import Testing

@Suite("cost", .serialized)
struct CostTests {
  @Test("cost prints tables, one JSON object or separated values, without data")
  func formats() async throws {
    let place = try Place()
    let table = try await place.run("cost", "--model", "resnet8")
    #expect(table.exitCode == 0 && table.errors.isEmpty, "\(table.errors)")
    #expect(table.output.contains("gains below rank") && table.output.contains("layer3.0.conv2"))
    let json = try await place.run(
      "cost", "--model", "resnet8", "--candidate", "layer1.0.conv1=8,fc=3", "--rank", "4", "--rank", "8", "--variant",
      "full", "--json")
    #expect(json.exitCode == 0, "\(json.errors)")
    let values = try object(json.output)
    let forms = try #require(values["forms"] as? [[String: Any]])
    #expect(forms.map { $0["variant"] as? String } == [nil, "full", "full", "full"])
    #expect(forms[1]["candidate"] as? String == "fc=3,layer1.0.conv1=8")
    let cost = try #require(forms[0]["cost"] as? [String: Any])
    #expect(cost["parameters"] as? Int ?? 0 > 10_000)
    #expect((cost["weight_gradient"] as? [String: Int])?["multiply_adds"] ?? 0 > 1_000_000)
    let gains = try #require(values["gains"] as? [[String: Any]])
    #expect((gains[1]["below"] as? [String: Int])?["parameters"] == 15)
    let separated = try await place.run("cost", "--model", "resnet8", "--format", "csv", "--batch", "16")
    #expect(separated.exitCode == 0 && separated.output.hasPrefix("layer,label,variant,rank,parameters,"))
    #expect(!place.exists("studies"))
  }

  @Test("cost draws a picture, and writes any format to a file, at which it looks first")
  func picture() async throws {
    let place = try Place()
    let picture = try await place.run("cost", "--model", "resnet8", "--format", "svg", "--output", "cost.svg")
    #expect(picture.exitCode == 0 && picture.output.isEmpty && picture.errors == "wrote cost.svg\n")
    let text = try String(contentsOfFile: place.path("cost.svg"), encoding: .utf8)
    #expect(text.contains("<svg ") && text.contains("layer2.0.conv1") && text.contains("gains below"))
    let table = try await place.run("cost", "--model", "resnet8", "--json", "--output", "cost.json")
    #expect(table.exitCode == 0 && table.output.isEmpty, "\(table.errors)")
    _ = try object(String(contentsOfFile: place.path("cost.json"), encoding: .utf8))
    let nowhere = try await place.run("cost", "--model", "resnet8", "--measure", "--output", "no/folder/cost.csv")
    #expect(nowhere.exitCode == 1 && isOneLine(nowhere.errors), "\(nowhere.errors)")
    let both = try await place.run("cost", "--model", "resnet8", "--format", "svg", "--json")
    #expect(both.exitCode == 2 && isOneLine(both.errors), "\(both.errors)")
  }

  @Test("cost --measure adds seconds, and says on standard error what it measures")
  func measured() async throws {
    let place = try Place()
    let result = try await place.run(
      "cost", "--model", "resnet8", "--batch", "16", "--measure", "--rank-fraction", "0.25", "--variant", "remainder",
      "--json")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.errors.contains("measuring "), "\(result.errors)")
    let forms = try #require(try object(result.output)["forms"] as? [[String: Any]])
    #expect(forms.count == 2 && forms.allSatisfy { $0["step_seconds"] as? Double ?? 0 > 0 })
    #expect(forms.allSatisfy { $0["other_seconds"] as? Double ?? 0 > 0 })
    let layers = try #require(forms[1]["layers"] as? [[String: Any]])
    #expect(layers.allSatisfy { ($0["seconds"] as? [String: Double])?["forward"] ?? 0 > 0 })
  }
}
