import BasisEngine
import ReadableText

/// A training's progress on standard error: a status line on a terminal, and a line for each epoch.
package struct TrainingDisplay {
  private let isQuiet: Bool
  private var last: TrainingProgress?

  package init(isQuiet: Bool) { self.isQuiet = isQuiet }

  package mutating func show(_ progress: TrainingProgress) {
    guard !isQuiet else { return }
    if let last, last.epoch != progress.epoch { endEpoch(last) }
    last = progress
    // Drawing is cheap compared with a step, except for the smallest networks.
    guard progress.step % 5 == 0 || progress.step == progress.steps else { return }
    let left = progress.steps - progress.step
    let text =
      "epoch \(progress.epoch)/\(progress.epochs)  step \(progress.step)/\(progress.steps)  "
      + "loss \(NumberText.fixed(progress.loss, 4))  \(NumberText.fixed(progress.imagesPerSecond, 0)) "
      + "images/s  "
      + (left == 0 ? "testing" : "\(NumberText.percent(Double(progress.step) / Double(progress.steps)))")
    StandardError.shared.show(status: String(text.prefix(StandardError.shared.width - 1)))
  }

  package mutating func finish() {
    guard let last, !isQuiet else { return }
    self.last = nil
    endEpoch(last)
    StandardError.shared.show(status: nil)
  }

  private func endEpoch(_ progress: TrainingProgress) {
    StandardError.shared.writeLine(
      "epoch \(progress.epoch)/\(progress.epochs)  loss \(NumberText.fixed(progress.loss, 4))  "
        + "\(NumberText.fixed(progress.imagesPerSecond, 0)) images/s")
  }
}
