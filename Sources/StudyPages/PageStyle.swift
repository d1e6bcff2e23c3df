import Reporting

/// The style of the pages: light or dark as the reader prefers, for narrow screens, and for print.
enum PageStyle {
  static var text: String {
    """
    :root { color-scheme: light dark; \(variables(\.light)) --band: #f6f8fa; }
    @media (prefers-color-scheme: dark) { :root { \(variables(\.dark)) --band: #1b1f24; } }
    @media print { :root { color-scheme: light; \(variables(\.light)) --band: #f6f8fa; } }
    \(rules)
    """
  }

  private static func variables(_ value: (PlotColor) -> String) -> String {
    PlotColor.allCases.map { "--\($0.rawValue): \(value($0));" }.joined(separator: " ")
  }

  private static let rules = """
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 1040px; padding: 32px 24px 64px; background: var(--paper); color: var(--ink);
      font: 15px/1.5 Inter, "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; }
    h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
    h2 { font-size: 20px; line-height: 1.3; margin: 48px 0 8px; padding-top: 12px;
      border-top: 1px solid var(--lattice); }
    h3 { font-size: 16px; margin: 28px 0 4px; }
    p { margin: 6px 0; max-width: 80ch; }
    a { color: var(--blue); }
    .faint, figcaption, caption, dt { color: var(--faint); }
    nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 16px 0 0; font-size: 14px; }
    .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; margin: 24px 0; }
    .facts > div { background: var(--band); border-radius: 8px; padding: 10px 14px; }
    .facts dt { font-size: 13px; }
    .facts dd { margin: 0; font-size: 20px; line-height: 1.3; font-variant-numeric: tabular-nums; }
    .facts dd small { display: block; font-size: 13px; line-height: 1.4; color: var(--faint); }
    .caveat { border-left: 3px solid var(--orange); background: var(--band); padding: 6px 12px;
      border-radius: 0 6px 6px 0; }
    figure { margin: 16px 0; }
    figure svg { display: block; width: 100%; height: auto; background: var(--paper);
      font-family: Inter, "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; }
    figcaption { font-size: 14px; }
    figcaption b { color: var(--ink); }
    circle.d { fill: var(--gray); fill-opacity: .38; }
    [data-row] { cursor: pointer; }
    svg [tabindex]:focus { outline: none; stroke: var(--orange); stroke-width: 3px; }
    details > summary { cursor: pointer; padding: 6px 0; }
    .choice details { border-top: 1px solid var(--lattice); }
    .buttons { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin: 8px 0; }
    button, input { font: inherit; font-size: 14px; color: var(--ink); background: var(--band);
      border: 1px solid var(--gray); border-radius: 6px; padding: 3px 10px; }
    button[aria-pressed="true"] { background: var(--blue); border-color: var(--blue); color: var(--paper); }
    :focus-visible { outline: 2px solid var(--orange); outline-offset: 1px; }
    .scroll { overflow-x: auto; max-width: 100%; }
    .tall { max-height: 720px; overflow: auto; border: 1px solid var(--lattice); border-radius: 8px; }
    table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; }
    .tall table { width: 100%; }
    th, td { padding: 4px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--lattice); }
    th { vertical-align: bottom; font-weight: 600; white-space: normal; }
    .tall thead th { position: sticky; top: 0; background: var(--paper); box-shadow: 0 1px 0 var(--gray); }
    th.name, td.name { text-align: left; }
    td.wide { white-space: normal; overflow-wrap: anywhere; min-width: 16em; }
    tr.frontier td { background: var(--band); }
    tr:target td, tr.chosen td { box-shadow: inset 0 0 0 999px color-mix(in srgb, var(--orange) 22%, transparent); }
    th button { all: unset; cursor: pointer; }
    th button:focus-visible { outline: 2px solid var(--orange); }
    th[aria-sort="ascending"] button::after { content: " ▲"; }
    th[aria-sort="descending"] button::after { content: " ▼"; }
    .strip { display: block; height: 20px; }
    .strip path, .net { fill: none; stroke-width: 4; }
    .net { stroke: var(--gray); stroke-opacity: .32; }
    .strip .k { stroke: var(--blue); }
    .hidden { position: absolute; width: 0; height: 0; overflow: hidden; }
    pre { background: var(--band); border-radius: 8px; padding: 12px 14px; overflow-x: auto; font-size: 13px;
      line-height: 1.45;
      white-space: pre-wrap; overflow-wrap: anywhere; }
    code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
    #tip { position: fixed; z-index: 9; max-width: min(420px, 90vw); background: var(--paper); color: var(--ink);
      border: 1px solid var(--gray); border-radius: 8px; padding: 8px 12px; font-size: 13.5px; pointer-events: none;
      box-shadow: 0 4px 16px rgb(0 0 0 / 20%); }
    #tip b { display: block; overflow-wrap: anywhere; }
    footer { margin-top: 48px; border-top: 1px solid var(--lattice); padding-top: 12px; font-size: 13px;
      color: var(--faint); }
    @media (max-width: 640px) {
      body { padding: 20px 14px 48px; }
      .plot { overflow-x: auto; }
      .plot svg { min-width: 640px; }
    }
    @media print {
      body { max-width: none; padding: 0; font-size: 10.5pt; }
      nav, .tools, #tip { display: none; }
      .tall { max-height: none; overflow: visible; border: 0; }
      .tall thead th { position: static; }
      table { font-size: 8.5pt; }
      th, td { padding: 2px 5px; }
      figure, .facts > div, tr { break-inside: avoid; }
      h2, h3 { break-after: avoid; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }
    """
}
