import KernelInterface
import Testing

@testable import BasisEngine

@Suite("choice of kernels")
struct KernelSelectionTests {
  private static func variant(_ name: String, supported: Bool) -> CompiledKernels {
    CompiledKernels(
      name: name, isSupported: supported,
      makeTable: {
        var table = KernelTable.reference
        table.name = name
        return table
      })
  }

  @Test("the first variant that the processor supports is chosen")
  func fastestFirst() throws {
    let variants = [Self.variant("wide", supported: false), Self.variant("narrow", supported: true)]
    #expect(try KernelSelection.choose(forced: nil, among: variants).name == "narrow")
    #expect(try KernelSelection.choose(forced: "", among: variants).name == "narrow")
  }

  @Test("a name forces a variant, and the reference is always there")
  func forced() throws {
    let variants = [Self.variant("wide", supported: true), Self.variant("narrow", supported: true)]
    #expect(try KernelSelection.choose(forced: "narrow", among: variants).name == "narrow")
    #expect(try KernelSelection.choose(forced: "reference", among: []).name == "reference")
  }

  @Test("a forced variant that the processor lacks is refused with the names that are allowed")
  func refused() {
    let variants = [Self.variant("wide", supported: false), Self.variant("narrow", supported: true)]
    let error = #expect(throws: KernelSelectionError.self) {
      try KernelSelection.choose(forced: "wide", among: variants)
    }
    #expect(
      error?.description
        == "LAYERSEARCH_KERNELS=wide names no kernels that this processor can run: set it to one of narrow, reference, "
        + "or unset it")
  }

  @Test("a processor with no variant is refused in one line")
  func tooOld() {
    let error = #expect(throws: KernelSelectionError.self) {
      try KernelSelection.choose(forced: nil, among: [Self.variant("wide", supported: false)])
    }
    #expect(error?.description.contains("x86-64-v3") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test("tables are named as the variants that hold them")
  func names() {
    for variant in KernelSelection.variants where variant.isSupported {
      #expect(variant.makeTable().name == variant.name)
    }
  }
}
