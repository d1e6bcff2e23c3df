import Testing

@testable import TextInput

@Suite("separated values")
struct SeparatedValuesTests {
  @Test("plain, quoted and empty fields, whatever ends a line")
  func fields() throws {
    let rows = try SeparatedValues.rows(of: "a,b,c\r\n1,\"x=1,y=2\",\n\n\"say \"\"no\"\"\",\"two\nlines\",é\nlast")
    #expect(
      rows == [
        .init(line: 1, fields: ["a", "b", "c"]), .init(line: 2, fields: ["1", "x=1,y=2", ""]),
        .init(line: 4, fields: ["say \"no\"", "two\nlines", "é"]), .init(line: 6, fields: ["last"]),
      ])
    #expect(try SeparatedValues.rows(of: "").isEmpty)
    #expect(try SeparatedValues.rows(of: "\"\"\n") == [.init(line: 1, fields: [""])])
    #expect(try SeparatedValues.rows(of: "a,") == [.init(line: 1, fields: ["a", ""])])
  }

  @Test(
    "what is no such text is told with its line",
    arguments: [("a\n\"b", 2, "does not end"), ("a\nb\"c", 2, "has a quote in it"), ("\"a\"b", 1, "must follow")])
  func problems(text: String, line: Int, reason: String) {
    let problem = #expect(throws: SeparatedValues.Problem.self) { try SeparatedValues.rows(of: text) }
    #expect(problem?.line == line)
    #expect(problem?.text.contains(reason) == true)
  }
}
