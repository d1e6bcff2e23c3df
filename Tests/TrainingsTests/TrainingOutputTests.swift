import Testing

@testable import Trainings

@Suite("where train writes")
struct TrainingOutputTests {
  @Test("the name of a seed's file")
  func names() {
    #expect(TrainingOutput.name("net.ckpt", seed: 7) == "net-seed7.ckpt")
    #expect(TrainingOutput.name("a.b/net", seed: 7) == "a.b/net-seed7")
    #expect(TrainingOutput.name("a/.net", seed: 7) == "a/.net-seed7")
    #expect(TrainingOutput.name("é", seed: 7) == "é-seed7")
  }
}
