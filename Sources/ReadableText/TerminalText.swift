import Foundation

/// The characters that a terminal can draw.
package enum Glyphs: Hashable, Sendable {
  case unicode
  /// For locales that do not use UTF-8.
  case ascii
}

/// Text for a terminal: on one line, of known width, and without anything that moves the cursor, draws beyond its own
/// cell or changes the direction of the text after it.
package enum TerminalText {
  /// Returns the text in printable form. Control characters become blanks as in `inOneLine`; marks that do not compose
  /// with the character before them are removed; characters without a glyph become a replacement character. With
  /// `.ascii`, the non-ASCII characters that this program uses become their closest equivalents.
  package static func printable(_ text: String, glyphs: Glyphs = .unicode) -> String {
    let line = text.inOneLine
    // Nearly every text is printable ASCII.
    if line.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return line }
    return line.precomposedStringWithCanonicalMapping.unicodeScalars.reduce(into: "") { printable, scalar in
      switch kind(of: scalar) {
      case .mark: break
      case .unprintable: printable += glyphs == .ascii ? "?" : "\u{fffd}"
      case .printable:
        if scalar.isASCII || glyphs == .unicode {
          printable.unicodeScalars.append(scalar)
        } else {
          printable += Self.closest[scalar] ?? "?"
        }
      }
    }
  }

  /// Returns the number of columns of a printable text.
  package static func columns(of text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
  }

  /// Returns the text, shortened to `limit` columns with an ellipsis if it is wider.
  /// - Parameter text: Printable text.
  package static func cut(_ text: String, toColumns limit: Int, glyphs: Glyphs = .unicode) -> String {
    guard columns(of: text) > limit else { return text }
    let ellipsis = glyphs == .ascii ? "~" : "…"
    var (kept, room) = ("", limit - 1)
    guard room >= 0 else { return "" }
    for scalar in text.unicodeScalars {
      room -= columns(of: scalar)
      guard room >= 0 else { break }
      kept.unicodeScalars.append(scalar)
    }
    return kept + ellipsis
  }

  static func columns(of scalar: Unicode.Scalar) -> Int {
    !scalar.isASCII && (scalar.properties.isEmojiPresentation || wide.contains { $0.contains(scalar.value) }) ? 2 : 1
  }

  private enum Kind {
    case printable, mark, unprintable
  }

  private static func kind(of scalar: Unicode.Scalar) -> Kind {
    // Hangul vowels and final consonants, which are drawn into the syllable before them.
    if (0x1160...0x11ff).contains(scalar.value) || (0xd7b0...0xd7ff).contains(scalar.value) { return .unprintable }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return .mark
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
      return .unprintable
    default: return .printable
    }
  }

  /// Characters that are two columns wide: East Asian Width W and F (Unicode Standard Annex 11), except those with
  /// emoji presentation.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97f,
    0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6,
    0x16fe0...0x18dff, 0x1aff0...0x1b2ff, 0x1f200...0x1f2ff, 0x20000...0x3fffd,
  ]

  private static let closest: [Unicode.Scalar: String] = [
    "–": "-", "—": "-", "−": "-", "·": ".", "…": "...", "±": "+-", "×": "x", "†": "+", "“": "\"", "”": "\"",
    "‘": "'", "’": "'", "▽": "v", "→": "->", "≤": "<=", "≥": ">=",
  ]
}
