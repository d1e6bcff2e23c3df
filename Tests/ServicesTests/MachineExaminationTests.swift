import Services
import TestSupport
import Testing

@Suite("examinations of a machine")
struct MachineExaminationTests {
  @Test("each finding is a line, and a data set that is not there is advice, not a lack")
  func findings() throws {
    let place = try Place()
    let examination = MachineExamination(dataFolder: place.path("none"))
    #expect(!examination.dataValid && examination.usableCores >= 1 && examination.usableCores <= examination.cores)
    let data = examination.findings.first { $0.subject == "cifar10" }
    #expect(data?.state == .advice && data?.text.contains(place.path("none")) == true)
    #expect(examination.findings.allSatisfy { !$0.line.contains(where: \.isNewline) && !$0.text.isEmpty })
  }
}
