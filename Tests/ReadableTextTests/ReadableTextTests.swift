import ReadableText
import Testing

@Suite("numbers and times as people read them")
struct ReadableTextTests {
  private func hasTime(_ line: String) -> Bool {
    line.firstMatch(of: #/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\ /#) != nil
  }

  @Test("durations, rates and sizes are told in fitting units")
  func units() {
    #expect(Readable.duration(seconds: 3.2) == "4 s")
    #expect(Readable.duration(seconds: 600) == "10 min")
    #expect(Readable.duration(seconds: 12_000) == "3 h 20 min")
    #expect(Readable.duration(seconds: 200_000) == "2 d 7 h")
    #expect(Readable.duration(seconds: .infinity) == "unknown")
    #expect(Readable.rate(perSecond: 2.5) == "2.5/s")
    #expect(Readable.rate(perSecond: 0.2) == "12/min")
    #expect(Readable.rate(perSecond: 0.01) == "36.0/h")
    #expect(Readable.bytes(999) == "999 B")
    #expect(Readable.bytes(172_099_608) == "172 MB")
    #expect(NumberText.fixed(-0.04, 1) == "0.0")
    #expect(NumberText.fixed(1.005, 1) == "1.0")
    #expect(NumberText.percent(0.5) == "50.0 %")
  }

  @Test("times are ISO 8601 with the distance to UTC, also of days that never were")
  func times() {
    #expect(hasTime(TimeText.iso(0) + " "))
    #expect(
      TimeText.iso(.nan) == "unknown" && TimeText.iso(1e300) == "unknown" && TimeText.iso(-.infinity) == "unknown")
  }

  @Test(
    "numbers are rounded and grouped as people write them",
    arguments: [
      (NumberText.fixed(0.12345, 3), "0.123"), (NumberText.fixed(-0.0001, 2), "0.00"),
      (NumberText.fixed(-1.5, 1), "-1.5"),
      (NumberText.fixed(9.996, 2), "10.00"), (NumberText.fixed(7, 0), "7"), (NumberText.fixed(.nan, 2), "nan"),
      (NumberText.count(269_722), "269.7 K"), (NumberText.count(11_173_962), "11.17 M"), (NumberText.count(999), "999"),
      (NumberText.count(0), "0"), (NumberText.grouped(1_234_567), "1,234,567"), (NumberText.grouped(100), "100"),
      (NumberText.percent(0.4567), "45.7 %"), (NumberText.fixed(1e18, 3), "1.00e+18"),
      (NumberText.fixed(-9.999e15, 1), "-1.00e+16"), (NumberText.percent(1.7e306), "1.70e+308 %"),
      (NumberText.fixed(123_456_789_012, 6), "1.23e+11"), (NumberText.fixed(.infinity, 1), "inf"),
      (NumberText.fixed(999_999_999.96, 1), "1000000000.0"), (NumberText.ratio(0.5), "0.500000"),
      (NumberText.ratio(1e18), "1e+18"), (NumberText.fixed(.leastNonzeroMagnitude, 3), "0.000"),
    ])
  func numbers(text: String, expected: String) { #expect(text == expected) }
}
