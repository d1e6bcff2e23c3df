/// Where data sets are looked for on this machine.
package enum DataPlaces {
  package static let standardCIFAR10 = "~/.cache/layersearch/cifar-10-batches-bin"
  package static let embedded = "shapes10"

  /// A folder of CIFAR-10 files, or the embedded set by its name.
  package static func report(on data: String) throws -> DataSetReport {
    if data == embedded {
      return Shapes10.report(trainingCount: 2_000, testCount: 500)
    }
    return try CIFAR10.verify(directory: data)
  }
}
