import Foundation
import ReadableText
import Testing

@testable import Processes

@Suite("this machine and its processes") struct ProcessMemoryTests {
  @Test("what is resident now is no more than the most that was, and both are told of any process")
  func memory() throws {
    var memory = ResidentMemory()
    let before = memory.residentBytes()
    // Each page is touched, so that it is resident.
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 64 << 20)
    defer { bytes.deallocate() }
    for page in stride(from: 0, to: 64 << 20, by: 4096) { bytes[page] = 1 }
    let now = try #require(ProcessMemory.bytes(of: getpid()))
    #expect(before > 0 && memory.residentBytes() > 64 << 20 && now.resident > 64 << 20)
    #expect(now.resident <= now.peak && ProcessMemory.peakBytes() >= now.peak)
    #expect(try #require(ProcessMemory.physicalBytes()) > now.peak)
    // No process has this number.
    #expect(ProcessMemory.bytes(of: .max) == nil)
  }

  @Test("the time is the system's")
  func wallClock() {
    let before = TimeText.iso(Date().timeIntervalSince1970.rounded(.down))
    let now = TimeText.now
    #expect(before <= now && now <= TimeText.iso(Date().timeIntervalSince1970.rounded(.down)))
  }

  @Test("the host's name is the kernel's")
  func hostName() throws {
    let kernel = try String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8)
    #expect(HostName.current == kernel.split(separator: "\n").first.map(String.init))
  }
}
