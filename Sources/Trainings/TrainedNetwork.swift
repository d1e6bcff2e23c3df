/// What `train` reports about one network; the object that `--json` prints.
package struct TrainedNetwork: Codable, Hashable {
  /// `nil` if the training diverged.
  package var testAccuracy: Double?
  var testLoss: Double?
  package var diverged: Bool
  package var imagesPerSecond: Double
  package var trainSeconds: Double
  package var parameters: Int
  package var multiplyAdds: Int
  package var epochLosses: [Double]
  package var model: String
  package var candidate: String
  package var trainImages: Int
  package var epochs: Int
  package var seed: UInt64
  package var kernelVariant: String
  package var peakMemoryBytes: Int
  package var checkpoint: String?
}
