import BasisEngine
import Foundation
import SearchCore
import Testing

/// Kernels and OpenBLAS's core types: what results depend on, and what a study may ask for.
@Suite("kernels of studies", .serialized)
struct KernelTests {
  /// A core type other than Haswell that this processor can run.
  private static let otherCoreType = KernelSelection.isAvailable(.avx512) ? "SkylakeX" : "Zen"

  private func writeStudy(_ place: Place, kernels: String? = nil, starts: Bool = false) throws {
    try place.write(
      """
      study: tiny
      model: resnet8
      \(kernels.map { "kernels: \($0)" } ?? "")
      data: {set: shapes10, train_images: 96, validation_images: 64}
      space: {ranks: [4], include: [layer1.0.conv1, layer2.0.conv2]}
      proxy: {epochs: 1, batch: 32, learning_rate: 0.02}
      \(starts ? "start: {from: dense, epochs: 1, calibration_images: 64}" : "")
      strategy: {name: exhaustive, seeds: 1}
      """, to: "study.yaml")
  }

  /// Returns by candidate all results that are not times, and the kernel variant.
  private func results(
    kernels: String? = nil, starts: Bool = false, variables: [String: String] = [:]
  ) async throws -> [String: (found: [Substring], variant: String)] {
    let place = try Place()
    try writeStudy(place, kernels: kernels, starts: starts)
    let run = try await RunningCommand(
      ["run", "study.yaml", "--slots", "2", "--quiet"], in: place, variables: variables
    ).end()
    #expect(run.exitCode == 0, "\(run.errors)")
    let trials = try await place.run("export", "studies/tiny", "--format", "trials")
    var results: [String: (found: [Substring], variant: String)] = [:]
    for line in trials.output.split(separator: "\n").dropFirst() {
      // A candidate of several layers contains commas between quotation marks.
      let end = line.hasPrefix("\"") ? line.dropFirst().firstIndex(of: "\"")! : line.firstIndex(of: ",")!
      let fields = line[end...].split(separator: ",", omittingEmptySubsequences: false)
      results[String(line[..<end])] = (Array(fields[1..<9]), String(fields[10]))
    }
    #expect(results.count == 4)
    return results
  }

  private func coreType(_ name: String) -> [String: String] { ["OPENBLAS_CORETYPE": name] }

  @Test("from scratch, results of two core types of OpenBLAS are the same bits, and none is part of their variant")
  func scratch() async throws {
    let (one, other) = (
      try await results(variables: coreType("Haswell")), try await results(variables: coreType(Self.otherCoreType))
    )
    for (candidate, result) in one {
      #expect(result.found == other[candidate]?.found && result.variant == other[candidate]?.variant)
      #expect(!result.variant.contains("+"), "\(result.variant)")
    }
  }

  @Test("of a trained start the core type is part of the variant where layers are converted, and only there")
  func started() async throws {
    let (one, other) = (
      try await results(starts: true, variables: coreType("Haswell")),
      try await results(starts: true, variables: coreType(Self.otherCoreType))
    )
    for (candidate, result) in one {
      if candidate == "dense" {
        #expect(result.found == other[candidate]?.found && !result.variant.contains("+"), "\(result.variant)")
      } else {
        #expect(result.variant.hasSuffix("+Haswell"), "\(result.variant)")
        #expect(other[candidate]?.variant.hasSuffix("+\(Self.otherCoreType)") == true)
      }
    }
  }

  @Test("a study that asks for avx2 has the bits of AVX2 kernels, whatever OpenBLAS and the machine would choose")
  func avx2() async throws {
    let (one, other) = (
      try await results(kernels: "avx2", starts: true, variables: coreType("Haswell")),
      try await results(kernels: "avx2", starts: true, variables: coreType(Self.otherCoreType))
    )
    for (candidate, result) in one {
      #expect(result.found == other[candidate]?.found && result.variant == other[candidate]?.variant)
      #expect(result.variant.hasPrefix("avx2-"), "\(result.variant)")
      #expect(result.variant.contains("+") == (candidate != "dense"))
    }
    // The same as on a machine that has no other kernels.
    var forced = coreType("Haswell")
    forced[KernelSelection.environmentVariable] = "avx2"
    let plain = try await results(starts: true, variables: forced)
    for (candidate, result) in one {
      #expect(result.found == plain[candidate]?.found && result.variant == plain[candidate]?.variant)
    }
  }

