import Files
import Foundation
import Processes

/// Tells from outside whether a coordinator is at work on a study.
enum CoordinatorPresence {
  /// Returns whether a coordinator is at work; `nil` if this is unknown, because the last coordinator ran on another
  /// machine.
  ///
  /// Looks up the study's lock in the kernel's list of locks. Trying to take the lock instead could keep a coordinator
  /// from starting.
  static func isAtWork(studyFolder: String) -> Bool? {
    let holder = text(of: "\(studyFolder)/lock")
    // A coordinator locks the folder as well as the file, which may have been deleted.
    let inodes = ["\(studyFolder)/lock", studyFolder].compactMap(status(of:)).map { ":\($0.st_ino) " }
    guard let locks = KernelFile.text("/proc/locks") else { return nil }
    let isHeld = locks.split(separator: "\n").contains { line in
      line.contains("FLOCK") && line.contains("WRITE") && inodes.contains { line.contains($0) }
    }
    if isHeld { return true }
    // The list does not contain the locks of a coordinator on another machine.
    return holder == nil || holder?.hasSuffix(" on \(HostName.current ?? "")") == true ? false : nil
  }

  /// Returns when the current or the last coordinator opened the study, in seconds since 1970; `nil` if unknown.
  package static func beginning(studyFolder: String) -> Double? {
    status(of: "\(studyFolder)/lock").map { Double($0.st_mtim.tv_sec) + Double($0.st_mtim.tv_nsec) / 1e9 }
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// Returns the lock file's text about the process that holds or held the lock; `nil` if there is none.
  private static func text(of lock: String) -> String? {
    // O_NONBLOCK, in case the file is a pipe.
    let descriptor = open(lock, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let bytes = try? Descriptor.read(300, from: descriptor, at: 0), !bytes.isEmpty else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
