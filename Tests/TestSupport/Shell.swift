import Foundation

/// What a shell prints for a script.
package func shell(_ script: String, interpreter: String = "/bin/sh") throws -> String {
  let pipe = Pipe()
  let process = try StartedProcess(interpreter, ["-c", script], output: pipe.fileHandleForWriting)
  try pipe.fileHandleForWriting.close()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilEnd()
  return String(decoding: data, as: UTF8.self)
}
