import Files
import SearchCore
import TextInput

/// Trainings in the order in which an external search asked for them: one candidate per line; a repeated line is the
/// candidate's next repetition. Empty lines and lines that begin with `#` are ignored.
package struct TrainingSequence: Sendable {
  package struct Entry: Hashable, Sendable {
    package var candidate: Candidate
    package var repetition: Int
    /// The number of the line, from 1.
    package var line: Int
  }

  package let file: String
  package let entries: [Entry]

  package static let mostBytes = 16_000_000

  /// Throws `ReplayError` with file and line.
  package init(path: String, space: SearchSpace) throws(ReplayError) {
    let input: TextInput
    do { input = try TextInput(path: path, mostBytes: Self.mostBytes) } catch {
      throw .unreadable(file: path, reason: error.reason)
    }
    try self.init(text: input.text, file: path, space: space)
  }

  init(text: String, file: String, space: SearchSpace) throws(ReplayError) {
    let effects = EffectSpace(space)
    var entries: [Entry] = []
    var asked: [Candidate: Int] = [:]
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (line, written) in zip(1..., lines) {
      let words = written.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      if words.isEmpty || words.hasPrefix("#") { continue }
      let candidate: Candidate
      do {
        candidate = try Candidate(label: words, in: space.architecture).plain(where: space.variant)
      } catch {
        throw .line(file: file, line: line, problem: "\(error)")
      }
      guard effects.options(of: candidate) != nil else {
        throw .line(
          file: file, line: line, problem: "candidate '\(words.prefix(100))' is not in the configuration's space")
      }
      entries.append(Entry(candidate: candidate, repetition: asked[candidate, default: 0], line: line))
      asked[candidate, default: 0] += 1
    }
    guard !entries.isEmpty else {
      throw .table(file: file, problem: "the sequence has no candidates; write one per line")
    }
    self.file = file
    self.entries = entries
  }

  /// Returns the first trainings, at most `count`. Throws `ReplayError.line` if the table does not have such a
  /// training.
  package func served(_ count: Int, from draw: ReplayDraw) throws(ReplayError) -> [TableEstimates.Served] {
    var served: [TableEstimates.Served] = []
    for entry in entries.prefix(count) {
      do {
        served.append((entry.candidate, try draw.serve(entry.candidate, repetition: entry.repetition)))
      } catch {
        let has = draw.servedCount(entry.candidate)
        throw .line(
          file: file, line: entry.line,
          problem: has == 0
            ? "the table \(draw.table.file) has no trainings of \(entry.candidate)"
            : "training \(entry.repetition + 1) of \(entry.candidate) is requested, but \(draw.table.file) has only "
              + "\(has) to serve")
      }
    }
    return served
  }
}

/// One sequence for all replays, or one for each.
package struct SequenceSet: Sendable {
  /// The name of the file or folder, without its extension.
  package let name: String
  package let sequences: [TrainingSequence]

  /// Throws `ReplayError`.
  ///
  /// - Parameters:
  ///   - path: A file, or a folder with a file for each replay, in the order of their names.
  ///   - replays: The number of replays.
  package init(path: String, space: SearchSpace, replays: Int) throws(ReplayError) {
    name = Self.name(of: path)
    guard Folder.isFolder(path) else {
      sequences = [try TrainingSequence(path: path, space: space)]
      return
    }
    let files = Folder.names(in: path).filter { !$0.hasPrefix(".") }
    guard files.count >= replays else {
      throw .table(
        file: path,
        problem:
          "the folder has \(files.count) sequences for \(replays) replays; it needs one file per replay, or name one "
          + "file for all")
    }
    var sequences: [TrainingSequence] = []
    for file in files.prefix(replays) {
      sequences.append(try TrainingSequence(path: FilePath.join(path, file), space: space))
    }
    self.sequences = sequences
  }

  package func sequence(ofReplay number: Int) -> TrainingSequence { sequences[number % sequences.count] }

  private static func name(of path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = last.lastIndex(of: "."), dot != last.startIndex else { return last }
    return String(last[..<dot])
  }
}
