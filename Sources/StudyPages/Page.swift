import Processes

/// The parts that all pages have in common.
enum Page {
  static func text(title: String, @HTMLBuilder _ body: () -> HTML) -> String {
    HTML.page(
      language: "en",
      .joined([
        tag("head") {
          HTML.void("meta", ["charset": "utf-8"])
          HTML.void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
          HTML.void("meta", ["name": "generator", "content": "layersearch \(Version.number)"])
          // Nothing is fetched, whatever the texts of a study contain.
          HTML.void(
            "meta",
            [
              "http-equiv": "Content-Security-Policy",
              "content": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
            ])
          tag("title") { title }
          HTML.style(PageStyle.text)
        },
        tag("body") {
          body()
          HTML.script(PageScript.text)
        },
      ])
    ).markup
  }

  /// - Parameter texts: The columns that are aligned to the left and may wrap.
  static func table(_ headings: [String], _ rows: [[String]], texts: Set<Int> = []) -> HTML {
    tag("div", ["class": "scroll"]) {
      tag("table") {
        tag("thead") {
          tag("tr") {
            for (index, heading) in headings.enumerated() {
              tag("th", ["scope": "col", "class": texts.contains(index) ? "name" : ""]) { heading }
            }
          }
        }
        tag("tbody") {
          for row in rows {
            tag("tr") {
              for (index, cell) in row.enumerated() {
                tag("td", ["class": texts.contains(index) ? "name wide" : ""]) { cell }
              }
            }
          }
        }
      }
    }
  }
}
