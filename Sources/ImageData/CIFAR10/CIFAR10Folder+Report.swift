import Digests
import Foundation

extension CIFAR10Folder {
  /// One pass over each file; statistics of the training files only.
  func report() throws(ImageDataError) -> DataSetReport {
    var hash = SHA256()
    var statistics = ChannelStatistics()
    var files: [DataSetReport.File] = []
    var check = AuthenticityCheck(officialNames: officialNames, recordsPerFile: recordsPerFile)
    for name in CIFAR10.standardFiles {
      let data = try checkedRecords(of: name)
      hash.update(data)
      check.add(name, data)
      var labels = [Int](repeating: 0, count: LabeledImages.classCount)
      data.withUnsafeBytes { bytes in
        for record in 0..<recordsPerFile {
          let first = record * CIFAR10Folder.recordBytes
          labels[Int(bytes[first])] += 1
          guard name != CIFAR10.testFile else { continue }
          let image = bytes[first + 1..<first + CIFAR10Folder.recordBytes]
          statistics.add(UnsafeRawBufferPointer(rebasing: image))
        }
      }
      files.append(.init(name: name, bytes: data.count, images: recordsPerFile, labels: labels))
    }
    let authenticity: DataAuthenticity
    switch check.verdict() {
    case .success(let verdict): authenticity = verdict
    case .failure(let damage):
      throw .damaged(path: path(of: damage.file), what: damage.what, remedy: remedy)
    }
    let training = files.filter { $0.name != CIFAR10.testFile }
    let (mean, standardDeviation) = statistics.meanAndDeviation
    return DataSetReport(
      set: "cifar10", directory: path, contentHash: hash.hexadecimal(),
      authenticity: authenticity, files: files,
      bytes: files.reduce(0) { $0 + $1.bytes }, trainingImages: training.reduce(0) { $0 + $1.images },
      testImages: recordsPerFile, classNames: CIFAR10.classNames,
      trainingLabels: (0..<LabeledImages.classCount).map { label in training.reduce(0) { $0 + $1.labels[label] } },
      testLabels: files.last?.labels ?? [], mean: mean, standardDeviation: standardDeviation)
  }
}
