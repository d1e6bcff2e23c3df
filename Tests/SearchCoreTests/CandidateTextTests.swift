import Randomness
import SearchCore
import Testing

@Suite("Candidates as text")
struct CandidateTextTests {
  @Test("any order and spacing gives the same candidate and the canonical text")
  func canonical() throws {
    let candidate = try Candidate(parsing: " layer2.1.conv2 = 16,layer1.10.conv1=8, layer1.9.conv1=8 ")
    #expect(candidate.description == "layer1.9.conv1=8,layer1.10.conv1=8,layer2.1.conv2=16")
    #expect(try Candidate(parsing: "dense") == .dense)
    #expect(try Candidate(parsing: " dense\n") == .dense)
    #expect(Candidate.dense.description == "dense")
  }

  @Test("random candidates of every model survive the way through text")
  func roundTrip() throws {
    var random = StableRandom(seed: 1)
    for _ in 0..<200 {
      let architecture = Architecture(Model.allCases[random.integer(below: Model.allCases.count)])
      var ranks: [String: Int] = [:]
      for layer in architecture.layers where random.uniform() < 0.3 {
        ranks[layer.name] = 1 + random.integer(below: layer.legalRanks.count)
      }
      let candidate = Candidate(ranks: ranks)
      #expect(try Candidate(parsing: candidate.description) == candidate)
      #expect(Candidate(canonical: candidate.description) == candidate)
      #expect(candidate.ranks == ranks)
      for layer in architecture.layers { #expect(candidate.rank(of: layer.name) == ranks[layer.name]) }
      #expect(throws: Never.self) { try candidate.validate(in: architecture) }
    }
  }

  @Test(
    "only text that is written so is canonical",
    arguments: [
      "", "dense,", "Dense", "conv1=8,", ",conv1=8", "conv1=08", "conv1=0", "conv1=", "conv1", "conv1=8=9", "conv1 =8",
      "conv1=8,conv1=8", "layer1.10.conv1=8,layer1.9.conv1=8", "conv1=1234567890", "c,onv1=8", "é=1",
      "conv1=1000000", "9=1,10=1,5a=1,9=1",
    ])
  func notCanonical(text: String) { #expect(Candidate(canonical: text) == nil) }

  @Test(
    "text that is no candidate is refused in one line that says why",
    arguments: [
      ("", "names no layer"), ("layer1.0.conv1", "not layer=rank"), ("layer1.0.conv1=", "not a rank"),
      ("layer1.0.conv1=0", "not a rank"), ("layer1.0.conv1=-3", "not a rank"), ("layer1.0.conv1=+3", "not a rank"),
      ("layer1.0.conv1=3.5", "not a rank"), ("layer1.0.conv1=99999999999999999999", "not a rank"),
      ("layer1.0.conv1=٣", "not a rank"), ("=8", "not a layer name"), ("a b=8", "not a layer name"),
      ("conv1=8,conv1=8", "conv1 appears twice"), ("conv1=8,", "between two commas"), ("conv1=8=9", "not layer=rank"),
      ("dense,conv1=8", "not layer=rank"), (",", "names no layer"), ("conv1=1000000", "not a rank"),
      ("9=1,10=1,5a=1,9=1", "9 appears twice"),
    ])
  func refused(text: String, reason: String) {
    let error = #expect(throws: SearchError.self) { try Candidate(parsing: text) }
    let description = error.map { "\($0)" } ?? ""
    #expect(description.contains(reason), "\(description)")
    #expect(!description.contains("\n"))
  }

  @Test("validation names the nearest layer and the ranks that are allowed")
  func validation() {
    let architecture = Architecture(.resnet20)
    func message(_ text: String) -> String {
      do {
        try Candidate(parsing: text).validate(in: architecture)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message("layer1.0.cnov1=4") == "resnet20 has no layer \"layer1.0.cnov1\"; did you mean layer1.0.conv1?")
    #expect(message("encoder.attention=4").contains("its layers have names such as conv1, layer1.0.conv1"))
    #expect(message("layer1.0.conv1=16") == "layer1.0.conv1=16: the rank must be from 1 to 15 in this layer")
    #expect(message("conv1=15") == "no error")
    #expect(message("fc=9") == "no error")
    #expect(message("fc=10").contains("from 1 to 9"))
  }
}

@Suite("Nearest names")
struct NearestNameTests {
  @Test(
    "a slip of the pen finds its name, something else finds none",
    arguments: [
      ("objectvies", "objectives"), ("ranks_fraction", "rank_fractions"), ("Model", "model"), ("modle", "model"),
      ("zzz", nil), ("", nil), ("warmup_epochs", nil),
    ] as [(String, String?)])
  func nearestName(text: String, expected: String?) {
    #expect(nearest(to: text, in: ["study", "model", "rank_fractions", "objectives", "seed"]) == expected)
  }
}
