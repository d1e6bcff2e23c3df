/// The result of checking every file of a data set; the object that `data verify --json` prints.
package struct DataVerification: Encodable {
  package let valid = true
  package let set: String
  /// `nil` for the embedded set.
  package let directory: String?
  package let contentHash: String
  package let authenticity: DataAuthenticity
  package let bytes: Int
  package let warnings: [String]

  /// - Parameter data: a folder, a file of arrays, or the embedded set's name.
  /// - Throws: if a file is missing or damaged.
  package init(of data: String) throws(ImageDataError) {
    guard data != DataPlaces.embedded else {
      (set, directory, bytes, warnings) = (data, nil, 0, [])
      contentHash = DataContent.shapes10.identity
      authenticity = .drawn
      return
    }
    let report = try DataPlaces.report(on: data)
    (set, directory, bytes, warnings) = (report.set, report.directory, report.bytes, report.warnings)
    (contentHash, authenticity) = (report.contentHash, report.authenticity)
  }
}
