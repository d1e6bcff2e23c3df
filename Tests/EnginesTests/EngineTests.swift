import Foundation
import Processes
import SearchCore
import SearchProtocol
import Testing

@testable import Engines

@Suite("engines")
struct EngineTests {
  @Test("an engine whose training ends with what is no result says at once that it failed")
  func impossibleResult() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { close(ends[0]) }
    let reference = AttemptReference(job: 7, attempt: 2)
    let result = Observation(
      accuracy: 7, loss: 1, epochLosses: [1], diverged: false, stepTimeRatio: nil, inferenceTimeRatio: nil,
      trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "avx2")
    EngineProcess.EventOutput(descriptor: ends[1]).send(.finished(reference, result))
    close(ends[1])
    var lines: [[UInt8]] = []
    LineReader(descriptor: ends[0]).forEach { lines.append($0) }
    guard lines.count == 1, case .failed(reference, let reason) = try EngineLine.decodeEvent(lines[0]) else {
      Issue.record("\(lines)")
      return
    }
    #expect(reason.contains("accuracy"))
  }

  @Test("jobs that may use up more memory than there is are warned of")
  func memory() {
    let limits = JobLimits(
      memoryBytes: 2_000_000_000, seconds: nil, silenceSeconds: 1,
      names: .init(memory: "--memory-per-job", time: "t", silence: "s"))
    #expect(limits.shortage(slots: 2, available: 4_000_000_000) == nil)
    #expect(limits.shortage(slots: 3, available: 4_000_000_000)?.contains("(--memory-per-job)") == true)
    #expect(limits.shortage(slots: 3, available: nil) == nil)
  }
}
