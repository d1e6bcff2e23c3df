import Testing
import TextInput

@Suite("lists of arguments")
struct ArgumentListTests {
  @Test("negative numbers belong to the option before them")
  func negatives() {
    func joined(_ arguments: String...) -> [String] { ArgumentList.joiningNegativeNumbers(arguments) }
    #expect(joined("train", "--seed", "-1") == ["train", "--seed=-1"])
    #expect(joined("--mean", "-.5", "--mean", "-inf") == ["--mean=-.5", "--mean=-inf"])
    #expect(
      joined("export", "-1", "--output", "-", "--seed=2", "-3") == ["export", "-1", "--output", "-", "--seed=2", "-3"])
    #expect(joined("--", "--seed", "-1") == ["--", "--seed", "-1"])
  }

  @Test("empty values are refused with the option that they belong to, but for those that say more of it")
  func empty() {
    func problem(_ arguments: String...) -> String? {
      do {
        try ArgumentList.requireValues(arguments, except: ["--output"])
        return nil
      } catch { return error.description }
    }
    #expect(problem("run", "a.yaml", "--study", "x") == nil && problem("export", "--output", "") == nil)
    #expect(problem("run", "--study", "") == "--study '': its value is empty; write one, or leave the option out")
    #expect(problem("run", "--study=") == "--study: its value is empty; write one, or leave the option out")
    #expect(problem("run", "") == "the argument after 'run' is empty; give a value")
    #expect(problem("run", "--", "") == "the argument after '--' is empty; give a value")
    #expect(problem("launch", "--", "--data", "")?.hasPrefix("--data '': its value is empty") == true)
  }
}
