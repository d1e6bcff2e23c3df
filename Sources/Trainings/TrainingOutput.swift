import Files
import Foundation
import Randomness
import SearchCore

/// Where trainings write its networks: looked at before the first step.
package struct TrainingOutput {
  /// Where networks go, absolute; nil where none was asked for.
  package let checkpoint: String?
  /// Epochs from one checkpoint to the next; nil for none on the way.
  package let every: Int?
  /// The checkpoint goes to standard output, so that nothing else may.
  package let takesStandardOutput: Bool
  private let files: [UInt64: OutputFile]
  private let unasked: [String]

  /// - Parameters:
  ///   - checkpoint: where networks go; nil where nothing was asked for.
  ///   - resumedFrom: the file that the first seed goes on from: its network goes there where no other place was asked
  ///     for.
  package init(
    _ settings: TrainingSettings, checkpoint: String?, resumedFrom: String?, every: Int?
  ) throws(TrainingError) {
    self.every = every
    let isPlural = settings.seeds != nil
    var files: [UInt64: OutputFile] = [:]
    if let checkpoint {
      for seed in settings.firstSeed...settings.lastSeed {
        let file = try OutputFile(
          isPlural ? Self.name(checkpoint, seed: seed) : checkpoint, setting: "checkpoint",
          reading: settings.dataFolder)
        files[seed] = file
      }
      // The name itself may lead to a device, which the name with a seed does not.
      let plain = isPlural ? try OutputFile(checkpoint, setting: "checkpoint") : files[settings.firstSeed]
      if let plain, !plain.isRegular {
        if isPlural { throw .oneOutput(checkpoint) }
        if every != nil { throw .writtenOnce(checkpoint) }
      }
      takesStandardOutput = plain?.isStandardOutput ?? false
      self.checkpoint = plain?.isRegular ?? false ? FilePath.absolute(checkpoint) : checkpoint
    } else {
      takesStandardOutput = false
      self.checkpoint = nil
    }
    self.files = files
    unasked = Self.unaskedNames(settings)
    self.resumedFrom = resumedFrom
    if checkpoint == nil, let resumedFrom { _ = try OutputFile(resumedFrom, setting: "resume-from") }
  }

  private let resumedFrom: String?

  /// Where the trained network goes; nil for nowhere.
  /// - Parameter isResumed: it goes on from a file.
  package func file(seed: UInt64, isResumed: Bool) throws(TrainingError) -> OutputFile? {
    if let file = files[seed] { return file }
    guard isResumed, let resumedFrom else { return nil }
    return try OutputFile(resumedFrom, setting: "resume-from")
  }

  /// Where an interrupted training may go, best first: to a file from which it can be read again.
  func placesForInterrupted(seed: UInt64, isResumed: Bool) -> [String] {
    let asked = (try? file(seed: seed, isResumed: isResumed))?.flatMap { $0.isRegular ? $0.path : nil }
    return (asked.map { [$0] } ?? []) + unasked.map { "\($0)-seed\(seed).ckpt" }
  }

  /// `net.ckpt` and 7: `net-seed7.ckpt`.
  package static func name(_ path: String, seed: UInt64) -> String {
    let name = FilePath.name(of: path)
    guard !name.isEmpty, !FilePath.namesFolder(path) else { return path }
    let start = String(path.dropLast(name.count))
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "\(path)-seed\(seed)" }
    return "\(start)\(name[..<dot])-seed\(seed)\(name[dot...])"
  }

  /// Beside the study, or in the current folder: named by what is trained, so that other trainings do not meet there.
  private static func unaskedNames(_ settings: TrainingSettings) -> [String] {
    let essence = "\(settings.candidate) \(settings.recipe) \(settings.dataContent) \(settings.testImages)"
    // A description has colons and slashes.
    let model = String(settings.recipe.model.rawValue.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "-" })
    let name = "train-\(model)-\(StableHash.hexadecimal(essence).prefix(8))"
    let here = FilePath.join(FilePath.absolute("."), name).replacing("/./", with: "/")
    guard let study = settings.study, let real = realpath(study, nil) else { return [here] }
    defer { free(real) }
    return ["\(String(cString: real)).\(name)", here]
  }
}
