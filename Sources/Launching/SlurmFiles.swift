import Files
import Foundation
import ReadableText

/// The files that a launch in Slurm keeps in its folder.
package struct SlurmFiles: Sendable {
  package let folder: String

  package init(folder: String) { self.folder = FilePath.absolute(FilePath.expandingTilde(folder)) }

  package var script: String { FilePath.join(folder, "worker.sh") }
  package var records: String { FilePath.join(folder, "records") }
  package var logs: String { FilePath.join(folder, "logs") }
  private var jobs: String { FilePath.join(folder, "jobs") }

  /// A submitted job, with one task per worker.
  struct Job: Hashable {
    var number: Int
    var tasks: Int
    /// The slots of each worker; `nil` for as many as its node has.
    var slots: Int?
    /// When it was submitted.
    var time: Date

    /// The workers' IDs, as Slurm writes them.
    var ids: [String] { tasks == 1 ? ["\(number)"] : (0..<tasks).map { "\(number)_\($0)" } }
  }

  /// Creates the folders, accessible to their owner only, and the script.
  func make(script text: String) throws(LaunchError) {
    for path in [folder, records, logs] {
      do {
        try Folder.make(path)
      } catch {
        throw .failure("\(error.path): this folder cannot be created: \(error.reason)")
      }
      guard chmod(path, 0o700) == 0 else { throw .failure("\(path): \(SystemError.last)") }
    }
    do { try OutputFile(script).write(Array(text.utf8)) } catch { throw .failure("\(error)") }
  }

  func note(_ job: Job) throws(LaunchError) {
    let lines = try submitted() + [job]
    let text = lines.map { job in
      "\(job.number) \(job.tasks) \(job.slots ?? 0) \(Int(job.time.timeIntervalSince1970))\n"
    }.joined()
    do { try OutputFile(jobs).write(Array(text.utf8)) } catch { throw .failure("\(error)") }
  }

  func submitted() throws(LaunchError) -> [Job] {
    let text: String
    do {
      text = String(decoding: try RegularFile.read(jobs, mostBytes: 64 << 20), as: UTF8.self)
    } catch .unopened(let reason) where reason.number == ENOENT {
      return []
    } catch {
      throw .failure("\(jobs): cannot be read: \(error)")
    }
    return text.split(separator: "\n").compactMap { line in
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      guard numbers.count == 4, (1...100_000).contains(numbers[1]), (0...65_536).contains(numbers[2]),
        (0...1 << 40).contains(numbers[3])
      else { return nil }
      return Job(
        number: numbers[0], tasks: numbers[1], slots: numbers[2] > 0 ? numbers[2] : nil,
        time: Date(timeIntervalSince1970: Double(numbers[3])))
    }
  }

  /// The worker's record; empty if the worker has not begun.
  func record(_ id: String) -> SlurmRecord {
    guard let bytes = try? RegularFile.read(FilePath.join(records, id), mostBytes: 16 << 20) else {
      return SlurmRecord()
    }
    return SlurmRecord(String(decoding: bytes, as: UTF8.self))
  }

  /// The number of seconds since the log was last written to; `nil` if there is no log.
  func age(ofLog id: String) -> Double? {
    var status = stat()
    guard stat(FilePath.join(logs, "\(id).log"), &status) == 0 else { return nil }
    return Date().timeIntervalSince1970 - Double(status.st_mtim.tv_sec)
  }

  func log(of id: String, lines: Int) throws(LaunchError) -> String {
    // The ID must name a worker, never a file elsewhere.
    guard id.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "_" || $0 == ".") }) else {
      throw .usage("\(id.inOneLine) is not a worker of this launch; launch status lists the workers")
    }
    let path = FilePath.join(logs, "\(id).log")
    do {
      let text = String(decoding: try RegularFile.read(path, mostBytes: 256 << 20), as: UTF8.self)
      let all = text.split(separator: "\n", omittingEmptySubsequences: false)
      return all.suffix(lines + (text.hasSuffix("\n") ? 1 : 0)).joined(separator: "\n")
    } catch {
      throw .failure("\(path): cannot be read: \(error); a worker that has not started has no log")
    }
  }
}
