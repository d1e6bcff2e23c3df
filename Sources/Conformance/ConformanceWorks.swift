import SearchCore
import SearchProtocol

/// The jobs that the kit hands out: small trainings of ResNet-8, with the worker's kernels.
struct ConformanceWorks {
  let kernels: KernelDemand?
  private(set) var jobs: Int64 = 0

  init(for hello: Hello) {
    kernels = KernelVariant(hello.kernelVariant).foreignEngine.map { .foreign($0) }
  }

  static let validationImages = 64
  /// The number of test images of shapes10.
  static let testImages = 2000

  private func recipe(_ set: ImageSet, images: Int, epochs: Int) -> TrainingRecipe {
    TrainingRecipe(
      model: .resnet8,
      data: DataSelection(set: set, trainImages: images, validationImages: Self.validationImages, splitSeed: 1),
      epochs: Epochs(epochs), batch: 32, learningRate: 0.02, kernels: kernels)
  }

  private mutating func job(_ candidate: Candidate, _ recipe: TrainingRecipe) -> JobAssignment {
    job(candidate, .proxyTraining(recipe))
  }

  private mutating func job(_ candidate: Candidate, _ kind: WorkKind) -> JobAssignment {
    jobs += 1
    return JobAssignment(
      reference: AttemptReference(job: jobs, attempt: 1),
      work: Work(candidate: candidate, kind: kind, repetition: 1, seed: UInt64(1000 + jobs)))
  }

  /// A final training, as `final` asks for.
  mutating func finale() -> JobAssignment {
    var recipe = recipe(.shapes10, images: 96, epochs: 1)
    recipe.data.validationImages = 0
    return job(Candidate(ranks: ["layer1.0.conv1": 4]), .finalTraining(recipe))
  }

  /// A training of a few moments.
  mutating func short(_ set: ImageSet = .shapes10) -> JobAssignment {
    job(Candidate(ranks: ["layer1.0.conv1": 4]), recipe(set, images: 96, epochs: 1))
  }

  /// A training that takes longer than any check waits.
  mutating func endless(_ set: ImageSet = .shapes10) -> JobAssignment {
    job(.dense, recipe(set, images: 2048, epochs: 1000))
  }

  /// A training of a few seconds on most machines.
  mutating func longer() -> JobAssignment { job(.dense, recipe(.shapes10, images: 768, epochs: 3)) }

  /// A training with every variant, scores after each epoch, an end before its schedule's, and skipped updates.
  mutating func manifold() -> JobAssignment {
    var recipe = recipe(.shapes10, images: 96, epochs: 3)
    (recipe.curve, recipe.until, recipe.schedule) = (true, 2, .cosine)
    recipe.skip = SkippedUpdates(of: .coefficients, every: 2)
    let forms: [String: BasisForm] = [
      "layer1.0.conv1": BasisForm(rank: 4), "layer1.0.conv2": BasisForm(rank: 4, variant: .full),
      "layer2.0.conv1": BasisForm(rank: 8, variant: .grouped(2)),
      "layer3.0.conv1": BasisForm(rank: 16, variant: .tied), "layer3.0.conv2": BasisForm(rank: 16, variant: .tied),
    ]
    return job(Candidate(forms: forms), recipe)
  }

  /// A training of a layer that the network lacks.
  mutating func impossible() -> JobAssignment {
    job(Candidate(ranks: ["layer9.0.conv1": 4]), recipe(.shapes10, images: 96, epochs: 1))
  }

  /// A training with a key that no worker knows, which may change everything.
  mutating func unknown() -> JobAssignment {
    var job = short()
    job.work = job.work.replacing(" candidate=", with: " proxy.teacher=resnet110 candidate=")
    return job
  }
}
