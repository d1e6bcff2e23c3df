import Foundation
import ShellCommands

/// The script that manages workers as plain processes on a host, this one or another. It is for the host's POSIX shell
/// and needs nothing of LayerSearch there. The shell reads it from standard input, after its arguments.
///
/// Each worker has a folder with its log, its process (`pid`: number, start and boot, because the number alone may
/// later belong to another process), `leaving` once it was told to leave, and `exit` with its exit code. A shell beside
/// each worker waits for it.
enum HostScript {
  enum Action: String { case examine, start, list, stop, kill, log, keys }

  /// - Parameter folder: the folder of the launch's workers: an absolute path, or a name below the host's own cache.
  static func input(_ action: Action, folder: String, _ arguments: [String]) throws(LaunchError) -> [UInt8] {
    for argument in arguments where argument.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
      throw .usage("\(ShellCommand.quoted(argument)): control characters cannot be passed on to a worker")
    }
    return Array("set -- \(ShellCommand.line([action.rawValue, folder] + arguments))\n\(text)".utf8)
  }

  /// Parses a line of `list`.
  static func worker(_ line: Substring, host: String?) -> PlacedWorker? {
    let fields = line.split(separator: "\t", maxSplits: 7, omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 8 else { return nil }
    let state: PlacedState
    switch fields[1] {
    case "running": state = .running
    case "leaving": state = .leaving
    case "rebooted": state = .ended(.nodeFailure, detail: "its host was restarted")
    case "lost": state = .ended(.failed, detail: "it ended without a trace")
    case "ended":
      guard let code = Int(fields[3]) else { return nil }
      state = ended(code, wasTold: fields[5] == "told", lastLine: fields[7])
    default: return nil
    }
    var worker = PlacedWorker(
      id: fields[0], host: host, processID: Int(fields[2]), state: state,
      since: Double(fields[4]).map { Date(timeIntervalSince1970: $0) })
    worker.ownName = fields[6]
    return worker
  }

  private static func ended(_ code: Int, wasTold: Bool, lastLine: String) -> PlacedState {
    if code == 0 { return .ended(.done, detail: nil) }
    let line = lastLine.isEmpty ? nil : lastLine
    if code > 128 {
      if wasTold { return .ended(.cancelled, detail: "it was asked to leave at once") }
      // Only a user or an administrator ends a worker by SIGTERM without telling it through its place.
      let detail = "killed by signal \(code - 128)"
      return .ended(code == 128 + 15 ? .cancelled : .failed, detail: line.map { "\(detail): \($0)" } ?? detail)
    }
    return .ended(.failed, detail: line ?? "exit code \(code)")
  }

  private static let text = #"""
    action=$1 root=$2; shift 2
    boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
    machine=$(cat /etc/machine-id 2>/dev/null); machine=${machine:-$boot}
    # Hosts may share their home: what belongs to one is named after it.
    host=$(uname -n | tr -c 'A-Za-z0-9._\n-' _)-$(printf %s "$machine" | cut -c 1-8)
    case "$root" in
      /*) ;;
      *)
        case "${XDG_CACHE_HOME:-}" in /*) cache=$XDG_CACHE_HOME ;; *) cache=$HOME/.cache ;; esac
        root=$cache/layersearch/hosts/$host/launches/$root ;;
    esac
    umask 077
    begun() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }
    alive() {
      pid="" since="" at=""
      [ -r "$1/pid" ] && read -r pid since at <"$1/pid"
      [ -n "$pid" ] && [ ! -e "$1/exit" ] && kill -0 "$pid" 2>/dev/null && [ "$(begun "$pid")" = "$since" ] &&
        [ "$boot" = "$at" ]
    }
    say_last() { tail -n 1 "$1/log" 2>/dev/null | tr '\t\r' '  ' | cut -c 1-300; }
    need() {
      command -v "$1" >/dev/null 2>&1 && return
      echo "there is no $1: install it there, or name it with --binary" >&2
      exit 1
    }
    # A path as a shell would take it: ~ is the home folder of this host.
    path() { case "$1" in "~" | "~/"*) printf %s "$HOME${1#\~}" ;; *) printf %s "$1" ;; esac; }
    case "$action" in
      examine)
        # What has ended is forgotten where nothing is left of the launch.
        some=""
        for folder in "$root"/*/; do if alive "$folder"; then some=yes; fi; done
        if [ -z "$some" ]; then
          for folder in "$root"/*/; do [ ! -e "$folder/pid" ] || rm -rf "$folder"; done
        fi
        binary=$(path "$1"); shift
        need "$binary"
        mkdir -p "$root" || { echo "cannot create the folder $root" >&2; exit 1; }
        if [ "$1" = --keys-there ]; then shift; set -- "$@" --keys "$root/keys"; fi
        if said=$("$binary" "$@" </dev/null 2>&1); then
          case $said in *" answers: "*) exit 0 ;; esac
          said=""
        fi
        echo "${said:-$binary reports nothing about the coordinator: name layersearch with --binary}" >&2
        exit 1 ;;
      keys)
        mkdir -p "$root" || { echo "cannot create the folder $root" >&2; exit 1; }
        cd "$root" && rm -rf keys.new && mkdir keys.new && printf %s "$1" | base64 -d | tar -xof - -C keys.new &&
          chmod 700 keys.new && chmod 600 keys.new/secret-key && rm -rf keys && mv keys.new keys ;;
      start)
        id=$1 binary=$(path "$2"); shift 2
        if [ "$1" = --keys-there ]; then shift; set -- "$@" --keys "$root/keys"; fi
        need "$binary"
        folder=$root/$id
        mkdir -p "$folder" || { echo "cannot create the folder $folder" >&2; exit 1; }
        if alive "$folder"; then echo "a worker is running in $folder already" >&2; exit 1; fi
        rm -f "$folder/exit" "$folder/leaving" "$folder/pid"
        setsid nohup sh -c '
          folder=$1 boot=$2; shift 2
          "$@" >>"$folder/log" 2>&1 </dev/null &
          pid=$!
          echo "$pid $(sed "s/.*) //" "/proc/$pid/stat" | cut -d " " -f 20) $boot" >"$folder/pid.new"
          mv "$folder/pid.new" "$folder/pid"
          wait "$pid"
          echo "$? $(date +%s)" >"$folder/exit.new"
          mv "$folder/exit.new" "$folder/exit"
        ' sh "$folder" "$boot" "$binary" "$@" >/dev/null 2>&1 </dev/null &
        tries=0
        while [ ! -e "$folder/pid" ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
        [ -e "$folder/pid" ] || { echo "cannot write $folder/pid" >&2; exit 1; } ;;
      list)
        waited=""
        for folder in "$root"/*/; do
          folder=${folder%/}
          [ -e "$folder/pid" ] || continue
          told=""; [ ! -e "$folder/leaving" ] || told=told
          code="" line="" time=""
          if alive "$folder"; then
            state=running; [ -z "$told" ] || state=leaving
            time=$(stat -c %Y "$folder/pid")
          elif
            # The shell beside it writes that a moment after its end.
            [ -e "$folder/exit" ] || [ -n "$waited" ] || [ "$boot" != "$at" ] || { waited=yes; sleep 0.2; }
            [ -e "$folder/exit" ]
          then
            state=ended
            read -r code time <"$folder/exit"
            [ -n "$time" ] || time=$(stat -c %Y "$folder/exit")
            [ "$code" = 0 ] || line=$(say_last "$folder")
          elif [ "$boot" != "$at" ]; then state=rebooted time=""
          else state=lost time=""
          fi
          printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
            "${folder##*/}" "$state" "$pid" "$code" "$time" "$told" "$(uname -n)" "$line"
        done ;;
      stop | kill)
        for id; do
          alive "$root/$id" || continue
          told=""; [ ! -e "$root/$id/leaving" ] || told=yes
          : >"$root/$id/leaving"
          if [ "$action" = kill ]; then kill -KILL "$pid"
          # Once: told again, a worker leaves at once.
          elif [ -z "$told" ]; then kill -TERM "$pid"
          fi
        done ;;
      log) tail -n "$2" "$root/$1/log" ;;
    esac
    """#
}
