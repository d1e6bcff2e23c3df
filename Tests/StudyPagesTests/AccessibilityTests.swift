import Foundation
import Reporting
import SearchCore
import Testing

@testable import StudyPages

@Suite("pages for everybody")
struct AccessibilityTests {
  /// The relative luminance as WCAG 2.2 defines it.
  private func luminance(_ color: String) throws -> Double {
    let value = try #require(Int(color.dropFirst(), radix: 16), "\(color)")
    let parts = [16, 8, 0].map { shift -> Double in
      let part = Double(value >> shift & 0xff) / 255
      return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }

  private func contrast(_ one: String, _ other: String) throws -> Double {
    let values = [try luminance(one), try luminance(other)].sorted()
    return (values[1] + 0.05) / (values[0] + 0.05)
  }

  /// The values of a custom property in the page's style, the light one first.
  private func values(_ property: String) -> [String] {
    PageStyle.text.matches(of: /--([a-z]+): (#[0-9a-f]{6});/).filter { $0.output.1 == property }.map {
      String($0.output.2)
    }
  }

  @Test("all text has a contrast of 4.5 or more with what is behind it, light, dark and on paper")
  func contrasts() throws {
    let (papers, bands) = (values("paper"), values("band"))
    #expect(papers.count == 3 && bands.count == 3)
    for index in papers.indices {
      // Text, and the colors in which figures write: the names of series are in the series' colors.
      for color in PlotColor.allCases.map(\.rawValue) where !["paper", "grid", "lattice", "gray"].contains(color) {
        #expect(try contrast(values(color)[index], papers[index]) >= 4.5, "\(color) on paper, \(index)")
      }
      for color in ["ink", "faint", "blue"] {
        #expect(try contrast(values(color)[index], bands[index]) >= 4.5, "\(color) on a band, \(index)")
      }
      // The pressed button, the focus mark, the edges of controls.
      #expect(try contrast(papers[index], values("blue")[index]) >= 4.5)
      for color in ["orange", "gray"] {
        #expect(try contrast(values(color)[index], papers[index]) >= 3, "\(color), \(index)")
      }
    }
  }

  @Test("every figure has a text, every control a name, and headings go down one level at a time")
  func texts() throws {
    let text = ReportPage(try RecordedStudy(jobs: 81).view(), time: "now").text
    for figure in text.matches(of: /<svg [^>]*>/) {
      let tag = figure.output
      #expect(tag.contains("aria-label=\"") || tag.contains("aria-hidden") || tag.contains("class=\"strip\""), "\(tag)")
    }
    let strips = text.matches(of: /<svg class="strip"[^>]*><title>[^<]+<\/title>/).count
    #expect(strips == text.matches(of: /<svg class="strip"/).count && strips > 10)
    let levels = text.matches(of: /<h([1-6])>/).compactMap { Int($0.output.1) }
    #expect(levels.first == 1 && levels.count { $0 == 1 } == 1)
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 })
    #expect(text.contains("<html lang=\"en\">") && text.contains("<main>") && text.contains("<nav aria-label="))
    // Nothing needs a pointer: what is shown at a point also has a row or a text.
    #expect(!text.contains("tabindex=\"-1\"") && !text.contains("onclick"))
  }
}
