import Testing

@testable import Services

@Suite("names of workers")
struct WorkerNamesTests {
  @Test("a worker is called by its key's name as well, wherever a log speaks of it")
  func names() {
    var names = WorkerNames()
    #expect(names.annotated("worker w1 left: done") == "worker w1 left: done")
    names.set("node7", of: "w1")
    #expect(names.annotated("worker w1 left: done") == "worker w1 (key node7) left: done")
    #expect(
      names.annotated("lost: worker w1: worker w2 came, worker w1, too")
        == "lost: worker w1 (key node7): worker w2 came, worker w1 (key node7), too")
    #expect(names.title(of: "w1") == "w1 (key node7)" && names.title(of: "w2") == "w2")
    names.set(nil, of: "w1")
    #expect(names.annotated("worker w1 left") == "worker w1 left")
  }
}
