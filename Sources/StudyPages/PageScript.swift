/// The interactive parts of a page: a choice of figures, descriptions of points, sorting and filtering of the table.
/// The page is complete without the script.
///
/// `window.report.install(root)` adds the same to content that is inserted later, and keeps the reader's choices.
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
      // What the reader has chosen: figures by the titles of their groups, and the table's order and filter.
      const chosen = new Map();
      const choice = { filter: "", isOnly: false, heading: null, isDown: false };

      // One of several figures at a time.
      const installChoices = root => {
        for (const group of root.querySelectorAll(".choice")) {
          const figures = [...group.querySelectorAll(":scope > details")];
          if (figures.length < 2) continue;
          const names = figures.map(figure => figure.querySelector("summary").textContent);
          const bar = make("div");
          bar.className = "buttons tools";
          bar.setAttribute("role", "group");
          bar.setAttribute("aria-label", "Figure");
          const show = index => {
            figures.forEach((figure, other) => {
              figure.hidden = other !== index;
              figure.open = other === index;
              bar.children[other].setAttribute("aria-pressed", String(other === index));
            });
          };
          figures.forEach((figure, index) => {
            figure.querySelector("summary").hidden = true;
            make("button", names[index], bar).addEventListener("click", () => {
              chosen.set(names[0], names[index]);
              show(index);
            });
          });
          group.prepend(bar);
          show(Math.max(0, names.indexOf(chosen.get(names[0]))));
        }
      };

      const nameOf = row => row.querySelector("title")?.textContent ?? "";
      const tableOf = row => row.closest("table");
      const headingsOf = table => [...table.tHead.rows[0].cells];

      const installTable = root => {
        const table = root.querySelector("table.candidates");
        if (!table) return;
        const body = table.tBodies[0];
        const headings = headingsOf(table);
        const rows = [...body.rows];

        // Sorting: by the number that a cell begins with; what has none comes last.
        const unit = { K: 1e3, M: 1e6, G: 1e9 };
        const value = (row, column) => {
          const text = row.cells[column].textContent.trim();
          if (headings[column].classList.contains("name")) return Number(row.dataset.layers);
          const found = text.match(/-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?:\s([KMG])\b)?/);
          return found ? parseFloat(found[0].replaceAll(",", "")) * (unit[found[1]] ?? 1) : text === "●" ? 1 : null;
        };
        const sort = (column, isDown) => {
          headings.forEach(other => other.removeAttribute("aria-sort"));
          headings[column].setAttribute("aria-sort", isDown ? "descending" : "ascending");
          const order = rows.map((row, index) => ({ row, index, value: value(row, column) }));
          order.sort((a, b) => (a.value === null) - (b.value === null)
            || (isDown ? b.value - a.value : a.value - b.value) || a.index - b.index);
          body.append(...order.map(entry => entry.row));
        };
        headings.forEach((heading, column) => {
          const text = heading.textContent;
          const button = make("button", text);
          heading.replaceChildren(button);
          button.addEventListener("click", () => {
            choice.isDown = heading.getAttribute("aria-sort") === "ascending";
            choice.heading = text;
            sort(column, choice.isDown);
          });
          if (choice.heading === text) sort(column, choice.isDown);
        });

        // Filtering.
        const tools = make("div");
        tools.className = "buttons tools";
        const filter = make("input", undefined, tools);
        filter.type = "search";
        filter.placeholder = "Filter: layer1 8, dense, …";
        filter.setAttribute("aria-label", "Filter candidates by their names");
        filter.value = choice.filter;
        const only = make("button", "On a frontier", tools);
        only.setAttribute("aria-pressed", String(choice.isOnly));
        const count = make("span", "", tools);
        count.className = "faint";
        count.setAttribute("role", "status");
        const apply = () => {
          choice.filter = filter.value;
          const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
          let shown = 0;
          for (const row of rows) {
            const text = nameOf(row).toLowerCase() + " " + row.dataset.kind;
            row.hidden = !words.every(word => text.includes(word))
              || (choice.isOnly && !row.classList.contains("frontier"));
            if (!row.hidden) shown += 1;
          }
          count.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
        };
        filter.addEventListener("input", apply);
        only.addEventListener("click", () => {
          choice.isOnly = !choice.isOnly;
          only.setAttribute("aria-pressed", String(choice.isOnly));
          apply();
        });
        table.closest(".tall").before(tools);
        apply();

        // The table says what a point is, better than a browser's own box.
        root.querySelectorAll("svg [data-row] > title").forEach(title => {
          title.parentElement.setAttribute("aria-label", title.textContent);
          title.remove();
        });
      };

      // What a point is, at the pointer or at the keyboard's focus; a click or Enter goes to its row.
      const tip = make("div", undefined, document.body);
      tip.id = "tip";
      tip.hidden = true;
      const rowOf = point => point && document.getElementById(`r${point.dataset.row}`);
      const show = (point, x, y) => {
        const row = rowOf(point);
        if (!row) return;
        const headings = headingsOf(tableOf(row));
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
        const row = rowOf(point(event));
        if (!row) return;
        for (const other of tableOf(row).tBodies[0].rows) other.classList.toggle("chosen", other === row);
        row.hidden = false;
        row.scrollIntoView({ block: "center" });
      };
      document.addEventListener("click", go);
      document.addEventListener("keydown", event => {
        if (event.key === "Enter") go(event);
        if (event.key === "Escape") tip.hidden = true;
      });

      const install = root => {
        tip.hidden = true;
        installChoices(root);
        installTable(root);
      };
      window.report = { install, make };
      install(document);
    })();
    """#
}
