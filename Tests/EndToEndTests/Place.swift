import Foundation

/// A folder for one test: its working folder and its home. Goes with the last reference.
final class Place: Sendable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("layersearch-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func start(_ arguments: String...) throws -> RunningCommand { try RunningCommand(arguments, in: self) }

  func run(_ arguments: String...) async throws -> RunningCommand.Result {
    try await RunningCommand(arguments, in: self).end()
  }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
  }

  func copy(_ name: String, to other: String) throws {
    try FileManager.default.copyItem(atPath: path(name), toPath: path(other))
  }

  /// A study that takes seconds: ResNet-8 on a handful of drawn images, searched exhaustively, 2^layers jobs.
  func writeStudy(
    _ name: String = "tiny", trainImages: Int = 64, epochs: Int = 1,
    layers: [String] = ["layer1.0.conv1", "layer2.0.conv2"], seed: Int = 1, file: String = "study.yaml"
  ) throws {
    try write(
      """
      study: \(name)
      model: resnet8
      data:
        set: shapes10
        train_images: \(trainImages)
        validation_images: 64
      space:
        rank_fractions: [0.25]
        include: [\(layers.joined(separator: ", "))]
      proxy:
        epochs: \(epochs)
        batch: 16
        learning_rate: 0.05
      objectives: [accuracy, parameters]
      strategy:
        name: exhaustive
        seeds: 1
      budget:
        jobs: 20
      seed: \(seed)
      """, to: file)
  }

  /// One whose jobs take seconds each, so that somebody who looks at it again and again sees them run.
  func writeLongerStudy(layers: [String] = ["layer1.0.conv1", "layer2.0.conv2"]) throws {
    try writeStudy(trainImages: 1024, epochs: 4, layers: layers)
  }
}

/// The one JSON object that a command printed.
func object(_ text: String) throws -> [String: Any] {
  let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
  guard let object = value as? [String: Any] else { throw CocoaError(.coderReadCorrupt) }
  return object
}

/// What people see of an error: one line.
func isOneLine(_ text: String) -> Bool { text.split(separator: "\n").count == 1 && text.hasSuffix("\n") }