  @Test("a worker that lacks what a study asks for is told so in one line and leaves with 1; run too")
  func lacking() async throws {
    let place = try Place()
    try writeStudy(place, kernels: "avx512")
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--quiet")
    try await coordinator.wait(for: "the endpoint") { coordinator.output.contains("listening on ") }
    let endpoint = String(coordinator.output.split(separator: "\n")[0].dropFirst("listening on ".count))
    let variables = [KernelSelection.environmentVariable: "avx2"]
    let worker = try await RunningCommand(
      ["worker", "--connect", endpoint, "--slots", "1", "--quiet"], in: place, variables: variables
    ).end()
    #expect(worker.exitCode == 1 && isOneLine(worker.errors), "\(worker.errors)")
    let reason = "the study requires avx512 kernels of every worker (its key kernels), and this worker has only avx2"
    #expect(worker.errors.contains(reason), "\(worker.errors)")
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
    let other = try Place()
    try writeStudy(other, kernels: "avx512")
    let run = try await RunningCommand(
      ["run", "study.yaml", "--slots", "1", "--quiet"], in: other, variables: variables
    ).end()
    #expect(run.exitCode == 1 && run.errors.contains(reason), "\(run.errors)")
  }

  @Test("train and bench take kernels; what is not there is told in one line")
  func commands() async throws {
    let place = try Place()
    let train = [
      "train", "--model", "resnet8", "--data", "shapes10", "--train-images", "64", "--test-images", "32", "--epochs",
      "1", "--batch", "32", "--json",
    ]
    func trained(_ arguments: [String], _ variables: [String: String] = [:]) async throws -> [String: Any] {
      let result = try await RunningCommand(train + arguments, in: place, variables: variables).end()
      #expect(result.exitCode == 0, "\(result.errors)")
      return try object(result.output)
    }
    let asked = try await trained(["--kernels", "avx2", "--checkpoint", "asked.ckpt"])
    let forced = try await trained([], [KernelSelection.environmentVariable: "avx2"])
    #expect(asked["kernel_variant"] as? String == forced["kernel_variant"] as? String)
    #expect((asked["kernel_variant"] as? String)?.hasPrefix("avx2-") == true)
    #expect(asked["test_loss"] as? Double == forced["test_loss"] as? Double)
    let lacking = try await RunningCommand(
      train + ["--kernels", "avx512"], in: place, variables: [KernelSelection.environmentVariable: "avx2"]
    ).end()
    #expect(lacking.exitCode == 1 && isOneLine(lacking.errors), "\(lacking.errors)")
    #expect(lacking.errors.contains("LAYERSEARCH_KERNELS=avx2 allows no others here"), "\(lacking.errors)")
    let bench = try await place.run("bench", "--model", "resnet8", "--kernels", "avx2", "--json")
    #expect(bench.exitCode == 0 && bench.output.contains("avx2-"), "\(bench.errors)")
    let unknown = try await place.run("bench", "--model", "resnet8", "--kernels", "sse")
    #expect(unknown.exitCode == 2 && unknown.errors.contains("sse"), "\(unknown.errors)")
  }

  @Test("results that an earlier version recorded with a core type are those of today, and are shown as recorded")
  func recorded() async throws {
    let place = try Place()
    try writeStudy(place)
    let kernels = KernelVariant(try KernelSelection.variantDescription()).withoutCoreType.text
    try place.recordFirstResult(kernelVariant: "\(kernels)+Prescott")
    let before = try await place.run("export", "studies/tiny", "--all", "--format", "csv")
    #expect(before.output.contains("\(kernels)+Prescott"), "\(before.output)")
    let resumed = try await place.run("run", "study.yaml", "--slots", "2", "--resume")
    #expect(resumed.exitCode == 0 && !resumed.errors.contains("computes with"), "\(resumed.errors)")
    let status = try object(try await place.run("status", "studies/tiny", "--json").output)
    #expect(status["mixes_kernel_variants"] as? Bool == false, "\(status)")
    let table = try await place.run("export", "studies/tiny", "--all", "--format", "table")
    #expect(!table.output.contains("Kernels") && !table.output.contains("are mixed"), "\(table.output)")
    // Another study uses all of these results.
    try place.write(
      String(contentsOfFile: place.path("study.yaml"), encoding: .utf8).replacing("study: tiny", with: "study: second"),
      to: "second.yaml")
    let second = try await place.run("run", "second.yaml", "--slots", "1", "--from-study", "studies/tiny")
    #expect(second.exitCode == 0, "\(second.errors)")
    #expect(second.errors.contains("4 jobs have their results from study tiny"), "\(second.errors)")
  }
}
