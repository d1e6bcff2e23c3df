import Digests
import Foundation

extension CIFARFolder {
  /// Reads and checks every file: sizes, labels, statistics, content hash. Makes one pass over each file. The
  /// statistics are those of the training files.
  package func report() throws(ImageDataError) -> DataSetReport {
    var hash = SHA256()
    var statistics = ChannelStatistics()
    var files: [DataSetReport.File] = []
    var check = AuthenticityCheck(format)
    for file in format.files {
      let data = try checkedRecords(of: file)
      hash.update(data)
      check.add(file.name, data)
      var labels = [Int](repeating: 0, count: format.classCount)
      data.withUnsafeBytes { bytes in
        for record in 0..<file.records {
          let first = record * format.recordBytes
          labels[Int(bytes[first + format.labelBytes - 1])] += 1
          guard file.name != format.test.name else { continue }
          let image = bytes[first + format.labelBytes..<first + format.recordBytes]
          statistics.add(UnsafeRawBufferPointer(rebasing: image))
        }
      }
      files.append(.init(name: file.name, bytes: data.count, images: file.records, labels: labels))
    }
    let authenticity: DataAuthenticity
    switch check.verdict() {
    case .success(let verdict): authenticity = verdict
    case .failure(let damage):
      throw .damaged(path: path(of: damage.file), what: damage.what, remedy: remedy)
    }
    let training = files.filter { $0.name != format.test.name }
    let (mean, standardDeviation) = statistics.meanAndDeviation
    return DataSetReport(
      set: format.set, directory: path, contentHash: hash.hexadecimal(),
      authenticity: authenticity, files: files,
      bytes: files.reduce(0) { $0 + $1.bytes }, trainingImages: training.reduce(0) { $0 + $1.images },
      testImages: format.test.records, classNames: format.classNames,
      trainingLabels: (0..<format.classCount).map { label in training.reduce(0) { $0 + $1.labels[label] } },
      testLabels: files.last?.labels ?? [], mean: mean, standardDeviation: standardDeviation)
  }
}
