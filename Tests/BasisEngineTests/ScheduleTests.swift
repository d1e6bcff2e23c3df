import BasisEngine
import SearchCore
import Testing

@Suite struct ScheduleTests {
  @Test("constant stays at its peak")
  func constant() {
    for step in 0..<7 { #expect(Schedule.constant.learningRate(peak: 0.3, step: step, of: 7) == 0.3) }
  }

  @Test("step falls tenfold at half of the steps and again at three quarters")
  func step() {
    let rates = (0..<8).map { Schedule.step.learningRate(peak: 2, step: $0, of: 8) }
    #expect(rates == [2, 2, 2, 2, 0.2, 0.2, 0.02, 0.02])
    let odd = (0..<5).map { Schedule.step.learningRate(peak: 1, step: $0, of: 5) }
    #expect(odd == [1, 1, 1, 0.1, 0.01])
  }

  @Test("cosine starts at its peak, is half of it in the middle and ends near zero")
  func cosine() {
    let rates = (0..<4).map { Schedule.cosine.learningRate(peak: 1, step: $0, of: 4) }
    let expected = [1, 0.853_553_390_593_273_8, 0.5, 0.146_446_609_406_726_2]
    for (rate, value) in zip(rates, expected) { #expect(abs(rate - value) < 1e-14) }
  }

  @Test("onecycle rises over the first fifth, rounded up, and falls as a cosine")
  func onecycle() {
    // T = 11: W = 3, then a cosine over 8 steps.
    let rates = (0..<11).map { Schedule.onecycle.learningRate(peak: 0.6, step: $0, of: 11) }
    let expected = [
      0.2, 0.4, 0.6, 0.6, 0.577_163_859_753_386, 0.512_132_034_355_964, 0.414_805_029_709_527, 0.3,
      0.185_194_970_290_473, 0.087_867_965_644_036, 0.022_836_140_246_614,
    ]
    for (rate, value) in zip(rates, expected) { #expect(abs(rate - value) < 1e-13) }
    #expect(Schedule.onecycle.learningRate(peak: 0.6, step: 0, of: 1) == 0.6)
  }
}
