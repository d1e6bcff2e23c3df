import KernelInterface
import Randomness
import Testing

@testable import BasisEngine

/// The reference is what everything else is compared with, so it is checked against formulas of another form: NCHW
/// arrays with explicit bounds, and finite differences.
@Suite("reference convolution")
struct ReferenceConvolutionTests {
  static let cases: [ConvolutionCase] = [(3, 1), (1, 1), (3, 2), (1, 2)].flatMap { kernel, stride in
    [(4, 6), (5, 3)].map { height, width in
      ConvolutionCase(
        outputs: 2, inputs: 3, kernel: kernel, stride: stride, height: height, width: width, images: 17)
    }
  }

  @Test("the forward convolution is the textbook's", arguments: cases)
  func forward(_ convolution: ConvolutionCase) {
    let operands = convolution.operands()
    let output = LaneTensor(
      blocks: 2, channels: convolution.outputs, height: convolution.outputHeight, width: convolution.outputWidth,
      halo: 0)
    var sums = [Double](repeating: 0, count: 2 * convolution.outputs)
    convolution.forward(.reference, operands, output, &sums)
    let padding = convolution.kernel / 2
    for n in 0..<convolution.outputs {
      var (sum, squares) = (0.0, 0.0)
      for image in 0..<convolution.images {
        for i in 0..<convolution.outputHeight {
          for j in 0..<convolution.outputWidth {
            var expected = 0.0
            for c in 0..<convolution.inputs {
              for a in 0..<convolution.kernel {
                for b in 0..<convolution.kernel {
                  let (row, column) = (i * convolution.stride + a - padding, j * convolution.stride + b - padding)
                  guard row >= 0, row < convolution.height, column >= 0, column < convolution.width else { continue }
                  let weight =
                    operands.weights[
                      n * convolution.inputs * convolution.kernel * convolution.kernel
                        + c * convolution.kernel * convolution.kernel + a * convolution.kernel + b]
                  expected += Double(weight) * Double(operands.input[image, c, row, column])
                }
              }
            }
            let actual = output[image, n, i, j]
            #expect(abs(Double(actual) - expected) < 1e-6)
            sum += expected
            squares += expected * expected
          }
        }
      }
      #expect(abs(sums[n] - sum) < 1e-4)
      #expect(abs(sums[convolution.outputs + n] - squares) < 1e-4)
    }
  }

  /// f = Σ dy · conv(x, w) is linear in x and in w, so that a difference quotient of any width is its derivative.
  @Test("gradients are the derivatives of the forward convolution", arguments: cases)
  func gradients(_ convolution: ConvolutionCase) {
    let operands = convolution.operands()
    let results = convolution.run(.reference, operands)
    func objective(_ input: LaneTensor, _ weights: [Float]) -> Double {
      let output = LaneTensor(copying: operands.outputGradient)
      KernelTable.reference.convolutionForward(
        input.view, weights, output.view, convolution.shape, .direct, convolution.batch, .none)
      return zip(output.interior, operands.outputGradient.interior).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    for i in 0..<convolution.weightCount {
      var (up, down) = (operands.weights, operands.weights)
      up[i] += 0.5
      down[i] -= 0.5
      let derivative = objective(operands.input, up) - objective(operands.input, down)
      #expect(abs(derivative - (Double(results.weightGradient[i]) - ConvolutionCase.earlierSum)) < 1e-3)
    }
    let inputGradient = LaneTensor(copying: operands.earlierGradient)
    KernelTable.reference.convolutionInputGradient(
      operands.outputGradient.view, operands.weights, inputGradient.view, convolution.shape, .direct,
      convolution.batch, false)
    for c in 0..<convolution.inputs {
      for row in 0..<convolution.height {
        for column in 0..<convolution.width {
          let image = (row * convolution.width + column) % convolution.images
          let (up, down) = (LaneTensor(copying: operands.input), LaneTensor(copying: operands.input))
          up[image, c, row, column] += 0.5
          down[image, c, row, column] -= 0.5
          let derivative = objective(up, operands.weights) - objective(down, operands.weights)
          #expect(abs(derivative - Double(inputGradient[image, c, row, column])) < 1e-3)
        }
      }
    }
  }

  @Test("an accumulated input gradient is the gradient plus what was there", arguments: cases)
  func accumulates(_ convolution: ConvolutionCase) {
    let operands = convolution.operands()
    let results = convolution.run(.reference, operands)
    let expected = zip(results.inputGradient, operands.earlierGradient.interior).map { $0 + $1 }
    #expect(largestDifference(results.accumulatedInputGradient, expected) < 1e-6)
  }
}
