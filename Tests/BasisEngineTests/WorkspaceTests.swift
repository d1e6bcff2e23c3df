import KernelInterface
import SearchCore
import Testing

@testable import BasisEngine

@Suite struct WorkspaceTests {
  @Test("regions have a name each and no memory in common", arguments: [Model.resnet8, .resnet18], [1, 16, 130])
  func regions(model: Model, capacity: Int) throws {
    let architecture = Architecture(model)
    let layout = WorkspaceLayout(architecture, capacity: capacity)
    #expect(Set(layout.places.map(\.region)).count == layout.places.count)
    var end = 0
    for place in layout.places {
      #expect(place.offset >= end && place.elementCount > 0)
      end = place.offset + place.elementCount
    }
    #expect(layout.elementCount == end)
    if capacity < 100 {
      let workspace = try Workspace(architecture: architecture, capacity: capacity)
      #expect(workspace.byteCount == end * MemoryLayout<Lanes>.stride)
    }
  }

  @Test("every layer finds its memory, with its own channels")
  func layers() throws {
    let architecture = Architecture(.resnet18)
    let workspace = try Workspace(architecture: architecture, capacity: 1)
    for (index, layer) in architecture.layers.enumerated() {
      let output = workspace.convolutionOutput(of: index)
      #expect(output.channels == layer.outputChannels && output.height == layer.outputSize)
      guard index != architecture.classifier else { continue }
      let shared = [
        workspace.blockGradient(of: layer), workspace.projectedInput(of: layer), workspace.innerGradient(of: layer),
        workspace.inferredInner(of: layer), workspace.innerPortion(of: layer, readFor: layer),
        workspace.convolutionGradientPortion(of: layer),
      ]
      #expect(shared.allSatisfy { $0.channels == layer.outputChannels && $0.width == layer.outputSize })
      #expect(shared[1].base == shared[0].base)
    }
    for index in [architecture.stem] + architecture.blocks.map(\.last) {
      #expect(workspace.activation(of: index).halo == 1)
    }
  }
}
