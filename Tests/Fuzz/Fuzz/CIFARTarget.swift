import Foundation

@testable import ImageData

/// Reads a folder of CIFAR-10 files with two images each and arbitrary bytes.
enum CIFARTarget {
  private static let folder: CIFARFolder = {
    let memory = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    let path = "\(memory)/layersearch-fuzz-\(getpid())"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let folder = CIFARFolder(path, .cifar10(recordsPerFile: 2, officialNames: AuthenticityCheck.officialNames))
    // All names link to one file.
    for name in CIFAR10.standardFiles.dropFirst() {
      symlink(CIFAR10.standardFiles[0], folder.path(of: name))
    }
    atexit { CIFARTarget.remove() }
    return folder
  }()

  private static func remove() { try? FileManager.default.removeItem(atPath: folder.path) }

  static func body(_ data: UnsafeRawBufferPointer) -> Int32 {
    let first = folder.path(of: CIFAR10.standardFiles[0])
    guard let file = fopen(first, "w") else { fatalError("cannot write \(first)") }
    fwrite(data.baseAddress, 1, data.count, file)
    fclose(file)
    let fileBytes = folder.format.bytes(of: folder.format.test)
    let isWhole = data.count == fileBytes && data[0] < 10 && data[fileBytes / 2] < 10
    do {
      let images = try folder.trainingImages([Array(0..<10)])[0]
      require(isWhole, "taken for whole")
      require(images.labels.allSatisfy { $0 < 10 }, "a label outside the classes")
      let chosen = try folder.trainingImages([[9, 0, 3, 3]])[0]
      require(chosen.labels == [9, 0, 3, 3].map { images.labels[$0] }, "other images")
      require((try? folder.report()) == nil, "one file under all names passed for a data set")
      require(try folder.contentHash().count == 64, "no hash")
      require((try? folder.trainingImages([[10]])) == nil, "an image that does not exist")
    } catch {
      require(!isWhole, "refused: \(error)")
    }
    return 0
  }
}
