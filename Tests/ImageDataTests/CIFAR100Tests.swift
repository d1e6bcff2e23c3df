import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("CIFAR-100's binary format") struct CIFAR100Tests {
  let folder: TemporaryFolder
  let files: CIFARFolder

  init() throws {
    folder = try TemporaryFolder()
    files = CIFARFolder(folder.path, .cifar100(trainingRecords: 200, testRecords: 100))
    try write("train.bin", 200)
    try write("test.bin", 100)
  }

  /// Writes a file in which record i has the fine class i mod 100, unless `fine` says otherwise.
  private func write(_ name: String, _ count: Int, fine: (Int) -> Int = { $0 % 100 }) throws {
    var bytes: [UInt8] = []
    for record in 0..<count {
      bytes.append(UInt8(record % 20))
      bytes.append(UInt8(fine(record)))
      for place in 0..<3072 { bytes.append(UInt8(truncatingIfNeeded: record &* 31 &+ place)) }
    }
    try folder.write(bytes, to: name)
  }

  @Test("fine labels count, and there are a hundred")
  func images() throws {
    let images = try files.trainingImages(records: [7, 150, 199])
    #expect(images.labels == [7, 50, 99] && images.classCount == 100 && images.normalization == .cifar100)
    #expect(try images == files.trainingImages().subset([7, 150, 199]))
    #expect(images.pixels[3072] == UInt8(truncatingIfNeeded: 150 * 31))
    #expect(try files.testImages().count == 100)
  }

  @Test("a report names the classes, and does not know the official files")
  func report() throws {
    let report = try files.report()
    #expect(report.set == "cifar100" && report.authenticity == .unknown && report.files.count == 2)
    #expect(
      report.classNames.count == 100 && report.classNames[99] == "worm" && report.trainingLabels.allSatisfy { $0 == 2 }
    )
    #expect(report.lines.contains { $0.hasPrefix("this is  a complete set in cifar100's format") })
    #expect(try files.contentHash() == report.contentHash)
  }

  @Test("a label beyond the classes, a short file and another set's folder are told")
  func problems() throws {
    func complaint(_ format: CIFARFormat? = nil) -> String {
      do {
        _ = try CIFARFolder(folder.path, format ?? files.format).report()
        return ""
      } catch { return error.description }
    }
    #expect(complaint(.cifar10).contains("this is CIFAR-100; get CIFAR-10 with: layersearch data fetch cifar10"))
    try write("test.bin", 100) { $0 == 5 ? 100 : 1 }
    #expect(complaint().contains("test.bin: label 100 in record 5, but only 0 to 99 are allowed; copy it again"))
    try write("test.bin", 99)
    #expect(complaint().contains("test.bin: truncated, 304326 bytes instead of 307400"))
    #expect(complaint().contains("this replaces both files: layersearch data fetch cifar100"))
  }

  @Test("what stands at a place is told by its files")
  func places() throws {
    #expect(DataPlace(folder.path) == .cifar100(folder.path))
    #expect(DataPlace("shapes10") == .shapes10 && DataPlace("/nothing") == .cifar10("/nothing"))
    // A single array counts as a file of arrays: reading it explains what is wrong.
    #expect(DataPlace("b.npy") == .arrays("b.npy"))
    #expect(DataPlace("/a/b.NPZ") == .arrays("/a/b.NPZ") && DataPlace("b.safetensors") == .arrays("b.safetensors"))
    try folder.write(NumPyFixture.compressed, to: "content")
    #expect(DataPlace(folder.path("content")) == .arrays(folder.path("content")))
  }
}
