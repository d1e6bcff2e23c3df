import Foundation
import ReadableText

extension TimeText {
  /// The system's time, in the format of `iso`.
  package static var now: String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return iso(Double(time.tv_sec))
  }
}
