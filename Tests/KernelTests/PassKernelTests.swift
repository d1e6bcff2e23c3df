import Testing

@Suite("passes over memory")
struct PassKernelTests {
  @Test("normalization agrees with the reference", arguments: PassCase.all, Residual.allCases)
  func normalize(_ pass: PassCase, _ residual: Residual) { #expect(differences { $0.normalize(pass, residual) } == []) }

  @Test(
    "the first backward pass of batch norm agrees with the reference, for all inputs or only the first ones",
    arguments: PassCase.all, [true, false])
  func backwardSums(_ pass: PassCase, hasAllInputs: Bool) {
    #expect(differences { $0.backwardSums(pass, hasAllInputs: hasAllInputs) } == [])
  }

  @Test("the second backward pass of batch norm agrees with the reference", arguments: PassCase.all)
  func backwardApply(_ pass: PassCase) { #expect(differences { $0.backwardApply(pass) } == []) }
}
