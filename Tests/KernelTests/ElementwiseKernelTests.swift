import Testing

@Suite("addition, pooling and the weight update")
struct ElementwiseKernelTests {
  @Test("addition agrees with the reference", arguments: PassCase.all)
  func add(_ pass: PassCase) { #expect(differences { $0.add(pass) } == []) }

  @Test("addition adds to and from subsampled planes")
  func addSubsampled() { #expect(differences { $0.addSubsampled() } == []) }

  @Test("pooling and its gradient agree with the reference", arguments: PassCase.all)
  func pool(_ pass: PassCase) { #expect(differences { $0.pool(pass) } == []) }

  @Test("max pooling and its gradient agree with the reference", arguments: PassCase.all)
  func maxPool(_ pass: PassCase) { #expect(differences { $0.maxPool(pass) } == []) }

  @Test("the weight update agrees with the reference", arguments: KernelComparison.updateCounts, [false, true])
  func update(_ count: Int, _ nesterov: Bool) { #expect(differences { $0.update(count, nesterov) } == []) }

  @Test("the weight update is SGD with momentum")
  func sgd() { #expect(differences { $0.sgd() } == []) }
}
