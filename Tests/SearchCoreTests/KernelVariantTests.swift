import Testing

@testable import SearchCore

@Suite("kernel variants")
struct KernelVariantTests {
  private func work(_ candidate: String, starts: Bool, seed: UInt64 = 1) throws -> Work {
    var recipe = TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .shapes10, trainImages: 10, validationImages: 10, splitSeed: 1),
      epochs: 1)
    if starts { recipe.start = TrainedStart(origin: .dense(epochs: 1, trainImages: 10, seed: 1)) }
    return Work(candidate: try Candidate(parsing: candidate), kind: .proxyTraining(recipe), repetition: 0, seed: seed)
  }

  private func result(_ variant: String) -> Observation { Observation(diverged: false, kernelVariant: variant) }

  @Test("a core type counts where a network is converted or analyzed, and nowhere else")
  func counting() throws {
    let variant = KernelVariant("avx512-0abf+SkylakeX")
    #expect(variant.counting(for: try work("layer1.0.conv1=4", starts: true)) == variant)
    for free in [try work("dense", starts: true), try work("layer1.0.conv1=4", starts: false)] {
      #expect(variant.counting(for: free).text == "avx512-0abf")
    }
    let recipe = try work("dense", starts: true).kind.recipe
    let analysis = Work(candidate: .dense, kind: .layerAnalysis(recipe), repetition: 0, seed: 1)
    #expect(analysis.usesOpenBLAS)
    #expect(variant.kernels == "avx512" && KernelVariant("drawn").withoutCoreType.text == "drawn")
    #expect(KernelVariant("a-1+X, then b-2+Y").withoutCoreType.text == "a-1, then b-2")
  }

  @Test("results with and without a core type that does not count are of one variant; recorded names stay")
  func names() throws {
    let (one, two) = (try work("layer1.0.conv1=4", starts: false), try work("dense", starts: false))
    let old: [Work: Observation] = [one: result("avx512-1+SkylakeX"), two: result("avx512-1+SkylakeX")]
    #expect(KernelVariantNames(old).counts(old) == ["avx512-1+SkylakeX": 2])
    let continued: [Work: Observation] = [one: result("avx512-1+SkylakeX"), two: result("avx512-1")]
    #expect(KernelVariantNames(continued).counts(continued) == ["avx512-1": 2])
    let mixed: [Work: Observation] = [one: result("avx512-1"), two: result("avx2-2")]
    #expect(KernelVariantNames(mixed).counts(mixed) == ["avx512-1": 1, "avx2-2": 1])
  }

  @Test("where a study converts a network, results that need no OpenBLAS are of the variant of those that do")
  func started() throws {
    let (dense, converted) = (try work("dense", starts: true), try work("layer1.0.conv1=4", starts: true))
    let other = try work("layer1.0.conv2=4", starts: true)
    var results: [Work: Observation] = [dense: result("avx512-1"), converted: result("avx512-1+SkylakeX")]
    #expect(KernelVariantNames(results).counts(results) == ["avx512-1+SkylakeX": 2])
    results[other] = result("avx512-1+Haswell")
    #expect(KernelVariantNames(results).counts(results).count == 3)
  }

  @Test("what a study asks for has one text, and says which variants may be its")
  func demands() {
    let demands: [(KernelDemand, String, takes: [String])] = [
      (.native(.avx2), "avx2", ["avx2-1"]), (.foreign(.torch), "torch", ["torch-2.15.0+cpu"]),
      (.mixed(.torch, nil), "torch+any", ["avx2-1", "avx512-1+X", "torch-2.15.0+cpu"]),
      (.mixed(.torch, .avx512), "torch+avx512", ["avx512-1+X", "torch-2.15.0+cpu"]),
    ]
    for (demand, text, takes) in demands {
      #expect(demand.description == text && KernelDemand(text) == demand)
      let taken = ["avx2-1", "avx512-1+X", "torch-2.15.0+cpu"].filter { demand.takes(KernelVariant($0)) }
      #expect(taken == takes)
    }
    for text in ["", "any", "torch+", "torch+torch", "avx2+torch", "torch+avx2+any", "Torch"] {
      #expect(KernelDemand(text) == nil, "\(text)")
    }
    let device = KernelVariant("torch-2.15.0+cuda12.8")
    #expect(device.withoutCoreType == device && device.kernels == "torch" && !device.hasCoreType)
  }
}
