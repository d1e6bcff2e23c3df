import Files
import Foundation
import SearchCore
import StudyStore

/// Finds the folder of the study that a path refers to.
package enum StudyFolders {
  private static let configurationName = "configuration.yaml"
  private static let databaseName = "study.sqlite"

  /// Returns the study whose own configuration the file is, also through links; `nil` if it belongs to none.
  package static func study(ofConfiguration file: String) -> String? {
    guard let real = realpath(file, nil) else { return nil }
    defer { free(real) }
    let (folder, name) = split(String(cString: real))
    guard name == configurationName, StudyStore.exists(directory: folder) else { return nil }
    // The path as it was given, if it leads to the same folder.
    let given = split(file)
    guard given.name == name, let same = realpath(given.folder, nil) else { return folder }
    defer { free(same) }
    return String(cString: same) == folder ? given.folder : folder
  }

  /// Returns a study with the same name in the usual folder, or one with nearly the same name there or beside `folder`;
  /// `nil` if there is none.
  package static func similar(to folder: String) -> String? {
    let (parent, name) = split(folder)
    for place in [parent, "studies"] {
      let names = Folder.names(in: place)
        .filter { "\(place)/\($0)" != "\(parent)/\(name)" && access("\(place)/\($0)/\(databaseName)", F_OK) == 0 }
      if let similar = names.contains(name) ? name : nearest(to: name, in: names) {
        return place == "." ? similar : "\(place)/\(similar)"
      }
    }
    return nil
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
    guard let slash = path.lastIndex(of: "/") else { return (".", String(path)) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}
