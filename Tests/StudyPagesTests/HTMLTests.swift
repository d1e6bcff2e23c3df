import Testing

@testable import StudyPages

@Suite("HTML")
struct HTMLTests {
  @Test("text and attributes are escaped, whatever they hold")
  func escaping() {
    let text = "<script>alert('x')</script> & \"quoted\" \u{0}\u{1b}[31m\u{202e}\u{85}"
    let html = tag("p", ["title": text]) { text }.markup
    let escaped =
      "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;quoted&quot; "
      + "\u{fffd}\u{fffd}[31m\u{fffd}\u{fffd}"
    #expect(html == "<p title=\"\(escaped)\">\(escaped)</p>")
  }
}
