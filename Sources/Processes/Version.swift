/// Of this program.
package enum Version {
  package static let number = "0.1.0"
  package static var text: String { "layersearch \(number)" }
}
