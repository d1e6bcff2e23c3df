import CVector
import KernelInterface

/// Addition, global average pooling and the weight update.
enum ElementwisePasses {
  @Sendable static func add(source: LaneView, destination: LaneView, batch: BatchExtent) {
    let parts = Int(LANE_VECTOR_PARTS)
    for block in 0..<batch.blocks {
      for c in 0..<destination.channels {
        for row in 0..<destination.height {
          let from = source.vectors(block: block, channel: c, row: row)
          let to = destination.vectors(block: block, channel: c, row: row)
          for column in 0..<destination.width {
            for part in 0..<parts {
              let index = column * destination.columnStride * parts + part
              to[index] = lane_add(to[index], from[column * source.columnStride * parts + part])
            }
          }
        }
      }
    }
  }

  @Sendable static func poolForward(input: LaneView, means: UnsafeMutablePointer<Lanes>, batch: BatchExtent) {
    let parts = Int(LANE_VECTOR_PARTS)
    let scale = lane_splat(1 / Float(input.height * input.width))
    let target = means.vectors
    for block in 0..<batch.blocks {
      for c in 0..<input.channels {
        for part in 0..<parts {
          var sum = lane_zero()
          for row in 0..<input.height {
            let pixels = input.vectors(block: block, channel: c, row: row)
            for column in 0..<input.width {
              sum = lane_add(sum, pixels[column * input.columnStride * parts + part])
            }
          }
          target[(block * input.channels + c) * parts + part] = lane_multiply(sum, scale)
        }
      }
    }
  }

  @Sendable static func poolBackward(gradients: UnsafePointer<Lanes>, inputGradient: LaneView, batch: BatchExtent) {
    let parts = Int(LANE_VECTOR_PARTS)
    let scale = lane_splat(1 / Float(inputGradient.height * inputGradient.width))
    let source = UnsafeRawPointer(gradients).assumingMemoryBound(to: lane_vector.self)
    for block in 0..<batch.blocks {
      for c in 0..<inputGradient.channels {
        for part in 0..<parts {
          let value = lane_multiply(source[(block * inputGradient.channels + c) * parts + part], scale)
          for row in 0..<inputGradient.height {
            let pixels = inputGradient.vectors(block: block, channel: c, row: row)
            for column in 0..<inputGradient.width {
              pixels[column * inputGradient.columnStride * parts + part] = value
            }
          }
        }
      }
    }
  }

  /// Plain loops over floats, which the compiler vectorizes.
  @Sendable static func updateWeights(
    weights: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>,
    count: Int, rule: UpdateRule
  ) {
    let (rate, momentum, decay) = (rule.learningRate, rule.momentum, rule.weightDecay)
    if rule.nesterov {
      for i in 0..<count {
        let g = gradients[i] + decay * weights[i]
        let v = momentum * velocity[i] + g
        velocity[i] = v
        weights[i] -= rate * (g + momentum * v)
      }
    } else {
      for i in 0..<count {
        let v = momentum * velocity[i] + (gradients[i] + decay * weights[i])
        velocity[i] = v
        weights[i] -= rate * v
      }
    }
  }
}
