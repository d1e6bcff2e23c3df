import Files
import Foundation
import Processes
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file opened for appending, locked against other processes, closed when released. Not shared between threads.
final class AppendingFile {
  private let path: String
  private let lock: FileLock
  let size: Int

  /// Opens the file, or creates it if it does not exist.
  init(path: String) throws(ImageDataError) {
    self.path = path
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: "\(SystemError.last)") }
    // Two downloads that append to one file would corrupt it. The system releases the lock when this process ends.
    do { lock = try FileLock(descriptor, waits: false) } catch {
      close(descriptor)
      throw .alreadyInProgress(path: path)
    }
    size = max(0, Int(lseek(descriptor, 0, SEEK_END)))
  }

  private var descriptor: Int32 { lock.descriptor }

  /// Discards what an earlier call wrote.
  func truncate() throws(ImageDataError) {
    guard size > 0 else { return }
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw .unwritable(path: path, reason: "\(SystemError.last)")
    }
  }

  func append(_ data: Data) throws(ImageDataError) {
    do {
      try data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
        Result { () throws(SystemError) in try Descriptor.write(bytes, to: descriptor) }
      }.get()
    } catch { throw .unwritable(path: path, reason: "\(error)") }
  }
}

/// Creates the folder and those above it.
func createFolder(_ folder: String) throws(ImageDataError) {
  do { try Folder.make(folder) } catch { throw .unwritable(path: folder, reason: "\(error.reason)") }
}

func removeFile(_ path: String) throws(ImageDataError) {
  guard unlink(path) == 0 || errno == ENOENT else {
    throw .unwritable(path: path, reason: "\(SystemError.last)")
  }
}

/// Moves a file, atomically replacing what is at `target`; both must be on one file system.
func moveFile(_ source: String, to target: String) throws(ImageDataError) {
  guard rename(source, target) == 0 else { throw .unwritable(path: target, reason: "\(SystemError.last)") }
}

/// Unpacks with the system's `tar`. The first line that `tar` writes to standard error becomes the error's reason.
func unpack(_ archive: String, into folder: String) async throws(ImageDataError) {
  let message = FirstMessage()
  let ending: ChildProcess.Ending
  do {
    ending = try await withCheckedThrowingContinuation { continuation in
      do {
        // -o: the owners recorded in the archive are ignored, even for root.
        let tar = try ChildProcess(
          .named("tar"), arguments: ["-xzof", archive, "-C", folder],
          environment: ProcessInfo.processInfo.environment, hasOwnGroup: false, onLine: { _ in },
          onErrorLine: { line in message.text.withLock { $0 = $0 ?? line } },
          onEnd: { continuation.resume(returning: $0) })
        tar.closeInput()
      } catch {
        continuation.resume(throwing: error)
      }
    }
  } catch {
    throw .unpackingFailed(archive: archive, reason: "\(error)")
  }
  switch ending.status {
  case .exited(0): return
  case .exited(let code):
    let text = message.text.withLock { $0 }
    throw .unpackingFailed(archive: archive, reason: text ?? "tar ended with status \(code)")
  case .killed(let signal):
    throw .unpackingFailed(archive: archive, reason: "tar was killed by \(Signals.name(of: signal))")
  }
}

private final class FirstMessage: Sendable {
  let text = Mutex<String?>(nil)
}
