/// The file and class names of CIFAR-10's binary format: files of 10,000 records.
public enum CIFAR10 {
  /// The five training files in order, then the test file.
  public static let standardFiles = trainingFiles + [testFile]
  public static let trainingFiles = (1...5).map { "data_batch_\($0).bin" }
  public static let testFile = "test_batch.bin"
  /// A file of the archive that this program does not need.
  public static let classNameFile = "batches.meta.txt"
  public static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]
}
