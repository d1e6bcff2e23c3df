/// An error of reading or fetching image data. `description` is one line: what is wrong, where, and what to do.
public enum ImageDataError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A file of the data set is not there.
  case missingFile(path: String, remedy: String)
  /// There is something else where the data set's folder should be, or nothing.
  case noDataSet(path: String, found: String, advice: String)
  /// The files have the right sizes and legal labels, but their content cannot be right.
  case damaged(path: String, what: String, remedy: String)
  /// A file is not a data set, or not one that can be trained on.
  case unusable(path: String, what: String, remedy: String)
  /// The folder to install a data set in has another complete set.
  case occupied(path: String)
  /// A file's size is not the one that the format prescribes.
  case wrongSize(path: String, bytes: Int, expectedBytes: Int, remedy: String)
  /// A record's label is outside the classes. `record` counts from 0 within the file.
  case labelOutOfRange(path: String, record: Int, label: Int, classCount: Int, remedy: String)
  /// The operating system refused to read.
  case unreadable(path: String, reason: String)
  /// The operating system refused to write, create or move.
  case unwritable(path: String, reason: String)
  /// More images were requested than there are.
  case tooFewImages(validation: Int, training: Int, total: Int)
  /// A record was requested that the files do not have.
  case noSuchRecord(index: Int, count: Int)
  /// The address is invalid, or of a kind that cannot be fetched.
  case invalidAddress(String)
  /// The text given as the archive's checksum is not one.
  case invalidChecksum(ArchiveChecksum)
  /// The server could not be reached, or the connection broke before anything arrived.
  case unreachable(address: String, reason: String)
  /// The server answered, but not with the archive.
  case refused(address: String, status: Int)
  /// The server sends more than any of these archives has.
  case tooLarge(address: String, mostBytes: Int)
  /// The connection ended early; what arrived is kept and the next call continues there.
  case interrupted(address: String, receivedBytes: Int, totalBytes: Int?, reason: String)
  /// Another process downloads to the same file.
  case alreadyInProgress(path: String)
  /// The archive arrived whole but is not the expected one; it was deleted.
  case wrongChecksum(address: String, expected: ArchiveChecksum, actual: String)
  /// The archive could not be unpacked, or lacks files.
  case unpackingFailed(archive: String, reason: String)
  /// The fetch was cancelled; what arrived is kept.
  case cancelled(address: String)

  public var description: String {
    switch self {
    case .missingFile(let path, let remedy):
      "\(path): no such file; \(remedy)"
    case .noDataSet(let path, let found, let advice):
      "\(path): \(found); \(advice)"
    case .damaged(let path, let what, let remedy):
      "\(path): damaged: \(what); \(remedy)"
    case .unusable(let path, let what, let remedy):
      "\(path): \(what); \(remedy)"
    case .occupied(let path):
      "\(path): there is a complete set of other images, which is not overwritten; name another folder, or move it "
        + "away"
    case .wrongSize(let path, let bytes, let expectedBytes, let remedy):
      "\(path): \(bytes < expectedBytes ? "truncated" : "too long"), \(bytes) bytes instead of \(expectedBytes); "
        + "\(remedy)"
    case .labelOutOfRange(let path, let record, let label, let classCount, let remedy):
      "\(path): label \(label) in record \(record), but only 0 to \(classCount - 1) are allowed; \(remedy)"
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason); check the path and its permissions"
    case .unwritable(let path, let reason):
      "\(path): cannot be written: \(reason); free space, correct permissions, or choose another folder"
    case .tooFewImages(let validation, let training, let total):
      "\(training) training and \(validation) validation images were requested, but the set has \(total); "
        + "lower data.train_images or data.validation_images (neither may be negative)"
    case .noSuchRecord(let index, let count):
      "record \(index) was requested, but the training files have records 0 to \(count - 1)"
    case .invalidAddress(let address):
      "'\(address)' is not an address that can be fetched; give one that begins with http:// or https://"
    case .invalidChecksum(let sum):
      "'\(sum.digits)' is not a valid \(sum.algorithm); give its \(sum.digitCount) hexadecimal digits"
    case .unreachable(let address, let reason):
      "\(address): cannot be reached: \(reason); check the network and run the command again"
    case .refused(let address, let status):
      "\(address): the server answered with HTTP status \(status); check the address, or try again later"
    case .tooLarge(let address, let mostBytes):
      "\(address): the file has more than \(mostBytes) bytes, so it is not this archive; check the address"
    case .interrupted(let address, let receivedBytes, let totalBytes, let reason):
      "\(address): the connection ended after \(receivedBytes) of \(totalBytes.map { "\($0)" } ?? "unknown") bytes "
        + "(\(reason)); run the command again to continue there"
    case .alreadyInProgress(let path):
      "\(path): another download to this file is running; wait for it to end, then run the command again"
    case .wrongChecksum(let address, let expected, let actual):
      "\(address): wrong \(expected.algorithm), expected \(expected.digits.lowercased()), actual \(actual); "
        + "the download was deleted and nothing installed: run the command again"
    case .unpackingFailed(let archive, let reason):
      "\(archive): cannot be unpacked: \(reason); delete it and run the command again"
    case .cancelled(let address):
      "\(address): the download was cancelled; run the command again to continue"
    }
  }
}
