extension LiveScript {
  /// The script of the tables that are fetched a page at a time, and fetched again while they are visible.
  static let pagedTables = #"""
      const tables = [];
      const makeTable = (id, path, fill) => {
        const body = byID(id).tBodies[0];
        const bar = document.querySelector(`[data-pager="${id}"]`);
        const [first, next] = bar.querySelectorAll("button");
        const note = bar.querySelector("span");
        const table = { after: "", query: "", next: null, isDue: true, isFetching: false, isVisible: true };
        table.refresh = async (isSeen = table.isVisible && !document.hidden) => {
          if (table.isFetching || !isSeen) { table.isDue = true; return; }
          table.isFetching = true;
          table.isDue = false;
          const asked = table.after + "\n" + table.query;
          try {
            const page = await (await fetched(`${path}?after=${encodeURIComponent(table.after)}${table.query}`)).json();
            if (asked !== table.after + "\n" + table.query) { table.isDue = true; return; }
            table.next = page.next;
            next.disabled = page.next === null;
            first.disabled = table.after === "";
            // The keyboard's focus stays where it was, on a button of the same purpose.
            const active = document.activeElement;
            const key = body.contains(active) ? active.dataset.key : undefined;
            fill(body, page, note);
            if (key) body.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
          } catch { table.isDue = true; } finally { table.isFetching = false; }
        };
        const go = after => {
          table.after = after;
          table.isDue = true;
          table.refresh();
        };
        first.addEventListener("click", () => go(""));
        next.addEventListener("click", () => { if (table.next !== null) go(String(table.next)); });
        new IntersectionObserver(entries => {
          table.isVisible = entries[entries.length - 1].isIntersecting;
          if (table.isVisible && table.isDue) table.refresh();
        }, { rootMargin: "200px" }).observe(byID(id));
        table.go = go;
        tables.push(table);
        return table;
      };
    """#
}
