import Foundation
import SearchCore
import Studies
import StudyStore
import TestSupport
import Testing

@Suite("studies on CIFAR-100 and on files of arrays", .serialized)
struct OtherDataTests {
  /// Writes files in the format and size of CIFAR-100, black but for some images. Sparse, so that they take no space.
  private func writeCIFAR100(_ folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, records) in [("train.bin", 50_000), ("test.bin", 10_000)] {
      var start: [UInt8] = []
      var noise = UInt32(records)
      for image in 0..<200 {
        start += [UInt8(image % 20), UInt8(image % 100)]
        for _ in 0..<3072 {
          noise = noise &* 1_664_525 &+ 1_013_904_223
          start.append(UInt8(noise >> 24))
        }
      }
      try Data(start).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      #expect(truncate("\(folder)/\(name)", off_t(records * 3074)) == 0)
    }
  }

  private func writeStudy(_ place: Place, _ data: String, proxy: String = "") throws {
    try place.writeStudy()
    let text = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8)
    try place.write(
      text.replacing("set: shapes10", with: data).replacing("proxy:\n", with: "proxy:\n\(proxy)"), to: "study.yaml")
  }

  /// Runs a study with two workers: one must fetch the data set, the other has it at another path than the coordinator.
  /// - Parameter moved: the coordinator's path of the data set, and that of the second worker.
  private func train(_ place: Place, set: String, moved: (from: String, to: String)) async throws {
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    let endpoint = try await coordinator.endpoint()
    try FileManager.default.moveItem(atPath: place.path(moved.from), toPath: place.path(moved.to))
    let cache = place.path(".cache/layersearch/data")
    let fetcher = try place.start("worker", "--connect", endpoint, "--slots", "1")
    try await fetcher.wait(for: "the data set in the cache") {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []
      return names.contains { $0.count == 64 } || !fetcher.isRunning
    }
    let other = try place.start("worker", "--connect", endpoint, "--slots", "1", "--data", place.path(moved.to))
    let result = try await coordinator.end()
    #expect(result.exitCode == 0, "\(result.errors)")
    let (first, second) = (try await fetcher.end(), try await other.end())
    #expect(first.exitCode == 0 && first.errors.contains("fetching \(set) from the coordinator"), "\(first.errors)")
    #expect(second.exitCode == 0 && !second.errors.contains("fetching"), "\(second.errors)")
    #expect(try await finishedJobs(place) == 4)
  }

  @Test("a study on CIFAR-100 with two workers, of which one fetches it")
  func cifar100() async throws {
    let place = try Place()
    try writeCIFAR100(place.path("cifar"))
    let verified = try await place.run("data", "info", "cifar")
    #expect(verified.exitCode == 1 && verified.errors.contains("of its records are zeros"), "\(verified.errors)")
    try writeStudy(place, "set: cifar100\n  path: cifar")
    try await train(place, set: "cifar100", moved: ("cifar", "elsewhere"))
    let table = try await place.run("export", "studies/tiny", "--format", "csv", "--all")
    #expect(table.exitCode == 0 && table.output.contains("dense"))
    let dense = Architecture(.resnet8, classCount: 100).cost(of: .dense, variant: .remainder).parameters
    #expect(table.output.contains("\(dense)"), "\(dense) in \(table.output)")
  }

  @Test("a study on a file of arrays of 64×64 images with two workers, of which one fetches it; what comes after it")
  func arrays() async throws {
    let place = try Place()
    let file = place.path("drawn.npz")
    try Data(ArrayArchive.drawn(count: 150, side: 64, classes: 3, tests: 30)).write(to: URL(fileURLWithPath: file))
    let info = try await place.run("data", "info", "drawn.npz")
    #expect(info.output.hasPrefix("arrays: 150 training and 30 test images"), "\(info.output)\(info.errors)")
    try writeStudy(
      place, "set: arrays\n  path: drawn.npz", proxy: "  augmentation: crop+flip+cutout\n")
    let plan = try await place.run("plan", "study.yaml", "--images-per-second", "100")
    #expect(plan.exitCode == 0, "\(plan.errors)")
    try await train(place, set: "arrays", moved: ("drawn.npz", "elsewhere.npz"))
    try FileManager.default.moveItem(atPath: place.path("elsewhere.npz"), toPath: file)
    let trained = try await place.run(
      "train", "--from-study", "studies/tiny", "--candidate", "dense", "--checkpoint", "dense.ckpt", "--quiet")
    #expect(trained.exitCode == 0, "\(trained.errors)")
    for split in ["test", "validation"] {
      let score = try await place.run("evaluate", "dense.ckpt", "--data", "drawn.npz", "--split", split, "--json")
      #expect(score.exitCode == 0, "\(score.errors)")
      #expect(try object(score.output)["\(split)_images"] as? Int == (split == "test" ? 30 : 86))
    }
    let other = try await place.run("evaluate", "dense.ckpt", "--data", "shapes10")
    #expect(other.exitCode == 2 && isOneLine(other.errors) && other.errors.contains("3×64×64"), "\(other.errors)")
    let final = ["final", "studies/tiny", "--epochs", "1", "--seeds", "1", "--points", "1", "--quiet"]
    let done = try await RunningCommand(final, in: place).end()
    #expect(done.exitCode == 0, "\(done.errors)")
    // The file is moved, and the configuration names the new path: the study knows it from then on.
    let moved = place.path(".moved.npz")
    try FileManager.default.moveItem(atPath: file, toPath: moved)
    try writeStudy(place, "set: arrays\n  path: ./.moved.npz", proxy: "  augmentation: crop+flip+cutout\n")
    #expect(try await place.run("run", "study.yaml", "--resume", "--quiet").exitCode == 0)
    let again = try await RunningCommand(final, in: place).end()
    #expect(again.exitCode == 0, "\(again.errors)")
    // Another file under the same name.
    try Data(ArrayArchive.drawn(count: 160, side: 64, classes: 3)).write(to: URL(fileURLWithPath: moved))
    let resumed = try await place.run("run", "study.yaml", "--resume", "--quiet")
    #expect(resumed.exitCode != 0 && resumed.errors.contains("data.images"), "\(resumed.errors)")
  }

  @Test("final trainings of a study without results, or on images without test images, are refused in one line")
  func noFinals() async throws {
    let place = try Place()
    try Data(ArrayArchive.drawn(count: 150, side: 32, classes: 3)).write(to: URL(fileURLWithPath: place.path("x.npz")))
    try writeStudy(place, "set: arrays\n  path: x.npz")
    let definition = try StudyDefinition(file: place.path("study.yaml"))
    try StudyStore.create(directory: place.path("studies/tiny"), identity: definition.newIdentity()).close()
    func complaint(_ code: Int32) async throws -> String {
      let result = try await place.run("final", "studies/tiny", "--epochs", "1", "--seeds", "1", "--quiet")
      #expect(result.exitCode == code && isOneLine(result.errors), "\(result.errors)")
      return result.errors
    }
    #expect(try await complaint(1).contains("no results"))
    #expect(try await place.run("run", "study.yaml", "--resume", "--quiet").exitCode == 0)
    #expect(try await complaint(2).contains("has no test images, on which full trainings are scored"))
  }

  @Test("what is wrong with a file of arrays is told in one line, and nothing is begun")
  func badFiles() async throws {
    let place = try Place()
    let file = URL(fileURLWithPath: place.path("x.npz"))
    try writeStudy(place, "set: arrays\n  path: x.npz")
    func complaint(_ code: Int32, _ arguments: [String]) async throws -> String {
      let result = try await RunningCommand(arguments, in: place).end()
      #expect(result.exitCode == code && isOneLine(result.errors), "\(arguments): \(result.errors)")
      return result.errors
    }
    let study = ["run", "study.yaml"]
    #expect(try await complaint(2, study).contains("key 'data.path' cannot be used: "))
    try Data([1, 2, 3]).write(to: file)
    #expect(try await complaint(2, study).contains("it is neither .npz nor .safetensors"))
    #expect(try await complaint(1, ["data", "verify", "x.npz"]).contains("it is neither .npz nor .safetensors"))
    try Data(ArrayArchive.drawn(count: 80, side: 8, classes: 2)).write(to: file)
    #expect(try await complaint(2, study).contains("key 'data.train_images'"))
    let training = ["train", "--model", "resnet8", "--epochs", "1", "--data", "x.npz"]
    #expect(try await complaint(2, training).contains("x.npz: it has no test images"))
    let turned = try await complaint(2, training + ["--augmentation", "rotate"])
    #expect(turned.contains("some of crop, flip, cutout with + between them"))
    let times = ["times", "--model", "resnet8", "--image-size"]
    #expect(try await complaint(2, times + ["30"]).contains("must be a multiple of 4"))
    let both = ["times", "--config", "study.yaml", "--classes", "7"]
    #expect(try await complaint(2, both).contains("--classes: the study of --config already specifies this"))
    try writeStudy(place, "set: arrays")
    #expect(try await complaint(2, study).contains("key 'data.path' is missing"))
    try place.write("model: resnet8\ndata: {set: shapes10}\nproxy: {augmentation: rotate}\n", to: "study.yaml")
    #expect(try await complaint(2, study).contains("some of crop, flip, cutout with + between them"))
  }
}
