/// A drawn figure, as a separate file or as a part of a page. All text in it is escaped.
package struct SVGFigure: Hashable, Sendable {
  /// The title for assistive technology.
  package let title: String
  package let description: String
  let width: Double
  let height: Double
  /// The height of the heading at the top, which a page replaces by a heading of its own.
  let headingHeight: Double
  let body: String

  init(_ document: SVGDocument, title: String, description: String, headingHeight: Double = 0) {
    self.title = title
    self.description = description
    width = document.width
    height = document.height
    self.headingHeight = headingHeight
    body = document.body
  }

  static let fontFamily = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"

  /// An SVG file.
  package var file: String {
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(SVGDocument.number(width)) \(SVGDocument.number(height))" \
    width="\(SVGDocument.number(width))" height="\(SVGDocument.number(height))" role="img" \
    font-family="\(Self.fontFamily)">
      <title>\(SVGDocument.escaped(title))</title>
      <desc>\(SVGDocument.escaped(description))</desc>
    \(body)</svg>

    """
  }

  /// An element within HTML: as wide as its column, without the heading, in the page's colors (`var(--blue)`). No text
  /// can be mistaken for a color, because quotation marks in text are escaped.
  package var element: String {
    let names = Dictionary(
      uniqueKeysWithValues: PlotColor.allCases.map { ($0.light[...], "var(--\($0.rawValue))"[...]) })
    let parts = body.utf8.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false).map(Substring.init)
    let body = parts.map { names[$0] ?? $0 }.joined(separator: "\"")
    let box = [0, headingHeight, width, height - headingHeight].map(SVGDocument.number).joined(separator: " ")
    let start = SVGDocument.startTag(
      "svg",
      [
        ("viewBox", box), ("width", SVGDocument.number(width)), ("height", SVGDocument.number(height - headingHeight)),
        ("role", "group"), ("aria-label", "\(title). \(description)"),
      ])
    return "\(start)\n\(body)</svg>\n"
  }
}
