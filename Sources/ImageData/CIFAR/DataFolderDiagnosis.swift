import Files
import Foundation
import SearchCore
import ShellCommands

/// Says what is at a path where CIFAR's binary files were expected and not found, and what to write instead. Covers
/// users who named the folder above or below, the archive, another version of the set, or a misspelled path.
///
/// The advice suggests fetching the set only into folders where the files belong.
struct DataFolderDiagnosis {
  private let path: String
  private let format: CIFARFormat

  /// - Parameter path: a path without a leading tilde.
  init(_ path: String, _ format: CIFARFormat) {
    self.format = format
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// Returns the error for a folder that lacks `file`, which is one of the format's files.
  func error(missing file: String) -> ImageDataError {
    var status = stat()
    guard stat(path, &status) == 0 else { return errno == EACCES ? denied : nothingThere }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return folder(missing: file)
    case S_IFREG: return regularFile
    default: return problem("this is not a folder", "name the folder that holds \(first)")
    }
  }

  private var first: String { format.files[0].name }
  private var binaryFolder: String { format.binaryFolder }

  private func problem(_ found: String, _ advice: String) -> ImageDataError {
    .noDataSet(path: path, found: found, advice: advice)
  }

  private var denied: ImageDataError { .unreadable(path: path, reason: "\(SystemError(EACCES))") }

  // MARK: Nothing there

  private var nothingThere: ImageDataError {
    if path.contains("$") {
      let whole = replacingVariables
      let isThere = !whole.contains("$") && exists(whole)
      return problem(
        "variables such as $HOME are not expanded here",
        isThere ? "write \(whole)" : "write the whole path, or ~ for the home folder")
    }
    // Find the deepest folder of the path that exists.
    var existing = "/"
    var rest = path.split(separator: "/").map(String.init)
    if !path.hasPrefix("/") { existing = "." }
    while let next = rest.first, exists(join(existing, next)) {
      existing = join(existing, next)
      rest.removeFirst()
    }
    var status = stat()
    if stat(existing, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
      if isArchive(existing) { return archive(existing, in: FilePath.folder(of: existing)) }
      return problem("\(existing) is not a folder", "write another path (~ stands for HOME)")
    }
    if let written = rest.first,
      let other = Folder.names(in: existing).first(where: { $0.lowercased() == written.lowercased() })
    {
      let candidate = rest.dropFirst().reduce(join(existing, other), join)
      return problem(
        "there is no \(written), but \(other): upper and lower case differ",
        exists(candidate) ? "write \(candidate)" : "check the path")
    }
    if Self.isArchiveName(name) || name.hasSuffix(".bin") {
      let folder = parent == existing || exists(parent) ? join(parent, binaryFolder) : binaryFolder
      return problem(
        "there is no such file, and a folder is required",
        "get the data set with: \(fetch(folder)), and write \(folder)")
    }
    if format.otherFolders.contains(name) { return otherVersion("there is no such folder, and its name is that of") }
    if let meant = nearest(to: name, in: [DataPlaces.embedded]) {
      return problem("there is no such folder", "did you mean \(meant), the embedded set?")
    }
    let only = rest.count > 1 ? " (there is \(existing), but no \(rest[0]) in it)" : ""
    return problem("there is no such folder\(only)", "check the path, or get the data set there with: \(fetch(path))")
  }

  private var replacingVariables: String {
    var whole = path
    let variables = ProcessInfo.processInfo.environment.sorted { $0.key.count > $1.key.count }
    for (name, value) in variables {
      whole = whole.replacing("${\(name)}", with: value).replacing("$\(name)", with: value)
    }
    return whole
  }

  // MARK: A file

  private var regularFile: ImageDataError {
    if isArchive(path) { return archive(path, in: parent) }
    if exists(join(parent, first)) {
      return problem("this is a file of a data set, but its folder is required", "write \(parent)")
    }
    if name.hasPrefix("data_batch") || name.hasPrefix("test_batch") { return otherVersion("this file is of") }
    return problem("this is a file", "write the folder that holds \(first)")
  }

  // MARK: A folder

