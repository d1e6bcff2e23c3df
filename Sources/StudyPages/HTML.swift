import Reporting

/// A piece of a page. Element and attribute names are literals of this program, and text is escaped when it is added,
/// so that no text of a study can become markup.
package struct HTML: Sendable {
  package private(set) var markup: String

  private init(markup: String) { self.markup = markup }

  static let empty = HTML(markup: "")

  static func text(_ text: String) -> HTML { HTML(markup: escaped(text)) }

  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ content: HTML
  ) -> HTML {
    HTML(markup: "\(start(name, attributes))\(content.markup)</\(name)>")
  }

  /// An element that cannot have content, such as `br`.
  static func void(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:]) -> HTML {
    HTML(markup: start(name, attributes))
  }

  static func figure(_ figure: SVGFigure) -> HTML { HTML(markup: figure.element) }

  /// Only for text of this program, never for text of a study.
  static func style(_ text: String) -> HTML { HTML(markup: "<style>\n\(text)\n</style>\n") }
  static func script(_ text: StaticString) -> HTML { HTML(markup: "<script>\n\(text)\n</script>\n") }

  static func page(language: StaticString, _ content: HTML) -> HTML {
    HTML(markup: "<!DOCTYPE html>\n<html lang=\"\(language)\">\n\(content.markup)\n</html>\n")
  }

  static func joined(_ parts: [HTML]) -> HTML { HTML(markup: parts.map(\.markup).joined()) }

  private static func start(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>) -> String {
    "<\(name)\(attributes.map { " \($0)=\"\(escaped($1))\"" }.joined())>"
  }

  /// Returns text that is safe as content and as an attribute value. Characters that HTML forbids become the
  /// replacement character.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\n", "\t": escaped.unicodeScalars.append(scalar)
      case _ where isForbidden(scalar.value): escaped += "\u{fffd}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// Whether the character is a control character, or changes the direction of the text that follows.
  private static func isForbidden(_ value: UInt32) -> Bool {
    value < 0x20 || (0x7f...0x9f).contains(value) || value & 0xfffe == 0xfffe || (0x202a...0x202e).contains(value)
      || (0x2066...0x2069).contains(value)
  }
}

/// Joins elements and texts in their order.
@resultBuilder
enum HTMLBuilder {
  static func buildExpression(_ text: String) -> HTML { .text(text) }
  static func buildExpression(_ html: HTML) -> HTML { html }
  static func buildExpression(_ figure: SVGFigure) -> HTML { .figure(figure) }
  static func buildBlock(_ parts: HTML...) -> HTML { .joined(parts) }
  static func buildOptional(_ part: HTML?) -> HTML { part ?? .empty }
  static func buildEither(first part: HTML) -> HTML { part }
  static func buildEither(second part: HTML) -> HTML { part }
  static func buildArray(_ parts: [HTML]) -> HTML { .joined(parts) }
}

/// An element with its content.
func tag(
  _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], @HTMLBuilder _ content: () -> HTML
) -> HTML {
  .element(name, attributes, content())
}
