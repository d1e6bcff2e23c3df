@testable import ImageData

/// Reads a file of arrays: any bytes give either a sound data set or an error of one line.
enum ArraysTarget {
  static func body(_ data: UnsafeRawBufferPointer) -> Int32 {
    do {
      let file = try ArraysFile(ByteSource([UInt8](data), name: "x.npz"))
      let shape = file.shape
      require(shape.imageSize % 4 == 0 && (4...96).contains(shape.imageSize), "a side of \(shape.imageSize)")
      require((2...1000).contains(shape.classCount), "\(shape.classCount) classes")
      let images = try file.trainingImages([[shape.trainingImages - 1, 0]])[0]
      require(images.count == 2 && images.labels.allSatisfy { $0 < shape.classCount }, "other images")
      let report = try file.report()
      require(report.trainingLabels.reduce(0, +) == shape.trainingImages, "labels are lost")
      require(report.trainingLabels.allSatisfy { $0 > 0 }, "an empty class")
      if shape.testImages > 0 { require(try file.testImages().count == shape.testImages, "test images are lost") }
    } catch {
      let text = error.description
      require(!text.isEmpty && !text.contains("\n") && text.utf8.count < 2000, "an error without a line: \(error)")
    }
    return 0
  }
}
