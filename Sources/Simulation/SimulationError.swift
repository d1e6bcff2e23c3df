/// Why a simulation ends without a report. `description` is one line.
package enum SimulationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The folder for the study exists.
  case exists(String)
  case failed(String)

  package var description: String {
    switch self {
    case .exists(let folder): "\(folder) exists already; simulated results belong in a new folder"
    case .failed(let reason): reason
    }
  }
}
