/// What a page can do besides being read: figures to choose from, what a point is, a table that sorts and filters.
/// Everything is there without it.
enum PageScript {
  static let text: StaticString = #"""
    "use strict";
    (() => {
      const make = (name, text, parent) => {
        const element = document.createElement(name);
        if (text !== undefined) element.textContent = text;
        if (parent) parent.append(element);
        return element;
      };

      // One of several figures at a time.
      for (const group of document.querySelectorAll(".choice")) {
        const figures = [...group.querySelectorAll(":scope > details")];
        if (figures.length < 2) continue;
        const bar = make("div");
        bar.className = "buttons tools";
        bar.setAttribute("role", "group");
        bar.setAttribute("aria-label", "Figure");
        const show = chosen => {
          figures.forEach((figure, index) => {
            figure.hidden = figure !== chosen;
            figure.open = figure === chosen;
            bar.children[index].setAttribute("aria-pressed", String(figure === chosen));
          });
        };
        for (const figure of figures) {
          const summary = figure.querySelector("summary");
          summary.hidden = true;
          make("button", summary.textContent, bar).addEventListener("click", () => show(figure));
        }
        group.prepend(bar);
        show(figures[0]);
      }

      const table = document.querySelector("table.candidates");
      if (!table) return;
      const body = table.tBodies[0];
      const headings = [...table.tHead.rows[0].cells];
      const rows = [...body.rows];
      const nameOf = row => row.querySelector("title")?.textContent ?? "";

      // Sorting: by the number that a cell begins with; what has none comes last.
      const unit = { K: 1e3, M: 1e6, G: 1e9 };
      const value = (row, column) => {
        const text = row.cells[column].textContent.trim();
        if (headings[column].classList.contains("name")) return Number(row.dataset.layers);
        const found = text.match(/-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?:\s([KMG])\b)?/);
        return found ? parseFloat(found[0].replaceAll(",", "")) * (unit[found[1]] ?? 1) : text === "●" ? 1 : null;
      };
      headings.forEach((heading, column) => {
        const button = make("button", heading.textContent);
        heading.replaceChildren(button);
        button.addEventListener("click", () => {
          const isDown = heading.getAttribute("aria-sort") === "ascending";
          headings.forEach(other => other.removeAttribute("aria-sort"));
          heading.setAttribute("aria-sort", isDown ? "descending" : "ascending");
          const order = rows.map((row, index) => ({ row, index, value: value(row, column) }));
          order.sort((a, b) => (a.value === null) - (b.value === null)
            || (isDown ? b.value - a.value : a.value - b.value) || a.index - b.index);
          body.append(...order.map(entry => entry.row));
        });
      });

      // Filtering.
      const tools = make("div");
      tools.className = "buttons tools";
      const filter = make("input", undefined, tools);
      filter.type = "search";
      filter.placeholder = "Filter: layer1 8, dense, …";
      filter.setAttribute("aria-label", "Filter candidates by their names");
      const only = make("button", "On a frontier", tools);
      only.setAttribute("aria-pressed", "false");
      const count = make("span", "", tools);
      count.className = "faint";
      count.setAttribute("role", "status");
      const apply = () => {
        const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
        const isOnly = only.getAttribute("aria-pressed") === "true";
        let shown = 0;
        for (const row of rows) {
          const text = nameOf(row).toLowerCase() + " " + row.dataset.kind;
          row.hidden = !words.every(word => text.includes(word)) || (isOnly && !row.classList.contains("frontier"));
          if (!row.hidden) shown += 1;
        }
        count.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
      };
      filter.addEventListener("input", apply);
      only.addEventListener("click", () => {
        only.setAttribute("aria-pressed", String(only.getAttribute("aria-pressed") !== "true"));
        apply();
      });
      table.closest(".tall").before(tools);
      apply();

      // What a point is, at the pointer or at the keyboard's focus; a click or Enter goes to its row.
      const tip = make("div", undefined, document.body);
      tip.id = "tip";
      tip.hidden = true;
      const show = (point, x, y) => {
        const row = document.getElementById(`r${point.dataset.row}`);
        if (!row) return;
        tip.replaceChildren();
        make("b", nameOf(row), tip);
        [...row.cells].forEach((cell, column) => {
          const text = cell.textContent.trim();
          if (headings[column].classList.contains("name") || !text || text === "–") return;
          make("div", `${headings[column].textContent}: ${text}`, tip);
        });
        tip.hidden = false;
        const box = tip.getBoundingClientRect();
        tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 4))}px`;
        tip.style.top = `${Math.max(4, y + 14 + box.height > innerHeight ? y - box.height - 10 : y + 14)}px`;
      };
      const point = event => event.target instanceof Element ? event.target.closest("svg [data-row]") : null;
      document.addEventListener("pointerover", event => {
        const found = point(event);
        if (found) show(found, event.clientX, event.clientY); else tip.hidden = true;
      });
      document.addEventListener("focusin", event => {
        const found = point(event);
        if (!found) { tip.hidden = true; return; }
        const box = found.getBoundingClientRect();
        show(found, box.right, box.top);
      });
      const go = event => {
        const found = point(event);
        const row = found && document.getElementById(`r${found.dataset.row}`);
        if (!row) return;
        rows.forEach(other => other.classList.toggle("chosen", other === row));
        row.hidden = false;
        row.scrollIntoView({ block: "center" });
      };
      document.addEventListener("click", go);
      document.addEventListener("keydown", event => {
        if (event.key === "Enter") go(event);
        if (event.key === "Escape") tip.hidden = true;
      });
      // The table says what a point is, better than a browser's own box.
      document.querySelectorAll("svg [data-row] > title").forEach(title => {
        title.parentElement.setAttribute("aria-label", title.textContent);
        title.remove();
      });
    })();
    """#
}
