import Files
import Foundation
import ReadableText

/// The folder of a launch, which outlives its launcher: `~/.local/state/layersearch/launches/NAME`. It contains the
/// launch's record, the lock of the running launcher, the launcher's log if it has no terminal, and what its place
/// keeps.
package struct LaunchFolder: Hashable, Sendable {
  package let name: String
  package let path: String

  private static let mostRecordBytes = 1 << 20

  /// The folder of the launch of this name, whether it exists or not.
  package init(_ name: String, in folder: String = LaunchFolder.all) throws(LaunchError) {
    guard Self.isLegal(name) else {
      throw .usage(
        "'\(name)' is not a launch name: expected at most 60 letters, digits, '.', '_' and '-', the first a letter or "
          + "digit")
    }
    self.name = name
    path = FilePath.join(folder, name)
  }

  /// Whether the name is legal. It begins with a letter or digit, so that no place takes it for an option or a hidden
  /// file.
  package static func isLegal(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 60 else { return false }
    return isPlain(first) && name.utf8.allSatisfy { isPlain($0) || [0x2d, 0x2e, 0x5f].contains($0) }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }

  /// The name of a launch whose user gave none. It depends only on the place and the coordinator, so that the same
  /// command continues the same launch.
  package static func name(of kind: PlaceKind, connect: String) -> String {
    let address = connect.split(separator: "/").last.map(String.init) ?? connect
    let plain = String(decoding: address.utf8.map { isPlain($0) || $0 == 0x2e ? $0 : 0x2d }, as: UTF8.self)
    return String("\(kind.rawValue)-\(plain)".prefix(60))
  }

  /// `$XDG_STATE_HOME/layersearch/launches`, or `~/.local/state/layersearch/launches`.
  package static var all: String {
    if let base = ProcessInfo.processInfo.environment["XDG_STATE_HOME"], FilePath.isAbsolute(base) {
      return "\(base)/layersearch/launches"
    }
    return FilePath.expandingTilde("~/.local/state/layersearch/launches")
  }

  /// All launches that have a record here, by name.
  package static var known: [LaunchFolder] {
    Folder.names(in: all).compactMap { try? LaunchFolder($0) }.filter(\.isThere)
  }

  private var recordPath: String { FilePath.join(path, "launch.json") }
  private var lockPath: String { FilePath.join(path, "lock") }
  package var logPath: String { FilePath.join(path, "launcher.log") }

  package var isThere: Bool { access(recordPath, F_OK) == 0 }

  /// Throws if the launch is another user's: only its own user can see whether it has a launcher and end its workers.
  package func requireOwn() throws(LaunchError) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_uid != geteuid(), geteuid() != 0 else { return }
    throw .usage("launch \(name) in \(path) belongs to another user (number \(status.st_uid)): stop it as that user")
  }

  /// Whether a launcher is running.
  package var isLed: Bool { FileLock.isHeld(lockPath) }

  /// What the running launcher says about itself: its process, on its host, and whether it has been told to end; `nil`
  /// if none is running, or it says nothing.
  package var launcher: (process: Int32, isStopping: Bool)? {
    guard isLed, let text = try? RegularFile.read(lockPath, mostBytes: 64) else { return nil }
    let words = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    return words.first.flatMap { Int32($0) }.map { ($0, words.dropFirst().first == "stopping") }
  }

  /// Writes what the launcher says about itself; for the launcher alone. Writes in place, because the lock is on the
  /// file.
  package func say(isStopping: Bool) {
    let file = FileHandle(forWritingAtPath: lockPath)
    try? file?.truncate(atOffset: 0)
    try? file?.write(contentsOf: Data("\(getpid())\(isStopping ? " stopping" : "")\n".utf8))
    try? file?.close()
  }

  /// Takes the lock of the one launcher that may run. The lock is held as long as the returned object exists.
  package func lead() throws(LaunchError) -> FileLock {
    do { try Folder.make(path) } catch {
      throw .failure("cannot create the folder \(error.path): \(error.reason); set XDG_STATE_HOME to a folder of yours")
    }
    for tries in 1... {
      do throws(FileLock.Failure) {
        let lock = try FileLock.file(lockPath, waits: false, mode: 0o600)
        say(isStopping: false)
        return lock
      } catch {
        guard case .held = error else { throw .failure("cannot lock \(lockPath): \(error.reason)") }
        // A process that reads `isLed` holds the lock for a moment.
        if tries == 5 { break }
        usleep(20_000)
      }
    }
    throw .failure(
      "a launcher of \(name) is running already: layersearch launch status --name \(name) shows it; another launch "
        + "needs another --name")
  }

  package func write(_ record: LaunchRecord) throws(LaunchError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do { try RegularFile.replaceUnsynced(recordPath, with: Array(try encoder.encode(record)) + [0x0a]) } catch {
      throw .failure("cannot write \(recordPath): \(error)")
    }
  }

  package func read() throws(LaunchError) -> LaunchRecord {
    guard isThere else {
      let known = Self.known.map(\.name)
      throw .usage(
        "there is no launch \(name) in \(Self.all)"
          + (known.isEmpty ? "" : "; there are \(known.joined(separator: ", ").cut(toCharacters: 300))"))
    }
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: recordPath))
      defer { try? handle.close() }
      let data = try handle.read(upToCount: Self.mostRecordBytes) ?? Data()
      return try JSONDecoder().decode(LaunchRecord.self, from: data)
    } catch {
      throw .failure("\(recordPath) cannot be read as a launch's record: stop its workers by hand, and remove \(path)")
    }
  }
}
