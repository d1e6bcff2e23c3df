import Files
import Foundation
import Processes

/// Whether a coordinator is at work on a study, seen from outside.
enum CoordinatorPresence {
  /// nil where it cannot be known, because the last coordinator ran on another machine.
  ///
  /// Looks the study's lock up in the kernel's list instead of trying it, which could keep a coordinator from starting.
  static func isAtWork(studyFolder: String) -> Bool? {
    let holder = text(of: "\(studyFolder)/lock")
    // The folder is locked besides the file, which may have been deleted.
    let inodes = ["\(studyFolder)/lock", studyFolder].compactMap(status(of:)).map { ":\($0.st_ino) " }
    guard let locks = KernelFile.text("/proc/locks") else { return nil }
    let isHeld = locks.split(separator: "\n").contains { line in
      line.contains("FLOCK") && line.contains("WRITE") && inodes.contains { line.contains($0) }
    }
    if isHeld { return true }
    // A coordinator on another machine is not in this one's list.
    return holder == nil || holder?.hasSuffix(" on \(HostName.current ?? "")") == true ? false : nil
  }

  /// When the coordinator at work, or the last one, opened the study, in seconds since 1970; nil where that is unknown.
  package static func beginning(studyFolder: String) -> Double? {
    status(of: "\(studyFolder)/lock").map { Double($0.st_mtim.tv_sec) + Double($0.st_mtim.tv_nsec) / 1e9 }
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// The process that holds or held the lock, in its own words; nil where it left none.
  private static func text(of lock: String) -> String? {
    // Not blocking, should it be a pipe.
    let descriptor = open(lock, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let bytes = try? Descriptor.read(300, from: descriptor, at: 0), !bytes.isEmpty else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
