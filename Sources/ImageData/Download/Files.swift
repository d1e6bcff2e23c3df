import Files
import Foundation
import Processes
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that grows at its end, locked against other processes, closed when released. Not shared between threads.
final class AppendingFile {
  private let path: String
  private let descriptor: Int32
  let size: Int

  /// Creates the file where there is none.
  init(path: String) throws(ImageDataError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: systemReason(errno)) }
    // Two downloads that append to one file would ruin it. The system takes the lock back when this process ends.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .alreadyInProgress(path: path)
    }
    size = max(0, Int(lseek(descriptor, 0, SEEK_END)))
  }

  deinit {
    // Unlocked by name: a child process that is just being spawned holds the descriptor open a little longer.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Throws away what an earlier call wrote.
  func truncate() throws(ImageDataError) {
    guard size > 0 else { return }
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw .unwritable(path: path, reason: systemReason(errno))
    }
  }

  func append(_ data: Data) throws(ImageDataError) {
    let failure = data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Int32 in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written < 0 {
          if errno == EINTR { continue }
          return errno
        }
        rest = rest.dropFirst(written)
      }
      return 0
    }
    if failure != 0 { throw .unwritable(path: path, reason: systemReason(failure)) }
  }
}

/// The system's words for an error number.
func systemReason(_ number: Int32) -> String {
  String(cString: strerror(number))
}

/// The folder and those above it.
func createFolder(_ folder: String) throws(ImageDataError) {
  var made = FilePath.isAbsolute(folder) ? "/" : ""
  for entry in FilePath.entries(of: folder) {
    made += entry + "/"
    guard mkdir(made, 0o777) == 0 || [EEXIST, EISDIR].contains(errno) else {
      throw .unwritable(path: folder, reason: systemReason(errno))
    }
  }
  var status = stat()
  guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
    throw .unwritable(path: folder, reason: systemReason(ENOTDIR))
  }
}

func removeFile(_ path: String) throws(ImageDataError) {
  guard unlink(path) == 0 || errno == ENOENT else {
    throw .unwritable(path: path, reason: systemReason(errno))
  }
}

/// Replaces what is at `target`, atomically; both must be on one file system.
func moveFile(_ source: String, to target: String) throws(ImageDataError) {
  guard rename(source, target) == 0 else { throw .unwritable(path: target, reason: systemReason(errno)) }
}

/// Unpacks with the system's `tar`. Its first message becomes the error's reason.
func unpack(_ archive: String, into folder: String) async throws(ImageDataError) {
  let message = FirstMessage()
  let ending: ChildProcess.Ending
  do {
    ending = try await withCheckedThrowingContinuation { continuation in
      do {
        // -o: the archive's owner means nothing here, even to root.
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
