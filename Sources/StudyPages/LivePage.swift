import Processes
import ReadableText
import Reporting
import StudyViews

/// The page of a running study, with the numbers at the time of the request. A script from the same server updates them
/// and fetches tables and figures.
package struct LivePage {
  private let study: LiveStudy
  private let allowsControl: Bool

  /// - Parameter allowsControl: Whether the page has controls with which a reader can change the study.
  package init(_ study: LiveStudy, allowsControl: Bool) {
    self.study = study
    self.allowsControl = allowsControl
  }

  package static var script: String { "\(PageScript.text)\n\(LiveScript.text)" }
  package static var style: String { "\(PageStyle.text)\n\(LiveStyle.text)" }

  package var text: String {
    Self.page(title: "\(study.name): \(study.setting.model)", hasScript: true) {
      header
      tag("main") {
        tag("div", ["id": "found"]) {
          tag("section", ["id": "frontier"]) {
            tag("h2") { "Frontier" }
            tag("p", ["class": "faint"]) { "Figures appear with the first results." }
          }
        }
        workers
        jobs
        if allowsControl { control }
        events
        tag("div", ["id": "details"]) {}
      }
      tag("footer") {
        tag("p") {
          "layersearch \(Version.number), study \(study.studyID). "
          tag("a", ["href": "/metrics"]) { "Metrics" }
          " · "
          tag("a", ["href": "/api/study"]) { "Study" }
          " · "
          tag("a", ["href": "/api/frontier"]) { "Frontier" }
          " as JSON"
        }
      }
    }
  }

  private var header: HTML {
    let facts = LiveFacts(study)
    return tag("header") {
      tag("h1") { study.name }
      tag("p", ["class": "faint"]) { "\(study.setting.model) on \(study.setting.dataSet)" }
      tag("p", ["id": "connection", "role": "status", "data-state": "waiting"]) {
        tag("noscript") { "Without JavaScript, these numbers do not change; reload the page for new ones." }
      }
      tag("progress", ["id": "progress", "max": "1", "value": "\(facts.progress)", "aria-label": "Settled jobs"]) {}
      tag("dl", ["class": "facts", "id": "facts"]) {
        for fact in facts.facts {
          tag("div", ["data-fact": fact.id]) {
            tag("dt") { fact.name }
            tag("dd") {
              tag("span") { fact.value }
              tag("small") { fact.more }
            }
          }
        }
      }
      tag("nav", ["aria-label": "Contents"]) {
        for (id, title) in [
          ("frontier", "Frontier"), ("candidates", "Candidates"), ("now", "Workers"), ("jobs", "Jobs"),
          ("events", "Events"), ("details", "Layers and course"),
        ] {
          tag("a", ["href": "#\(id)"]) { title }
        }
      }
    }
  }

  private var workers: HTML {
    tag("section", ["id": "now"]) {
      tag("h2") { "Workers" }
      Self.pager("workers", "Workers")
      Self.table(
        "workers", "Connected workers and what each trains",
        ["Worker", "Results", "Training", "Epoch", "Loss", "Course", "Images/s", "Memory"], names: 0...2)
    }
  }

  private var jobs: HTML {
    tag("section", ["id": "jobs"]) {
      tag("h2") { "Jobs" }
      tag("div", ["class": "buttons tools", "role": "group", "aria-label": "State", "id": "states"]) {
        for (state, title) in [
          ("", "All"), ("waiting", "Waiting"), ("running", "Running"), ("finished", "Finished"),
          ("set_aside", "Set aside"),
        ] {
          tag("button", ["data-state": state, "aria-pressed": state.isEmpty ? "true" : "false"]) { title }
        }
      }
      Self.pager("job-list", "Jobs")
      Self.table(
        "job-list", "Jobs", ["Job", "Candidate", "State", "Attempts", "Accuracy", "Seconds", "Worker, reason"],
        names: [1, 2, 6])
    }
  }

  private var events: HTML {
    tag("section", ["id": "events"]) {
      tag("h2") { "Events" }
      tag("ol", ["id": "event-list", "class": "events", "tabindex": "0", "aria-label": "Events, the latest first"]) {}
    }
  }

  /// The controls of the study. Those of jobs and workers are buttons in their tables.
  private var control: HTML {
    tag("section", ["id": "control"]) {
      tag("h2") { "Control" }
      tag("p", ["class": "faint"]) { "Requests made here are recorded with their time and author." }
      tag("p", ["id": "control-answer", "role": "status"]) {}
      tag("div", ["class": "buttons"]) {
        Self.field("Your name", ["id": "author", "type": "text", "maxlength": "100", "autocomplete": "name"])
        tag("button", ["data-verb": "pause"]) { "Pause" }
        tag("button", ["data-verb": "resume"]) { "Resume" }
      }
      tag("form", ["class": "buttons", "data-verb": "budget"]) {
        Self.field("Budget, jobs", ["type": "number", "name": "subject", "min": "1", "required": ""])
        tag("button") { "Set budget" }
      }
      tag("form", ["class": "buttons", "data-verb": "add"]) {
        Self.field("Candidate", ["type": "text", "name": "subject", "required": ""])
        Self.field(
          "Repetitions", ["type": "number", "name": "repetitions", "min": "1", "max": "1000", "value": "1"])
        tag("button") { "Add" }
      }
    }
  }

  private static func field(_ title: String, _ attributes: KeyValuePairs<StaticString, String>) -> HTML {
    tag("label") {
      "\(title) "
      HTML.void("input", attributes)
    }
  }

  private static func pager(_ id: String, _ title: String) -> HTML {
    tag("div", ["class": "buttons tools", "role": "group", "aria-label": "Pages: \(title)", "data-pager": id]) {
      tag("button", ["data-step": "first"]) { "First" }
      tag("button", ["data-step": "next"]) { "Next" }
      tag("span", ["class": "faint"]) {}
    }
  }

  private static func table(
    _ id: String, _ caption: String, _ headings: [String], names: some Sequence<Int>
  ) -> HTML {
    let names = Set(names)
    return tag("div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption]) {
      tag("table", ["id": id]) {
        tag("thead") {
          tag("tr") {
            for (index, heading) in headings.enumerated() {
              tag("th", ["scope": "col", "class": names.contains(index) ? "name" : ""]) { heading }
            }
          }
        }
        tag("tbody") {}
      }
    }
  }

  /// The login page for a reader who has not presented the token.
  package static func login(isWrong: Bool) -> String {
    page(title: "layersearch", hasScript: false) {
      tag("h1") { "layersearch" }
      if isWrong { tag("p", ["class": "caveat", "role": "alert"]) { "That is not the token." } }
      tag("form", ["method": "post", "action": "/login"]) {
        tag("p") {
          tag("label", ["for": "token"]) { "Token, the content of the coordinator's --http-token-file" }
        }
        tag("p", ["class": "buttons"]) {
          HTML.void(
            "input",
            ["id": "token", "name": "token", "type": "password", "required": "", "autocomplete": "current-password"])
          tag("button") { "Log in" }
        }
      }
    }
  }

  private static func page(title: String, hasScript: Bool, @HTMLBuilder _ body: () -> HTML) -> String {
    HTML.page(
      language: "en",
      .joined([
        tag("head") {
          HTML.void("meta", ["charset": "utf-8"])
          HTML.void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
          tag("title") { title }
          HTML.void("link", ["rel": "icon", "href": "data:,"])
          HTML.void("link", ["rel": "stylesheet", "href": "/live.css"])
          if hasScript { tag("script", ["src": "/live.js", "defer": ""]) {} }
        },
        tag("body") { body() },
      ])
    ).markup
  }
}

