import SearchCore
import Testing

@Suite("limits of trainings")
struct TrainingLimitsTests {
  private let recipe = TrainingRecipe(
    model: .resnet8, data: DataSelection(set: .cifar10, trainImages: 100, validationImages: 0, splitSeed: 0), epochs: 1)

  @Test("what no training can use is named with what is allowed")
  func beyond() {
    #expect(recipe.beyondLimits.isEmpty)
    let lies: [(String, (inout TrainingRecipe) -> Void)] = [
      ("trainImages", { $0.data.trainImages = 50_001 }), ("trainImages", { $0.data.trainImages = 0 }),
      ("validationImages", { $0.data.validationImages = -1 }), ("epochs", { $0.epochs = 1001 }),
      ("batch", { $0.batch = 0 }), ("learningRate", { $0.learningRate = 0 }),
      ("learningRate", { $0.learningRate = .nan }),
      ("learningRate", { $0.learningRate = 1000 }), ("momentum", { $0.momentum = 1 }),
      ("momentum", { $0.momentum = -0.1 }),
      ("weightDecay", { $0.weightDecay = .infinity }),
      // An epoch of a hundred images has one step.
      ("skip.basis", { $0.skip = SkippedUpdates(of: .basis, every: 2) }),
      ("skip.basis", { ($0.batch, $0.skip) = (50, SkippedUpdates(of: .basis, every: 3)) }),
      ("skip.coefficients", { ($0.batch, $0.skip) = (1, SkippedUpdates(of: .coefficients, every: -1)) }),
    ]
    for (field, lie) in lies {
      var recipe = recipe
      lie(&recipe)
      #expect(recipe.beyondLimits.map(\.field) == [field])
      #expect(recipe.beyondLimits.first?.allowed.isEmpty == false)
    }
  }
}
