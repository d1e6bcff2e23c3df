import Foundation
import SearchCore
import TestSupport
import Testing

@testable import ImageData

@Suite("files of arrays") struct ArraysFileTests {
  typealias Array4 = (shape: [Int], bytes: [UInt8])

  private func file(_ bytes: [UInt8]) throws -> ArraysFile { try ArraysFile(ByteSource(bytes, name: "x.npz")) }

  private func complaint(_ bytes: [UInt8]) -> String {
    do {
      let file = try file(bytes)
      _ = try file.report()
      return "none"
    } catch let error as ImageDataError {
      let text = error.description
      return text.contains("\n") || !text.hasPrefix("x.npz: ") ? "not one line: \(text)" : String(text.dropFirst(7))
    } catch { return "\(error)" }
  }

  /// Returns an archive of six 4×4 images in three classes. Arguments replace its arrays and add others.
  private func archive(
    images: [UInt8]? = nil, labels: [UInt8]? = nil, others: [(name: String, bytes: [UInt8])] = []
  ) -> [UInt8] {
    ArrayArchive.npz(
      [
        ("images", images ?? ArrayArchive.npy([6, 4, 4, 3], pixels(6 * 48))),
        ("labels", labels ?? ArrayArchive.npy([6], [0, 1, 2, 0, 1, 2])),
      ] + others)
  }