enum LiveStyle {
  static let text = """
    #connection { min-height: 1.5em; font-size: 14px; }
    #connection::before { content: "● "; color: var(--gray); }
    #connection[data-state="live"]::before { color: var(--green); }
    #connection[data-state="lost"] { color: var(--orange); font-weight: 600; }
    #connection[data-state="lost"]::before { color: var(--orange); }
    #progress { width: 100%; height: 10px; accent-color: var(--blue); }
    .facts dd small { overflow-wrap: anywhere; }
    section, #details { scroll-margin-top: 12px; }
    .events { list-style: none; margin: 0; padding: 0; max-height: 420px; overflow: auto; font-size: 14px;
      border: 1px solid var(--lattice); border-radius: 8px; }
    .events li { padding: 4px 12px; border-bottom: 1px solid var(--lattice); overflow-wrap: anywhere; }
    .events time { color: var(--faint); margin-right: 8px; font-variant-numeric: tabular-nums; }
    .curve { display: block; width: 120px; height: 26px; fill: none; stroke: var(--blue); stroke-width: 1.5; }
    #workers td, #job-list td { vertical-align: top; }
    #workers td.name, #job-list td.name { white-space: normal; overflow-wrap: anywhere; min-width: 9em; }
    #job-list tr.history td { text-align: left; white-space: normal; background: var(--band); }
    #job-list button.number { all: unset; cursor: pointer; color: var(--blue); text-decoration: underline; }
    #job-list button.number:focus-visible { outline: 2px solid var(--orange); }
    button:disabled { opacity: .45; }
    @media print { #connection { display: none; } }
    """
}