  private func folder(missing file: String) -> ImageDataError {
    let names = Folder.names(in: path)
    if names.isEmpty {
      guard access(path, R_OK) == 0 else { return denied }
      return problem("this folder is empty", "get the data set there with: \(fetch(path))")
    }
    if names.contains(where: { name in format.files.contains { $0.name == name } }) {
      return .missingFile(path: join(path, file), remedy: "run: \(fetch(path))")
    }
    if let below = names.prefix(1000).first(where: { exists(join(join(path, $0), first)) }) {
      return problem("the files are in its folder \(below)", "write \(join(path, below))")
    }
    if exists(join(parent, first)) { return problem("the files are in the folder above", "write \(parent)") }
    if let other = names.first(where: { $0.lowercased() == first }) {
      return problem(
        "there is \(other), but upper and lower case differ", "rename the files to \(first) and so on")
    }
    if names.contains(where: format.otherFiles.contains) { return otherVersion("this is") }
    for other in [CIFARFormat.cifar10, .cifar100] where other.set != format.set {
      guard names.contains(where: other.extraFiles.contains) || names.contains(other.files[0].name) else { continue }
      return problem(
        "this is \(other.title)", "get \(format.title) with: \(fetch(sibling)), and write \(sibling)")
    }
    if let archive = names.first(where: { Self.isArchiveName($0) && $0.contains("cifar") }) {
      return self.archive(join(path, archive), in: path)
    }
    if names.contains(where: format.otherFolders.contains) {
      let folder = join(path, binaryFolder)
      return problem(
        "this folder has another version of the set, for Python or Matlab",
        "get the binary version with: \(fetch(folder)), and write \(folder)")
    }
    let folder = join(path, binaryFolder)
    return problem(
      "there is no \(first) in this folder",
      "write the folder that has it, or get the data set with: \(fetch(folder)), and write \(folder)")
  }

  // MARK: Archives and other versions

  private func archive(_ file: String, in folder: String) -> ImageDataError {
    let target = join(folder, binaryFolder)
    if exists(join(target, first)) { return problem("this is an archive, already unpacked", "write \(target)") }
    if file.lowercased().contains("python") || file.lowercased().contains("matlab") {
      return problem(
        "this is the archive of another version of the set",
        "get the binary version with: \(fetch(target)), and write \(target)")
    }
    return problem(
      "the archive \(FilePath.name(of: file)) is not unpacked",
      "unpack it with: tar -xf \(ShellCommand.quoted(file)) -C \(ShellCommand.quoted(folder)), and write \(target)")
  }

  private func otherVersion(_ beginning: String) -> ImageDataError {
    let target = sibling
    let version = "\(beginning) the version for Python or Matlab, but the binary one is required"
    if exists(join(target, first)) { return problem(version, "write \(target)") }
    return problem(version, "get it with: \(fetch(target)), and write \(target)")
  }

  private var sibling: String {
    let isFolder = Folder.names(in: path).isEmpty == false || !exists(path)
    return join(isFolder ? parent : FilePath.folder(of: parent), binaryFolder)
  }

  private static let archiveEndings = [".tar.gz", ".tgz", ".tar", ".tar.xz", ".tar.bz2", ".zip"]

  private static func isArchiveName(_ name: String) -> Bool {
    archiveEndings.contains { name.lowercased().hasSuffix($0) }
  }

  /// Whether the file is an archive: by its name, or by the first bytes of gzip, xz or zip.
  private func isArchive(_ file: String) -> Bool {
    if Self.isArchiveName(file) { return true }
    var bytes = [UInt8](repeating: 0, count: 4)
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard read(descriptor, &bytes, 4) == 4 else { return false }
    return [[0x1f, 0x8b], [0xfd, 0x37], [0x50, 0x4b]].contains(Array(bytes[..<2]))
  }

  // MARK: Paths

  private var name: String { path.split(separator: "/").last.map(String.init) ?? "" }

  private var parent: String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private func join(_ folder: String, _ name: String) -> String {
    folder == "." ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private func fetch(_ folder: String) -> String {
    "layersearch data fetch \(format.set) \(ShellCommand.quoted(folder))"
  }
}
