import ReadableText
import Testing

struct ProgressBarTests {
  @Test("a bar is empty at first and full at the end")
  func barEnds() {
    #expect(ProgressBar.text(done: 0, of: 3, columns: 5) == "▕     ▏")
    #expect(ProgressBar.text(done: 3, of: 3, columns: 5) == "▕█████▏")
    #expect(ProgressBar.text(done: 1, of: 0, columns: 2) == "▕  ▏")
    for done in 0...100 { #expect(ProgressBar.text(done: done, of: 100, columns: 7).count == 9) }
  }
}
