/// What a study looks for. Raw values are the configuration's names.
public enum Objective: String, Codable, CaseIterable, Hashable, Sendable {
  /// Mean validation accuracy over the seeds; the only one that is to be large.
  case accuracy
  case parameters
  case multiplyAdds = "multiply_adds"
  /// Training step, relative to the dense network.
  case stepTime = "step_time"
  /// Inference batch, relative to the dense network.
  case inferenceTime = "inference_time"

  public var isMaximised: Bool { self == .accuracy }
}
