import TensorFiles

/// A safetensors file, of which only the header is kept in memory.
struct SafeTensorsArrays: ArrayContainer {
  private let source: ByteSource
  private let tensors: [SafeTensors.Tensor]

  init(_ source: ByteSource) throws(ImageDataError) {
    self.source = source
    do {
      let beginning = try source.bytes(at: 0, count: min(8, source.count))
      let start = try SafeTensors.start(beginning: beginning[...], fileBytes: source.count)
      tensors = try SafeTensors.tensors(
        header: try source.bytes(at: 8, count: start - 8), fileBytes: source.count)
    } catch let error as ImageDataError {
      throw error
    } catch {
      throw .unusable(path: source.name, what: "\(error)", remedy: ArraysFile.remedy)
    }
  }

  var names: [String] { tensors.map(\.name).sorted() }

  func array(_ name: String) -> StoredArray? {
    guard let tensor = tensors.first(where: { $0.name == name }) else { return nil }
    return StoredArray(
      type: Self.type(tensor.element), shape: tensor.shape, isFortranOrder: false,
      stream: PlainStream(source, at: tensor.range.lowerBound))
  }

  private static func type(_ element: TensorElement) -> ElementType {
    switch element {
    case .int64, .int32, .int16, .int8: .integer(bytes: element.bytes, isSigned: true, isBigEndian: false)
    case .uint64, .uint32, .uint16, .uint8: .integer(bytes: element.bytes, isSigned: false, isBigEndian: false)
    case .float64, .float32, .float16, .brainFloat16, .bool: .other(element.rawValue)
    }
  }
}
