import ShellCommands

/// The script that runs on a node: checks that a worker can work there, starts it, passes on the signals that Slurm
/// sends to the script alone, and keeps the worker's record in the launch's folder.
package struct SlurmScript: Sendable {
  package var worker: WorkerInvocation
  /// The folder of records, on a file system that the nodes share.
  package var records: String
  package var graceSeconds: Double

  package init(worker: WorkerInvocation, records: String, graceSeconds: Double) {
    self.worker = worker
    self.records = records
    self.graceSeconds = graceSeconds
  }

  /// The signal that Slurm sends before the time limit.
  package static let timeLimitSignal = "USR1"
  /// The signal that `launch stop` sends.
  package static let stopSignal = "USR2"
  /// The variable that names the record if job and task do not.
  package static let recordVariable = "LAYERSEARCH_PLACED"

  package var text: String {
    let binary = ShellCommand.quoted(worker.executable)
    var cache = ""
    let hasCache = worker.options.contains { $0 == "--data-cache" || $0.hasPrefix("--data-cache=") }
    if !hasCache { cache = Self.scratch }
    let probe = ShellCommand.line([worker.executable] + worker.probeArguments(keys: worker.keys))
    let arguments = worker.arguments(keys: worker.keys) + ["--grace", "\(Int(graceSeconds.rounded()))s"]
    return """
      #!/bin/bash
      # A worker of `layersearch launch`, which wrote this.
      records=\(ShellCommand.quoted(records))
      key=${\(Self.recordVariable):-${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}}
      key=${key:-$SLURM_JOB_ID}
      host=${SLURMD_NODENAME:-$(uname -n)}
      note() { printf '%s\\n' "$*" >>"$records/$key"; }
      give_up() {
        note "failed $host: $(printf %s "$1" | tr -s '[:cntrl:]' ' ')"
        echo "$host: $1" >&2
        exit 1
      }

      # To this script alone Slurm says that the time limit is near (\(Self.timeLimitSignal)), and `launch stop`
      # that it is to leave (\(Self.stopSignal)): the worker is told. TERM, of a job that is cancelled or preempted, has
      # reached the worker too.
      worker="" leaving=""
      told() { leaving=$1; note "told $1"; }
      pass() { [ -z "$worker" ] || kill -TERM "$worker" 2>/dev/null; }
      # Once: told again, a worker leaves at once.
      tell() { [ -n "$leaving" ] || { told "$1"; pass; }; }
      trap 'tell time-limit' \(Self.timeLimitSignal)
      trap 'tell stop' \(Self.stopSignal)
      trap 'told end' TERM

      note "started $(date +%s) ${SLURM_CPUS_PER_TASK:-${SLURM_CPUS_ON_NODE:-0}} $host"
      command -v \(binary) >/dev/null ||
        give_up \(ShellCommand.quoted(Self.noBinary(worker.executable)))
      \(worker.keys.map(keysCheck) ?? "# without keys")
      \(cache.isEmpty ? "cache=()" : cache)
      problem=$(\(probe) 2>&1 </dev/null)
      case $?$problem in
        0*" answers: "*) problem="" ;;
        0*) problem="it reports nothing about the coordinator: name layersearch with --binary" ;;
        *) problem=${problem:-"the probe ended without any output"} ;;
      esac
      [ -z "$problem" ] || [ -n "$leaving" ] || {
        problem=$(printf '%s\\n' "$problem" | tail -n 1)
        problem=${problem#layersearch: error: }
        case $problem in "no coordinator"*) problem+="; --connect must name an address that the nodes reach" ;; esac
        give_up "$problem"
      }
      [ -z "$leaving" ] || { note "ended 0"; exit 0; }

      # In a shell of its own, which waits for it undisturbed: a wait that a signal interrupts may lose the exit code.
      work() {
        trap : TERM \(Self.timeLimitSignal) \(Self.stopSignal)
        bash -c 'echo $$ >&3; exec 3>&-; exec "$@"' bash "$@" </dev/null >&4
        echo $? >&3
      }
      exec 4>&1 5< <(work \(ShellCommand.line([worker.executable] + arguments)) "${cache[@]}" 3>&1)
      read -r worker <&5
      note "at $worker"
      # Told while it began.
      case $leaving in time-limit | stop) pass ;; esac
      until read -r code <&5; do [ $? -gt 128 ] || break; done
      code=${code:-137}
      # Told before it listened.
      [ -z "$leaving" ] || [ $code -ne 143 ] || code=0
      note "ended $code"
      exit $code

      """
  }

  private func keysCheck(_ keys: String) -> String {
    let files = ["secret-key", "coordinator-key"].map { ShellCommand.quoted("\(keys)/\($0)") }.joined(separator: " ")
    return """
      for file in \(files); do
        [ -r "$file" ] || give_up "cannot read $file: keep the keys, private to you, in a folder that the nodes share"
      done
      """
  }

  static func noBinary(_ executable: String) -> String {
    "there is no \(executable): install it on the nodes, or name one in a folder that they share with --binary"
  }

  /// Data sets are kept on the node's own disk, where this user's next worker finds them.
  private static let scratch = """
    cache=()
    for scratch in "${SLURM_TMPDIR:-}" "${TMPDIR:-}" /tmp; do
      folder=$scratch/layersearch-$(id -u)
      [ -n "$scratch" ] && mkdir -m 700 -p "$folder" 2>/dev/null && [ -O "$folder" ] && [ -w "$folder" ] || continue
      cache=(--data-cache "$folder/data")
      break
    done
    """
}
