import CVector
import KernelInterface

/// Batch norm's passes over memory, with one read and one write of each operand.
///
/// Tensors come from memory in short pieces, a portion's rows of one channel, and the hardware prefetcher starts anew
/// at each piece. Each pixel therefore prefetches the same pixel of the next channel. (One core of a Xeon with 2 MB of
/// second-level cache reads 64 MB at 10 GB/s without and 27 GB/s with such prefetches.)
enum BatchNormPasses {
  @Sendable static func normalize(pass: Normalization, batch: BatchExtent) {
    let parts = Int(LANE_VECTOR_PARTS)
    let (input, output) = (pass.input, pass.output)
    for block in 0..<batch.blocks {
      for c in 0..<input.channels {
        let k = pass.channelMap.map { Int($0[c]) } ?? c
        let scale = lane_splat(pass.scale[c])
        let shift = lane_splat(pass.shift[c])
        let source = input.vectors(block: block, channel: c)
        let target = output.vectors(block: block, channel: k)
        let residual = pass.residual.flatMap { view -> (UnsafeMutablePointer<lane_vector>, LaneView)? in
          let channel = k - pass.residualChannelOffset
          return channel >= 0 && channel < view.channels ? (view.vectors(block: block, channel: channel), view) : nil
        }
        let next = c + 1 < input.channels ? parts : 0
        for row in 0..<input.height {
          var pixels = NormalizedRow(
            y: source + row * input.rowStride * parts, yStep: input.columnStride * parts,
            z: target + row * output.rowStride * parts, zStep: output.columnStride * parts, scale: scale, shift: shift,
            yAhead: input.planeStride * next, zAhead: output.planeStride * next)
          if let (plane, view) = residual {
            pixels.residual = plane + row * view.rowStride * parts
            pixels.residualStep = view.columnStride * parts
            pixels.residualAhead = view.planeStride * next
            if pass.appliesReLU {
              pixels.run(columns: input.width, appliesReLU: true, adds: true)
            } else {
              pixels.run(columns: input.width, appliesReLU: false, adds: true)
            }
          } else if pass.appliesReLU {
            pixels.run(columns: input.width, appliesReLU: true, adds: false)
          } else {
            pixels.run(columns: input.width, appliesReLU: false, adds: false)
          }
        }
      }
    }
  }

  @Sendable static func backwardSums(
    pass: BatchNormBackward, batch: BatchExtent, sums: UnsafeMutablePointer<Double>
  ) {
    let parts = Int(LANE_VECTOR_PARTS)
    let (input, gradient) = (pass.input, pass.outputGradient)
    for block in 0..<batch.blocks {
      let lanes = block == batch.blocks - 1 ? batch.lanesInLastBlock : 16
      for c in 0..<gradient.channels {
        let k = pass.channelMap.map { Int($0[c]) } ?? c
        let plane = BackwardPlane(
          y: c < input.channels ? input.plane(block, c) : nil, z: pass.output?.plane(block, k),
          gradient: gradient.plane(block, k), yAhead: c + 1 < input.channels ? input.planeStride : 0,
          gradientAhead: c + 1 < gradient.channels ? gradient.planeStride : 0)
        for part in 0..<parts {
          let mask = lane_mask_first(Int32(lanes), Int32(part))
          let (sum, product) =
            switch (plane.z != nil, plane.y != nil) {
            case (true, true): plane.sums(part: part, mask: mask, rectified: true, multiplies: true)
            case (true, false): plane.sums(part: part, mask: mask, rectified: true, multiplies: false)
            case (false, true): plane.sums(part: part, mask: mask, rectified: false, multiplies: true)
            case (false, false): plane.sums(part: part, mask: mask, rectified: false, multiplies: false)
            }
          sums[c] += Double(lane_sum(sum))
          if plane.y != nil { sums[gradient.channels + c] += Double(lane_sum(product)) }
        }
      }
    }
  }

