import Studies

// The options of the service, and its outcome.
extension CoordinatorService {
  package struct Options {
    /// Whether the coordinator keeps running when the study is done.
    package var stays: Bool
    package var times: LeaseTimes
    package var failures: FailureRules
    /// The most bytes that contents may take up in the study's folder; 0 if workers give none.
    package var contentBytes: Int
    package var display: ProgressReporter.Display
    /// Whether stragglers get second attempts on idle slots.
    package var speculates: Bool
    /// The receiver of everything that happens; `nil` if no page is served.
    package var observer: (any StudyObserver)?

    package init(
      stays: Bool, times: LeaseTimes, failures: FailureRules, contentBytes: Int,
      display: @escaping ProgressReporter.Display, speculates: Bool = false, observer: (any StudyObserver)? = nil
    ) {
      self.stays = stays
      self.times = times
      self.failures = failures
      self.contentBytes = contentBytes
      self.display = display
      self.speculates = speculates
      self.observer = observer
    }
  }

  /// What ended the service.
  package enum Outcome {
    case studyFinished
    case stopped
    /// The study cannot continue without a user, for this reason. `isSetAside`: whether jobs were set aside that must
    /// be retried.
    case gaveUp(String, isSetAside: Bool)
  }
}
