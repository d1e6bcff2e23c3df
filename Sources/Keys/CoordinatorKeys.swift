import Files
import Foundation
import ImageData
import Messaging

/// A coordinator's own key pair and the list of the keys that it admits.
package struct CoordinatorKeys {
  package let own: KeyPair
  package let authorized: AuthorizedKeysFile

  /// - Parameter list: the path of the list; `nil` for the one in the folder itself.
  package init(folder: String, list: String?) throws(KeyError) {
    let folder = FilePath.expandingTilde(folder)
    own = try KeyFolder.ownKeys(in: folder)
    authorized = try AuthorizedKeysFile(
      path: list.map(FilePath.expandingTilde) ?? "\(folder)/\(AuthorizedKeysFile.standardName)")
  }
}
