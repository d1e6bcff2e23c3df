import Files
import Foundation

/// A data set's archive on a server, and its installation in a folder: download, check, unpack, move into place.
public struct DatasetArchive: Sendable {
  public enum Outcome: Sendable, Equatable {
    /// The folder was complete and valid; nothing was done.
    case alreadyPresent
    case installed
  }

  /// An address of an `http` or `https` server.
  public let address: String
  public let checksum: ArchiveChecksum
  private let format: CIFARFormat
  private let mostBytes: Int
  /// More than any archive of these sets has (170 MB), whatever it was packed with.
  private static let mostBytes = 1 << 30
  /// The checksums of the archive that the author publishes.
  private let official: [ArchiveChecksum]

  public static let cifar10Address = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
  public static let cifar100Address = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"

  /// CIFAR-10 from its author's server or another one.
  public static func cifar10(
    address: String = cifar10Address, checksum: ArchiveChecksum = .cifar10
  ) -> DatasetArchive {
    DatasetArchive(address: address, checksum: checksum, format: .cifar10, official: [.cifar10, .cifar10MD5])
  }

  /// CIFAR-100 from its author's server or another one.
  public static func cifar100(
    address: String = cifar100Address, checksum: ArchiveChecksum = .cifar100
  ) -> DatasetArchive {
    DatasetArchive(address: address, checksum: checksum, format: .cifar100, official: [.cifar100])
  }

  init(
    address: String, checksum: ArchiveChecksum, format: CIFARFormat, official: [ArchiveChecksum],
    mostBytes: Int = Self.mostBytes
  ) {
    self.address = address
    self.mostBytes = mostBytes
    self.checksum = checksum
    self.format = format
    self.official = official
  }

  /// Downloads the archive and installs its files in `directory`, which is created if it does not exist.
  ///
  /// The download goes to a `.part` file next to `directory`. It survives an interruption, and the next call requests
  /// the rest from the server. The files appear in `directory` one by one by renaming, and only after the archive's
  /// checksum and the sizes and labels of the unpacked files have been verified; other files in the folder are left
  /// alone.
  ///
  /// - Parameter progress: called often, from another thread, with the number of bytes on disk and the archive's size,
  ///   or `nil` if the server does not send it.
  @discardableResult
  public func fetch(
    into directory: String,
    progress: @escaping @Sendable (_ receivedBytes: Int, _ totalBytes: Int?) -> Void = { _, _ in }
  ) async throws(ImageDataError) -> Outcome {
    let url = try check()
    let target = CIFARFolder(directory, format)
    if try isPresent(target) { return .alreadyPresent }
    let parent = FilePath.folder(of: target.path)
    try createFolder(parent)
    let name = FilePath.name(of: url.path)
    let part = FilePath.join(parent, "\(["", "/", "."].contains(name) ? "archive" : name).part")

    try await download(url, to: part, progress: progress)
    try await install(part, into: target)
    return .installed
  }

  /// Checks the form of the address and of the checksum, before anything is downloaded.
  @discardableResult
  public func check() throws(ImageDataError) -> URL {
    guard let url = URL(string: address), ["http", "https"].contains(url.scheme?.lowercased()),
      let host = url.host, !host.isEmpty
    else { throw .invalidAddress(address) }
    guard checksum.isLegal else { throw .invalidChecksum(checksum) }
    return url
  }

  /// Whether the set is there already. If the requested archive is not the official one, any complete set counts.
  private func isPresent(_ target: CIFARFolder) throws(ImageDataError) -> Bool {
    if target.path.contains("$"), access(target.path, F_OK) != 0 {
      throw DataFolderDiagnosis(target.path, format).error(missing: format.files[0].name)
    }
    guard isOfficial else { return (try? target.check()) != nil }
    guard let report = try? target.report() else { return false }
    // If checksums are known for the official archive only, not for its files, any complete set counts.
    guard report.authenticity != .other else { throw .occupied(path: target.path) }
    return true
  }

  /// Whether the author's archive is requested, by any of its checksums.
  var isOfficial: Bool {
    official.contains { $0.algorithm == checksum.algorithm && $0.matches(checksum.digits) }
  }

  /// Downloads the archive and checks it. A part left by an earlier call may belong to another version of the file: if
  /// the checksum is wrong after such a part was continued, the whole file is downloaded once more.
  private func download(
    _ url: URL, to part: String, progress: @escaping @Sendable (Int, Int?) -> Void
  ) async throws(ImageDataError) {
    func run() async throws(ImageDataError) -> Bool {
      do {
        return try await Download(url: url, file: part, mostBytes: mostBytes, progress: progress).run()
      } catch {
        if case .tooLarge = error { try removeFile(part) }
        throw error
      }
    }
    let wasContinued = try await run()
    var actual = try checksum.sum(ofFile: part)
    if !checksum.matches(actual), wasContinued {
      try removeFile(part)
      _ = try await run()
      actual = try checksum.sum(ofFile: part)
    }
    guard checksum.matches(actual) else {
      try removeFile(part)
      throw .wrongChecksum(address: address, expected: checksum, actual: actual)
    }
  }

  /// Unpacks next to the target, on the same file system, so that every file can be moved into place by renaming.
  private func install(_ archive: String, into target: CIFARFolder) async throws(ImageDataError) {
    let scratch = FilePath.join(FilePath.folder(of: target.path), ".unpacking-\(UUID().uuidString)")
    try createFolder(scratch)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    try await unpack(archive, into: scratch)

    let unpacked = CIFARFolder(try folderWithFiles(in: scratch, archive: archive), format)
    do {
      try unpacked.check()
    } catch {
      // The error names a file of the scratch folder, which is gone by then.
      let detail = error.description.split(separator: ";").first.map(String.init) ?? ""
      throw .unpackingFailed(archive: archive, reason: detail.replacing(unpacked.path + "/", with: ""))
    }
    try createFolder(target.path)
    let extra = format.extraFiles.filter { FileManager.default.fileExists(atPath: unpacked.path(of: $0)) }
    for file in extra + format.files.map(\.name) {
      try moveFile(unpacked.path(of: file), to: target.path(of: file))
    }
    try removeFile(archive)
  }

  /// Returns the folder that has the data files. In the archive they are in a folder, whose name does not matter.
  private func folderWithFiles(in scratch: String, archive: String) throws(ImageDataError) -> String {
    let candidates = [scratch] + Folder.names(in: scratch).map { FilePath.join(scratch, $0) }
    for candidate in candidates {
      let first = candidate + "/" + format.files[0].name
      if FileManager.default.fileExists(atPath: first) { return candidate }
    }
    throw .unpackingFailed(archive: archive, reason: "it has no \(format.files[0].name)")
  }
}