  private func pixels(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 * 7 % 251) } }

  @Test("what NumPy writes is read, stored and deflated, with either order of channels and either order of bytes")
  func numPy() throws {
    let compressed = try file(NumPyFixture.compressed)
    #expect(
      compressed.shape == DataShape(classCount: 3, imageSize: 4, trainingImages: 6, testImages: 2))
    let stored = try file(
      archive(others: [
        ("test_images", ArrayArchive.npy([2, 4, 4, 3], pixels(2 * 48))),
        ("test_labels", ArrayArchive.npy([2], descr: ">i2", [0, 2, 0, 0])),
      ]))
    let lists = [[5, 0, 3, 3], [], [1]]
    let images = try compressed.trainingImages(lists)
    #expect(try images == stored.trainingImages(lists))
    #expect(images.map(\.count) == [4, 0, 1] && images[0].labels == [2, 0, 0, 0] && images[0].classCount == 3)
    // Image 5, channel by channel.
    let first = (0..<48).map { (place: Int) -> UInt8 in
      let byte: Int = 240 + place % 16 * 3 + place / 16
      return UInt8(byte * 7 % 251)
    }
    #expect(Array(images[0].pixels[..<48]) == first && images[0].side == 4)
    let tests = try compressed.testImages()
    #expect(try tests == stored.testImages() && tests.labels == [2, 0])
    #expect(try Array(tests[0].pixels) == Array(stored.trainingImages([[0]])[0].pixels))
    #expect(try compressed.testImages(count: 1).count == 1)
    #expect(throws: ImageDataError.noSuchRecord(index: 6, count: 6)) { try compressed.trainingImages([[0, 6]]) }
  }

  @Test("colors with one value in all pixels of all images get a warning")
  func constantColors() throws {
    func warnings(_ value: (_ color: Int, _ place: Int) -> UInt8) throws -> [String] {
      let images = ArrayArchive.npy([6, 4, 4, 3], (0..<6 * 48).map { value($0 % 3, $0) })
      return try file(archive(images: images)).report().warnings
    }
    #expect(try warnings { $1 == 0 ? 1 : UInt8($0) }.first?.contains(" in green and blue: ") == true)
    #expect(try warnings { UInt8($1 / 3 % 4 + $0) }.isEmpty)
  }

  @Test("images are normalized by all training images, whichever are asked for")
  func normalization() throws {
    let file = try file(archive())
    let all = try file.trainingImages([Array(0..<6)])[0]
    let (mean, deviation) = all.channelStatistics
    #expect(all.normalization.mean == mean.map { Float($0) })
    #expect(all.normalization.standardDeviation == deviation.map { Float($0) })
    #expect(try file.trainingImages([[2]])[0].normalization == all.normalization)
    // Images of a single color.
    let flat = try self.file(archive(images: ArrayArchive.npy([6, 4, 4, 3], [UInt8](repeating: 9, count: 6 * 48))))
    #expect(try flat.trainingImages([[0]])[0].normalization.standardDeviation == [1, 1, 1])
  }

  @Test("a report tells what the file holds")
  func report() throws {
    let report = try file(NumPyFixture.compressed).report()
    #expect(report.set == "arrays" && report.trainingLabels == [2, 2, 2] && report.testLabels == [1, 0, 1])
    #expect(report.trainingImages == 6 && report.testImages == 2 && report.contentHash.count == 64)
    #expect(report.lines.contains("class    1  2 training, 0 test"))
  }

  @Test("labels may be of any whole type")
  func labels() throws {
    for (descr, width) in [("|u1", 1), ("|i1", 1), ("<u2", 2), ("<i4", 4), ("<u8", 8), ("<i8", 8)] {
      let bytes = [0, 1, 2, 0, 1, 2].flatMap { [UInt8($0)] + [UInt8](repeating: 0, count: width - 1) }
      #expect(try file(archive(labels: ArrayArchive.npy([6], descr: descr, bytes))).classCount == 3)
    }
  }

  @Test("what cannot be trained on is told in one line")
  func unfit() {
    func images(_ shape: [Int], _ descr: String = "|u1") -> String {
      let bytes = shape.reduce(1, *) * (descr == "<f4" ? 4 : 1)
      return complaint(archive(images: ArrayArchive.npy(shape, descr: descr, pixels(bytes))))
    }
    #expect(images([6, 4, 8, 3]).hasPrefix("images have 4×8 pixels, but must be square"))
    #expect(images([6, 3, 8, 4]).hasPrefix("images have 8×4 pixels, but must be square"))
    #expect(
      images([6, 6, 6, 3]).hasPrefix("images have 6×6 pixels, but the side must be a multiple of 4 from 4 to 96"))
    #expect(images([6, 100, 100, 3]).hasPrefix("images have 100×100 pixels, but the side must be a multiple of 4"))
    #expect(images([6, 4, 4]).hasPrefix("images have the shape (6, 4, 4), but it must be N×H×W×3 or N×3×H×W"))
    #expect(images([6, 4, 4, 1]).hasPrefix("images have the shape (6, 4, 4, 1)"))
    #expect(images([6, 4, 4, 3], "<f4").hasPrefix("images are float32, but must be uint8; save them"))
    #expect(images([5, 4, 4, 3]).hasPrefix("there are 6 labels for 5 images"))
    #expect(images([0, 4, 4, 3]).hasPrefix("images has no image"))
    let turned = ArrayArchive.npy([6, 4, 4, 3], fortran: true, pixels(6 * 48))
    #expect(complaint(archive(images: turned)).hasPrefix("images are in Fortran order; save numpy.ascontiguousarray"))

    func labels(_ values: [UInt8], _ descr: String = "|i1", shape: [Int] = [6]) -> String {
      complaint(archive(labels: ArrayArchive.npy(shape, descr: descr, values)))
    }
    #expect(
      labels([0, 1, 255, 0, 1, 2]).hasPrefix("labels have -1 for image 2, but only 0 to 999 are allowed; number"))
    let large = [UInt8](repeating: 0, count: 10) + [232, 3]
    #expect(labels(large, "<u2").hasPrefix("labels have 1000 for image 5, but only 0 to 999 are allowed"))
    #expect(labels([UInt8](repeating: 0, count: 24), "<f4").hasPrefix("labels are float32, but must be whole numbers"))
    #expect(labels([0, 1, 0, 1, 0, 1], "|b1").hasPrefix("labels are bool, but must be whole numbers"))
    #expect(labels([0, 0, 0, 0, 0, 0]).hasPrefix("all images have the label 0; at least two classes"))
    #expect(labels([0, 1, 5, 0, 1, 5]).hasPrefix("no image has the label 2, nor 2 others below 5"))
    #expect(labels([0, 1, 2, 0, 1, 2], shape: [2, 3]).hasPrefix("labels have the shape (2, 3), but it must be (6,)"))
    #expect(
      complaint(NumPyFixture.objects).hasPrefix("labels: it is an array of Python objects, which are not read: save"))

    func test(_ images: [Int], _ label: UInt8) -> String {
      complaint(
        archive(others: [
          ("test_images", ArrayArchive.npy(images, pixels(images.reduce(1, *)))),
          ("test_labels", ArrayArchive.npy([1], [label])),
        ]))
    }
    #expect(test([1, 4, 4, 3], 2) == "none")
    #expect(test([1, 8, 8, 3], 0).hasPrefix("test_images have 8×8 pixels, but images have 4×4"))
    #expect(test([1, 4, 4, 3], 3).hasPrefix("test_labels have 3 for image 0, but no training image has this label"))
    #expect(
      complaint(archive(others: [("test_labels", ArrayArchive.npy([1], [0]))])).hasPrefix(
        "it has no array test_images, only: images, labels, test_labels; save test_images and test_labels, or neither"))
    #expect(throws: ImageDataError.self) { try file(archive()).testImages() }
  }

  @Test("what is no such file is told in one line")
  func otherFiles() {
    #expect(complaint([]).hasPrefix("it is neither .npz nor .safetensors"))
    for start in [[0x80, 4, 0x95, 1], Array("PK\u{3}\u{4}........archive/data.pkl".utf8)] {
      #expect(complaint(start).hasPrefix("it is a pickle, which is not read; save"))
    }
    #expect(complaint(ArrayArchive.npy([1], [1])).hasPrefix("it is a single NumPy array"))
    #expect(complaint(ArrayArchive.npz([("a", [1])])).hasPrefix("it has no array images, only: a; save"))
  }

  @Test("archives that lie are told from what is there")
  func lies() {
    var member = ArrayArchive.Member("images.npy", ArrayArchive.npy([6, 4, 4, 3], pixels(6 * 48)))
    let labels = ArrayArchive.Member("labels.npy", ArrayArchive.npy([6], [0, 1, 2, 0, 1, 2]))
    func complaint() -> String { self.complaint(ArrayArchive.zip([member, labels])) }
    #expect(complaint() == "none")
    member.checksum = 7
    #expect(complaint().hasPrefix("images.npy: its checksum is not the one"))
    member.checksum = nil
    member.saidBytes = member.bytes.count + 1
    #expect(complaint().hasPrefix("images.npy is stored with two different lengths"))
    (member.saidBytes, member.flags) = (nil, 1)
    #expect(complaint().hasPrefix("images.npy is encrypted"))
    (member.flags, member.method) = (0, 12)
    #expect(complaint().hasPrefix("images.npy is compressed by method 12"))
    member.method = 0
    let whole = ArrayArchive.zip([member, labels])
    #expect(self.complaint(ArrayArchive.zip([member, member])).hasPrefix("it has images.npy twice"))
    for shape in [[7, 4, 4, 3], [6, 4, 4, 300], [1 << 62, 1 << 62, 4, 3], [-6, 4, 4, 3]] {
      let lying = ArrayArchive.npy(shape, pixels(6 * 48))
      #expect(self.complaint(archive(images: lying)).hasPrefix("images: "), "\(shape)")
    }
    // Any leading part of the archive is refused.
    for count in stride(from: 0, to: whole.count, by: 3) {
      #expect(self.complaint(Array(whole[..<count])) != "none")
    }
  }

  @Test("a compressed bomb gives as many bytes as it says, and no more")
  func bombs() {
    var bomb = ArrayArchive.Member("labels.npy", NumPyFixture.million)
    (bomb.method, bomb.saidBytes) = (8, 500)
    let images = ArrayArchive.Member("images.npy", ArrayArchive.npy([6, 4, 4, 3], pixels(6 * 48)))
    #expect(complaint(ArrayArchive.zip([images, bomb])).hasPrefix("labels: it is not a NumPy array"))
    // A stream that is shorter than it says, and one that is longer.
    for said in [1_000_001, 999_999] {
      var member = ArrayArchive.Member("zeros.npy", NumPyFixture.million)
      (member.method, member.saidBytes, member.checksum) = (8, said, 0)
      let source = ByteSource(ArrayArchive.zip([member]), name: "x.npz")
      let error = #expect(throws: ImageDataError.self) {
        let archive = try ZipArchive(source)
        let stream = try archive.open(archive.members[0])
        _ = try stream.read(said)
        try stream.finish()
      }
      #expect(error?.description.contains("bytes than the archive says") == true, "\(said)")
    }
  }

  @Test(
    "headers are read by a strict grammar",
    arguments: [
      "", "{", "{}", "[1]", "{'descr': '|u1'}", "{'descr': '|u1', 'fortran_order': 0, 'shape': (1,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (1)}", "{'descr': '|u1', 'fortran_order': False, 'shape': 1}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (01,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} x",
      "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'other': 1}",
      "{'descr': '|u3', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': 'u1', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '|i4', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '|\\x751', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (__import__('os'),)}",
    ])
  func headers(_ text: String) {
    #expect(throws: NpyHeader.Problem.self) { try NpyHeader(Array(text.utf8)) }
  }

  @Test("headers that NumPy writes")
  func goodHeaders() throws {
    let header = try NpyHeader(Array("{'descr': '<i8', 'fortran_order': False, 'shape': (6,), }     \n".utf8))
    #expect(header.type == .integer(bytes: 8, isSigned: true, isBigEndian: false) && header.shape == [6])
    let other = try NpyHeader(Array("{\"shape\":(2, 3),\"descr\":\">u2\",\"fortran_order\":True}".utf8))
    #expect(other.type == .integer(bytes: 2, isSigned: false, isBigEndian: true) && other.isFortranOrder)
    #expect(try NpyHeader(Array("{'descr': '<M8[ns]', 'fortran_order': False, 'shape': ()}".utf8)).shape == [])
  }
}
