import Files
import Foundation
import ImageData
import SearchCore
import SearchProtocol

/// The search for a study's data set on this machine.
package enum DataSearch {
  /// The result of a worker's search for a study's data set.
  enum Found: Sendable {
    case embedded
    case folder(String)
    /// Not found. The associated value says what was found instead.
    case nowhere(String)
  }

  /// Looks in the worker's own folder if there is one, then at the coordinator's path, then in the standard place, and
  /// returns the first place whose content is the study's.
  static func find(_ requirement: DataRequirement, ownFolder: String?) throws(ContentError) -> Found {
    guard !requirement.set.isDrawn else {
      guard requirement.contentHash == DataContent.shapes10.identity else {
        throw .otherVersion(wanted: requirement.contentHash, drawn: DataContent.shapes10.identity)
      }
      return .embedded
    }
    var problems: [String] = []
    let places = [ownFolder, requirement.pathHint, DataPlaces.standard(requirement.set)].compactMap { $0 }
    for place in unique(places) {
      do {
        let hash = try DataPlace(requirement.set, at: place).content().identity
        if hash == requirement.contentHash { return .folder(FilePath.expandingTilde(place)) }
        problems.append(
          "\(place): other content (\(hash.prefix(12))…, the study has \(requirement.contentHash.prefix(12))…)")
      } catch {
        problems.append(String(error.description.prefix { $0 != ";" }))
      }
    }
    return .nowhere("it is not on this machine (\(problems.joined(separator: "; ")))")
  }

  private static func unique(_ places: [String]) -> [String] {
    var seen: Set<String> = []
    return places.filter { seen.insert(FilePath.expandingTilde($0)).inserted }
  }
}
