import Foundation
import Testing

@testable import layersearch

@Suite("what errors say")
struct ErrorTextTests {
  @Test("what the system says comes without Foundation's numbers")
  func reasons() {
    func text(_ body: () throws -> Void) -> String {
      do { try body() } catch { return ProcessExit.describe(error) }
      return ""
    }
    let manager = FileManager.default
    let missing = text { _ = try String(contentsOfFile: "/nowhere/at/all", encoding: .utf8) }
    #expect(missing == "No such file or directory")
    let folder = text { try manager.createDirectory(atPath: "/dev/null/x/y", withIntermediateDirectories: true) }
    let removal = text { try manager.removeItem(atPath: "/nowhere/at/all") }
    for code in [4, 257, 513, 640, 642, 3840, 99999] {
      let text = text { throw NSError(domain: NSCocoaErrorDomain, code: code) }
      #expect(!text.isEmpty && !text.contains("Cocoa") && !text.contains("\(code)"), "\(text)")
    }
    for text in [folder, removal] { #expect(!text.isEmpty && !text.contains("Cocoa"), "\(text)") }
  }
}
