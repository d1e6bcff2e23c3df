import BasisEngine
import Foundation
import Processes
import SearchProtocol
import Services
import StudyStore
import Testing

@Suite("what --version tells")
struct VersionReportTests {
  private let lines = VersionReport.text.split(separator: "\n").map(String.init)

  private func fact(_ name: String) throws -> String {
    let line = try #require(lines.first { $0.hasPrefix("\(name) ") }, "no line for \(name)")
    return line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)
  }

  @Test("the first line is the program's name and version alone, as scripts read it")
  func firstLine() {
    #expect(lines.first == "layersearch \(Version.number)")
    #expect(lines.count == 5)
  }

  @Test("commit, protocol and schema are told, and every variant of the kernels that is in the program")
  func facts() throws {
    #expect(try fact("commit") == Version.commit ?? "unknown")
    #expect(try fact("protocol") == "\(ProtocolVersion.newest), understands \(ProtocolVersion.oldest) and later")
    #expect(try fact("schema").hasPrefix("\(StudyStore.newestSchema), "))
    let kernels = try fact("kernels").components(separatedBy: ", ")
    #expect(kernels.count == KernelSelection.variants.count)
    for variant in KernelSelection.variants {
      let text = kernels.first { $0.hasPrefix("\(variant.name)-") || $0.hasPrefix("\(variant.name) ") }
      #expect(text?.hasSuffix("(not on this processor)") == !variant.isSupported, "\(variant.name): \(kernels)")
    }
    #expect(!VersionReport.text.contains("+"), "OpenBLAS's core type is a training's own")
  }

  @Test("the Debian package has the program's version")
  func package() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let changelog = try String(
      contentsOf: root.appendingPathComponent("cluster/packaging/debian/changelog"), encoding: .utf8)
    #expect(changelog.hasPrefix("layersearch (\(Version.number)) "), "\(changelog.prefix(40))")
  }
}