  @Sendable static func backwardApply(pass: BatchNormBackward, batch: BatchExtent) {
    guard let a = pass.a, let b = pass.b, let d = pass.d, let inputGradient = pass.inputGradient else {
      preconditionFailure("the second pass of batch norm's gradient needs a, b, d and inputGradient")
    }
    let parts = Int(LANE_VECTOR_PARTS)
    let (input, gradient) = (pass.input, pass.outputGradient)
    for block in 0..<batch.blocks {
      let lanes = block == batch.blocks - 1 ? batch.lanesInLastBlock : 16
      for c in 0..<input.channels {
        let k = pass.channelMap.map { Int($0[c]) } ?? c
        let (ac, bc, dc) = (lane_splat(a[c]), lane_splat(b[c]), lane_splat(d[c]))
        let next = c + 1 < input.channels ? parts : 0
        let (yAhead, gAhead) = (input.planeStride * next, gradient.planeStride * next)
        let (yPlane, gPlane, target) = (
          input.vectors(block: block, channel: c), gradient.vectors(block: block, channel: k),
          inputGradient.vectors(block: block, channel: c)
        )
        for row in 0..<input.height {
          let y = yPlane + row * input.rowStride * parts
          let g = gPlane + row * gradient.rowStride * parts
          let dy = target + row * inputGradient.rowStride * parts
          for part in 0..<parts {
            let mask = lane_mask_first(Int32(lanes), Int32(part))
            for column in 0..<input.width {
              if part == 0 {
                lane_prefetch(y + (column * input.columnStride * parts + yAhead))
                lane_prefetch(g + (column * gradient.columnStride * parts + gAhead))
              }
              let gradientValue = g[column * gradient.columnStride * parts + part]
              let value = lane_fma(ac, gradientValue, lane_fma(bc, y[column * input.columnStride * parts + part], dc))
              dy[column * inputGradient.columnStride * parts + part] = lane_masked(value, mask)
            }
          }
        }
      }
    }
  }
}

/// One row of a plane in a normalization. Steps and distances are in `lane_vector`s.
private struct NormalizedRow {
  var y: UnsafeMutablePointer<lane_vector>
  var yStep: Int
  var z: UnsafeMutablePointer<lane_vector>
  var zStep: Int
  var scale: lane_vector
  var shift: lane_vector
  var residual: UnsafeMutablePointer<lane_vector>?
  var residualStep = 0
  /// The distance from a pixel to the same pixel of the next channel.
  var yAhead: Int
  var zAhead: Int
  var residualAhead = 0

  @inline(__always)
  func run(columns: Int, appliesReLU: Bool, adds: Bool) {
    let parts = Int(LANE_VECTOR_PARTS)
    let addend = adds ? residual! : y
    for column in 0..<columns {
      lane_prefetch(y + (column * yStep + yAhead))
      lane_prefetch_to_write(z + (column * zStep + zAhead))
      if adds { lane_prefetch(addend + (column * residualStep + residualAhead)) }
      for part in 0..<parts {
        var value = lane_fma(scale, y[column * yStep + part], shift)
        if adds { value = lane_add(value, addend[column * residualStep + part]) }
        z[column * zStep + part] = appliesReLU ? lane_rectify(value) : value
      }
    }
  }
}

/// One plane of the first backward pass of batch norm.
private struct BackwardPlane {
  var y: LaneView?
  var z: LaneView?
  var gradient: LaneView
  /// The distance from a plane to that of the next channel, in pixels; 0 for the last channel.
  var yAhead: Int
  var gradientAhead: Int

  /// Sets g = dz where z is positive and the lane holds an image, and zero elsewhere; returns Σ g and Σ g·y of each
  /// lane.
  @inline(__always)
  func sums(part: Int, mask: lane_mask, rectified: Bool, multiplies: Bool) -> (lane_vector, lane_vector) {
    let parts = Int(LANE_VECTOR_PARTS)
    var sum = lane_zero()
    var product = lane_zero()
    let next = part > 0 ? 0 : parts
    for row in 0..<gradient.height {
      let gradientRow = gradient.row(row, part)
      let yRow = multiplies ? y!.row(row, part) : gradientRow
      let yStep = multiplies ? y!.columnStride * parts : 0
      let zRow = rectified ? z!.row(row, part) : gradientRow
      let zStep = rectified ? z!.columnStride * parts : 0
      for column in 0..<gradient.width {
        if multiplies { lane_prefetch(yRow + (column * yStep + yAhead * next)) }
        lane_prefetch_to_write(
          gradientRow + (column * gradient.columnStride * parts + gradientAhead * next))
        var g = lane_masked(gradientRow[column * gradient.columnStride * parts], mask)
        if rectified { g = lane_where_positive(zRow[column * zStep], g) }
        gradientRow[column * gradient.columnStride * parts] = g
        sum = lane_add(sum, g)
        if multiplies { product = lane_fma(g, yRow[column * yStep], product) }
      }
    }
    return (sum, product)
  }
}

extension LaneView {
  /// The same view, beginning at plane `channel` of `block`.
  @inline(__always)
  fileprivate func plane(_ block: Int, _ channel: Int) -> LaneView {
    var view = self
    view.base += block * blockStride + channel * planeStride
    return view
  }

  /// Part `part` of the first pixel of a row of the first plane.
  @inline(__always)
  fileprivate func row(_ row: Int, _ part: Int) -> UnsafeMutablePointer<lane_vector> {
    (base + row * rowStride).vectors + part
  }
}
