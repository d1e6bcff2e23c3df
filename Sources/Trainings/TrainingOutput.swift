import Files
import Foundation
import Randomness
import SearchCore

/// Where trainings write their networks. The paths are checked before the first step.
package struct TrainingOutput {
  /// The path given for networks, absolute if it is a regular file; `nil` if none was given.
  package let checkpoint: String?
  /// The number of epochs from one checkpoint to the next; `nil` for none during the training.
  package let every: Int?
  /// Whether the checkpoint goes to standard output, so that nothing else may be written there.
  package let takesStandardOutput: Bool
  private let files: [UInt64: OutputFile]
  private let unasked: [String]

  /// - Parameters:
  ///   - checkpoint: The path for networks; `nil` if none was given.
  ///   - resumedFrom: The file that the first seed is resumed from; it receives that seed's network if no other path
  ///     was given.
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
      // The path itself may lead to a device even if the name with a seed does not.
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

  /// The file for the trained network; `nil` if it is not written.
  /// - Parameter isResumed: Whether the training is resumed from a file.
  package func file(seed: UInt64, isResumed: Bool) throws(TrainingError) -> OutputFile? {
    if let file = files[seed] { return file }
    guard isResumed, let resumedFrom else { return nil }
    return try OutputFile(resumedFrom, setting: "resume-from")
  }

  /// The paths for the checkpoint of an interrupted training, best first. All are regular files, from which it can be
  /// read again.
  func placesForInterrupted(seed: UInt64, isResumed: Bool) -> [String] {
    let asked = (try? file(seed: seed, isResumed: isResumed))?.flatMap { $0.isRegular ? $0.path : nil }
    return (asked.map { [$0] } ?? []) + unasked.map { "\($0)-seed\(seed).ckpt" }
  }

  /// Returns the path with the seed in its file name: `net-seed7.ckpt` for `net.ckpt` and 7.
  package static func name(_ path: String, seed: UInt64) -> String {
    let name = FilePath.name(of: path)
    guard !name.isEmpty, !FilePath.namesFolder(path) else { return path }
    let start = String(path.dropLast(name.count))
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "\(path)-seed\(seed)" }
    return "\(start)\(name[..<dot])-seed\(seed)\(name[dot...])"
  }

  /// Paths beside the study and in the current folder. The names are derived from what is trained, so that different
  /// trainings do not collide.
  private static func unaskedNames(_ settings: TrainingSettings) -> [String] {
    let essence = "\(settings.candidate) \(settings.recipe) \(settings.dataContent) \(settings.testImages)"
    // A model's description contains colons and slashes.
    let model = String(settings.recipe.model.rawValue.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "-" })
    let name = "train-\(model)-\(StableHash.hexadecimal(essence).prefix(8))"
    let here = FilePath.join(FilePath.absolute("."), name).replacing("/./", with: "/")
    guard let study = settings.study, let real = realpath(study, nil) else { return [here] }
    defer { free(real) }
    return ["\(String(cString: real)).\(name)", here]
  }
}
