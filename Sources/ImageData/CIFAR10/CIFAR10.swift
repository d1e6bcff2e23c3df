/// CIFAR-10 (Krizhevsky 2009) in its binary format: files of 10,000 records, each a label byte and then 3,072 bytes
/// `[channel][row][column]`.
///
/// Everything here throws ``ImageDataError`` with one line that names the file, what is wrong with it and what to do.
/// A `~` at the start of a directory's path stands for the user's home.
public enum CIFAR10 {
  /// The five training files in order, then the test file.
  public static let standardFiles = trainingFiles + [testFile]
  public static let trainingFiles = (1...5).map { "data_batch_\($0).bin" }
  public static let testFile = "test_batch.bin"
  /// Of each file.
  public static let fileBytes = CIFAR10Folder(".").fileBytes
  /// Comes with the archive; nothing here needs it.
  public static let classNameFile = "batches.meta.txt"
  public static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]
  public static let trainingCount = CIFAR10Folder.standardRecordsPerFile * trainingFiles.count
  public static let testCount = CIFAR10Folder.standardRecordsPerFile

  /// All 50,000 training images in file order: 154 MB.
  public static func loadTraining(directory: String) throws(ImageDataError) -> LabeledImages {
    try CIFAR10Folder(directory).images(in: trainingFiles)
  }

  /// The training images of `records`, in that order, counted through the five files. Only these are held in memory.
  /// All five files are checked nevertheless.
  public static func loadTraining(
    directory: String, records: some Collection<Int>
  ) throws(ImageDataError) -> LabeledImages {
    try CIFAR10Folder(directory).images(in: trainingFiles, records: Array(records))
  }

  /// The 10,000 test images.
  public static func loadTest(directory: String) throws(ImageDataError) -> LabeledImages {
    try CIFAR10Folder(directory).images(in: [testFile])
  }

  /// SHA-256 over the bytes of ``standardFiles`` in order, 64 lower-case hexadecimal digits.
  public static func contentHash(directory: String) throws(ImageDataError) -> String {
    try CIFAR10Folder(directory).contentHash()
  }

  /// Reads and checks every file: sizes, labels, statistics, content hash.
  public static func verify(directory: String) throws(ImageDataError) -> DataSetReport {
    try CIFAR10Folder(directory).report()
  }
}
