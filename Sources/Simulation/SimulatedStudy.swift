import Files
import Foundation
import SearchCore

/// The study of simulated workers: a folder with a configuration, and a real coordinator process for it.
final class SimulatedStudy {
  package let folder: String
  package let configuration: String
  private let isTemporary: Bool
  private let parent: String
  private let program: SimulatedCoordinator
  private var coordinator: CoordinatorProcess?

  /// - Parameters:
  ///   - folder: The folder for the study; `nil` for a temporary one.
  ///   - configurationText: The text of the study's configuration.
  init(folder: String?, configurationText: String, program: SimulatedCoordinator) throws {
    isTemporary = folder == nil
    self.program = program
    if let folder {
      guard !FileManager.default.fileExists(atPath: folder) else {
        throw SimulationError.exists(folder)
      }
      parent = folder
    } else {
      parent = FileManager.default.temporaryDirectory.appendingPathComponent("layersearch-\(UUID().uuidString)").path
    }
    self.folder = parent + "/study"
    configuration = parent + "/simulation.yaml"
    do { try Folder.make(parent) } catch {
      throw SimulationError.failed(
        "\(parent): this folder cannot be created: \(error.reason); choose another place")
    }
    try OutputFile(configuration).write(configurationText.utf8)
  }

  /// Starts the coordinator, and returns when it listens.
  /// - Parameter endpoint: The endpoint to listen at; `nil` for a port of the coordinator's choice.
  package func startCoordinator(endpoint: String? = nil) throws -> CoordinatorProcess {
    let started = try CoordinatorProcess(
      arguments: program.arguments(configuration, folder, endpoint), onLogLine: program.onLogLine)
    coordinator = started
    try started.waitUntilListening()
    return started
  }

  /// Kills a remaining coordinator and removes a temporary folder.
  package func clear() {
    coordinator?.kill()
    if isTemporary { try? FileManager.default.removeItem(atPath: parent) }
  }

  static let model = Model.resnet20

  /// A configuration with enough candidates for any number of jobs, and without a data set to read.
  package static func configurationText(jobs: Int, seed: UInt64) -> String {
    """
    study: simulation
    model: \(model.rawValue)
    data: {set: shapes10, train_images: 2000, validation_images: 1000}
    space: {rank_fractions: [0.125, 0.25, 0.5]}
    proxy: {epochs: 3}
    objectives: [accuracy, parameters, multiply_adds]
    strategy: {name: random, seeds: 1}
    budget: {jobs: \(jobs)}
    seed: \(seed)

    """
  }
}
