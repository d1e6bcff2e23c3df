/// A data set in one of CIFAR's binary formats (Krizhevsky 2009): files of records, each with one or two label bytes
/// and then 3,072 bytes `[channel][row][column]`.
public struct CIFARFormat: Sendable {
  /// The number of rows, and of columns, of an image.
  public static let side = 32
  public static let imageBytes = LabeledImages.channels * side * side

  /// A file and its number of records.
  struct File: Sendable {
    var name: String
    var records: Int
  }

  /// The set's name in configurations, and its name in messages.
  let set: String
  let title: String
  /// The training files in their order, and the test file, which follows them.
  let training: [File]
  let test: File
  /// The number of label bytes before an image. The last one is used: CIFAR-100 has a coarse class, then the fine one.
  let labelBytes: Int
  let classNames: [String]
  /// Files of the archive that this program does not need.
  let extraFiles: [String]
  let normalization: ChannelNormalization
  /// The git blob names (SHA-1) of the official files; `nil` if they are not known.
  let officialNames: [String: String]?
  /// The name of the folder in the archive, and the names of those in the archives of the Python and Matlab versions.
  let binaryFolder: String
  let otherFolders: [String]
  /// Names of files in the Python and Matlab versions.
  let otherFiles: [String]

  var classCount: Int { classNames.count }
  var files: [File] { training + [test] }
  var recordBytes: Int { labelBytes + Self.imageBytes }
  func bytes(of file: File) -> Int { file.records * recordBytes }
  /// The number of records in all training files.
  var trainingCount: Int { training.reduce(0) { $0 + $1.records } }
  /// The names and lengths of all files, in their order.
  package var contents: [(name: String, bytes: Int)] { files.map { ($0.name, bytes(of: $0)) } }
}

extension CIFARFormat {
  package static let cifar10: CIFARFormat = .cifar10(
    recordsPerFile: 10_000, officialNames: AuthenticityCheck.officialNames)
  package static let cifar100: CIFARFormat = .cifar100(trainingRecords: 50_000, testRecords: 10_000)

  /// Sizes other than the real ones are only for tests, which then need no files of 30 MB.
  static func cifar10(recordsPerFile: Int, officialNames: [String: String]) -> CIFARFormat {
    CIFARFormat(
      set: "cifar10", title: "CIFAR-10",
      training: CIFAR10.trainingFiles.map { File(name: $0, records: recordsPerFile) },
      test: File(name: CIFAR10.testFile, records: recordsPerFile), labelBytes: 1, classNames: CIFAR10.classNames,
      extraFiles: [CIFAR10.classNameFile], normalization: .cifar10, officialNames: officialNames,
      binaryFolder: "cifar-10-batches-bin", otherFolders: ["cifar-10-batches-py", "cifar-10-batches-mat"],
      otherFiles: ["data_batch_1", "data_batch_1.mat"])
  }

  static func cifar100(trainingRecords: Int, testRecords: Int) -> CIFARFormat {
    CIFARFormat(
      set: "cifar100", title: "CIFAR-100", training: [File(name: "train.bin", records: trainingRecords)],
      test: File(name: "test.bin", records: testRecords), labelBytes: 2, classNames: fineClassNames,
      extraFiles: ["coarse_label_names.txt", "fine_label_names.txt"], normalization: .cifar100, officialNames: nil,
      binaryFolder: "cifar-100-binary", otherFolders: ["cifar-100-python", "cifar-100-matlab"],
      otherFiles: ["train", "train.mat"])
  }

  /// The names of CIFAR-100's fine classes, in the order of their labels.
  private static let fineClassNames =
    """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle \
    caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant \
    flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man \
    maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree \
    plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper \
    snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train \
    trout tulip turtle wardrobe whale willow_tree wolf woman worm
    """.split(separator: " ").map(String.init)
}
