/// The type of a tensor's numbers; the raw values are the names in safetensors.
package enum TensorElement: String, CaseIterable, Sendable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case brainFloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"

  package var bytes: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .brainFloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// Converts little-endian numbers to floats; 64-bit ones are rounded. Returns `nil` if the type is not a float.
  package func floats(_ data: some ContiguousBytesView) -> [Float]? {
    data.withRawBytes { bytes in
      let count = bytes.count / self.bytes
      return switch self {
      case .float32:
        Self.numbers(bytes, count) { (bits: UInt32) in Float(bitPattern: bits) }
      case .float64:
        Self.numbers(bytes, count) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
      case .float16:
        Self.numbers(bytes, count) { (bits: UInt16) in Self.float(half: bits) }
      case .brainFloat16:
        Self.numbers(bytes, count) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
      default: nil
      }
    }
  }

  /// Converts little-endian numbers to integers. Returns `nil` if the type is not an integer, or a number is beyond the
  /// largest `Int`.
  package func integers(_ data: some ContiguousBytesView) -> [Int]? {
    data.withRawBytes { bytes in
      let count = bytes.count / self.bytes
      switch self {
      case .int64: return Self.numbers(bytes, count) { (number: Int64) in Int(number) }
      case .int32: return Self.numbers(bytes, count) { (number: Int32) in Int(number) }
      case .int16: return Self.numbers(bytes, count) { (number: Int16) in Int(number) }
      case .int8: return Self.numbers(bytes, count) { (number: Int8) in Int(number) }
      case .uint32: return Self.numbers(bytes, count) { (number: UInt32) in Int(number) }
      case .uint16: return Self.numbers(bytes, count) { (number: UInt16) in Int(number) }
      case .uint8: return Self.numbers(bytes, count) { (number: UInt8) in Int(number) }
      case .uint64:
        let numbers = Self.numbers(bytes, count) { (number: UInt64) in Int(exactly: number) }
        let exact = numbers.compactMap(\.self)
        return exact.count == numbers.count ? exact : nil
      case .float64, .float32, .float16, .brainFloat16, .bool: return nil
      }
    }
  }

  private static func numbers<Number: FixedWidthInteger, Value>(
    _ bytes: UnsafeRawBufferPointer, _ count: Int, _ value: (Number) -> Value
  ) -> [Value] {
    [Value](unsafeUninitializedCapacity: count) { values, filled in
      for index in 0..<count {
        let number = bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Number>.size, as: Number.self)
        (values.baseAddress! + index).initialize(to: value(Number(littleEndian: number)))
      }
      filled = count
    }
  }

  /// Converts IEEE 754 binary16, without loss.
  static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1f)
    let fraction = UInt32(bits & 0x3ff)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 0x1f: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}

/// Contiguous bytes: arrays and slices of them.
package protocol ContiguousBytesView {
  func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result
}

extension [UInt8]: ContiguousBytesView {
  package func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { withUnsafeBytes(body) }
}

extension ArraySlice<UInt8>: ContiguousBytesView {
  package func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { withUnsafeBytes(body) }
}
