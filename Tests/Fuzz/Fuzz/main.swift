// Runs the code that reads bytes from outside under libFuzzer:
//
//     Fuzz TARGET CORPUS [libFuzzer options]
//     Fuzz seeds FOLDER
//
// `make fuzz` builds and runs it. The second form writes the initial inputs of the first.
import CFuzzer
import Foundation

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "seeds" where arguments.count == 3: try Seeds.write(to: arguments[2])
case "codec": run { CodecTarget.body(UnsafeRawBufferPointer(start: $0, count: $1)) }
case "cifar": run { CIFARTarget.body(UnsafeRawBufferPointer(start: $0, count: $1)) }
case "safetensors": run { SafeTensorsTarget.body(UnsafeRawBufferPointer(start: $0, count: $1)) }
case "arrays": run { ArraysTarget.body(UnsafeRawBufferPointer(start: $0, count: $1)) }
case "checkpoint": run { CheckpointTarget.body(UnsafeRawBufferPointer(start: $0, count: $1)) }
default:
  FileHandle.standardError.write(
    Data("usage: Fuzz codec|cifar|checkpoint|safetensors|arrays CORPUS [options], or Fuzz seeds FOLDER\n".utf8))
  exit(2)
}

/// Runs a target under libFuzzer, which gets the arguments after the target's name.
func run(_ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32) -> Never {
  let rest = [arguments[0]] + arguments.dropFirst(2)
  var pointers = rest.map { strdup($0) } + [nil]
  var count = Int32(rest.count)
  let code = pointers.withUnsafeMutableBufferPointer { buffer in
    var base = buffer.baseAddress
    return LLVMFuzzerRunDriver(&count, &base, body)
  }
  exit(code)
}

/// Ends the run if `condition` is false; libFuzzer then keeps the input.
func require(_ condition: Bool, _ what: @autoclosure () -> String) {
  if !condition { fatalError(what()) }
}
