import Files

extension ArraysFile {
  /// Reads the whole file and returns what `data info` and `data verify` print.
  package func report() throws(ImageDataError) -> DataSetReport {
    let statistics = try self.statistics(of: training) { _, _ in }
    if let test { _ = try self.statistics(of: test) { _, _ in } }
    let (mean, standardDeviation) = statistics.meanAndDeviation
    let (labels, testLabels) = (histogram(training.labels), histogram(test?.labels ?? []))
    return DataSetReport(
      set: "arrays", directory: path, contentHash: try contentHash(), authenticity: .own,
      files: [
        .init(
          name: FilePath.name(of: path), bytes: bytes, images: shape.trainingImages + shape.testImages,
          labels: zip(labels, testLabels).map { $0 + $1 })
      ], bytes: bytes, trainingImages: shape.trainingImages, testImages: shape.testImages,
      classNames: (0..<classCount).map { "\($0)" }, trainingLabels: labels, testLabels: testLabels, mean: mean,
      standardDeviation: standardDeviation)
  }

  private func histogram(_ labels: [UInt16]) -> [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }
}
