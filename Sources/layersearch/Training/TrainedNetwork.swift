/// What `train` tells of one network; the object that `--json` prints.
struct TrainedNetwork: Codable, Hashable {
  /// Nil where the training diverged.
  var testAccuracy: Double?
  var testLoss: Double?
  var diverged: Bool
  var imagesPerSecond: Double
  var trainSeconds: Double
  var parameters: Int
  var multiplyAdds: Int
  var epochLosses: [Double]
  var model: String
  var candidate: String
  var trainImages: Int
  var epochs: Int
  var seed: UInt64
  var kernelVariant: String
  var peakMemoryBytes: Int
  var checkpoint: String?
}
