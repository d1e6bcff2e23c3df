import Foundation

/// Runs a script in a shell and returns its standard output.
package func shell(_ script: String, interpreter: String = "/bin/sh") throws -> String {
  let pipe = Pipe()
  let process = try StartedProcess(interpreter, ["-c", script], output: pipe.fileHandleForWriting)
  try pipe.fileHandleForWriting.close()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilEnd()
  return String(decoding: data, as: UTF8.self)
}
