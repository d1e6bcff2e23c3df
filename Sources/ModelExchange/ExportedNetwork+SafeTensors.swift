import BasisEngine
import Foundation
import SearchCore
import TensorFiles

extension ExportedNetwork {
  /// The network's tensors under the checkpoint's names. For a layer whose basis maps are not its first outputs,
  /// `NAME.basis_channels` contains the output channels of the maps.
  package func safeTensorsFile(card: String) -> [UInt8] {
    var tensors: [SafeTensorsWriter.Tensor] = []
    for description in form.parameters + form.statistics {
      tensors.append(.init(name: description.name, shape: description.shape, floats: values(description.name)))
    }
    for (layer, form) in zip(architecture.layers, form.layers) {
      guard case .basis(let basis, let channels) = form, basis.variant.keepsMaps, channels != Array(0..<basis.rank)
      else { continue }
      let bytes = channels.flatMap { channel in
        (0..<8).map { UInt8(truncatingIfNeeded: channel >> (8 * $0)) }
      }
      tensors.append(
        .init(name: "\(layer.name).basis_channels", element: .int64, shape: [channels.count], bytes: bytes))
    }
    return SafeTensorsWriter.file(tensors, metadata: ["format": "pt", "layersearch": card])
  }
}
