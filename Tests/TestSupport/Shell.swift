import Foundation

/// What a shell prints for a script.
package func shell(_ script: String, interpreter: String = "/bin/sh") throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: interpreter)
  process.arguments = ["-c", script]
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return String(decoding: data, as: UTF8.self)
}
