/// Keeps the page of a running study up to date, with one stream of events, tables that are fetched a page at a time,
/// and figures that are fetched when there are new ones.
/// All text of a study is inserted into the page as text; only figures from this program's own server are markup.
enum LiveScript {
  static let text = #"""
    "use strict";
    (() => {
      const { install, make } = window.report;
      const byID = id => document.getElementById(id);
      const connection = byID("connection");
      const say = (state, text) => {
        if (connection.textContent !== text) connection.textContent = text;
        connection.dataset.state = state;
      };
      const two = number => String(number).padStart(2, "0");
      const clock = date => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
      const duration = seconds => seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
      const fixed = (number, digits) => typeof number === "number" ? number.toFixed(digits) : "–";
      const grouped = number => Math.round(number).toLocaleString("en");
      const bytes = number => typeof number !== "number" ? "–"
        : number >= 2 ** 30 ? `${(number / 2 ** 30).toFixed(1)} GiB` : `${Math.round(number / 2 ** 20)} MiB`;

      const fetched = async path => {
        const response = await fetch(path);
        if (response.status === 401) location.assign("/login");
        if (!response.ok) throw new Error(`${path}: ${response.status}`);
        return response;
      };

      // Figures: fetched when there are new ones, and put in place when the reader is not at work in them.
      let shownFigures = null;
      let wantedFigures = null;
      let isFetching = false;
      const replace = (element, markup) => {
        element.style.minHeight = `${element.offsetHeight}px`;
        element.innerHTML = markup;
        install(element);
        element.style.minHeight = "";
      };
      const isBusy = () => ["found", "details"].some(id => {
        const active = document.activeElement;
        return byID(id).contains(active) && active.matches("input, svg *");
      });
      const showFigures = async () => {
        if (isFetching || isBusy() || shownFigures === wantedFigures) return;
        isFetching = true;
        const version = wantedFigures;
        try {
          const parts = await Promise.all(["found", "details"].map(id => fetched(`/parts/${id}`).then(r => r.text())));
          if (!isBusy()) {
            ["found", "details"].forEach((id, index) => replace(byID(id), parts[index]));
            shownFigures = version;
          }
        } catch { /* The next event tries again. */ } finally { isFetching = false; }
      };
      document.addEventListener("focusout", () => setTimeout(showFigures, 0));

    \#(pagedTables)
    \#(control)
      const cell = (row, text, name) => {
        const made = make("td", text, row);
        if (name) made.className = name;
        return made;
      };

      const svgNamespace = "http://www.w3.org/2000/svg";
      const drawCurve = (points, steps, parent) => {
        if (points.length < 2) return;
        const values = points.map(point => point[1]);
        const [low, high] = [Math.min(...values), Math.max(...values)];
        const last = Math.max(steps, points[points.length - 1][0], 1);
        const path = points.map(([step, loss], index) =>
          `${index ? "L" : "M"}${(118 * step / last + 1).toFixed(1)} `
          + `${(high > low ? 1 + 24 * (high - loss) / (high - low) : 13).toFixed(1)}`).join("");
        const svg = document.createElementNS(svgNamespace, "svg");
        svg.setAttribute("class", "curve");
        svg.setAttribute("viewBox", "0 0 120 26");
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-label", `Loss from ${fixed(values[0], 3)} to ${fixed(values[values.length - 1], 3)}`);
        const line = document.createElementNS(svgNamespace, "path");
        line.setAttribute("d", path);
        svg.append(line);
        parent.append(svg);
      };

      makeTable("workers", "/api/workers", (body, page, note) => {
        const rows = [];
        for (const worker of page.workers) {
          const trainings = worker.trainings.length ? worker.trainings : [null];
          trainings.forEach((training, index) => {
            const row = document.createElement("tr");
            const name = worker.key ? `${worker.id} (key ${worker.key})` : worker.id;
            const place = cell(row, index ? "" : `${name} on ${worker.host}`, "name");
            if (!index) {
              offer(place, "drain", "Drain", worker.id);
              offer(place, "distrust", "Distrust", worker.id,
                `Strike out all results of ${worker.id} and train them again by others?`);
            }
            cell(row, index ? "" : grouped(worker.results));
            if (!training) {
              const why = worker.distrusted ? "distrusted" : worker.drained ? "drained: it gets no more jobs"
                : worker.rest_reason ? `resting: ${worker.rest_reason}` : "idle";
              cell(row, why, "name faint").colSpan = 6;
            } else {
              const attempt = training.attempt > 1 ? `, attempt ${training.attempt}` : "";
              cell(row, `${training.job}: ${training.label}${attempt}`, "name");
              cell(row, training.steps ? `${training.epoch} of ${training.epochs}` : "–");
              cell(row, fixed(training.loss, 3));
              drawCurve(training.curve, training.steps, cell(row));
              cell(row, training.images_per_second === undefined ? "–" : grouped(training.images_per_second));
              cell(row, bytes(training.memory_bytes));
            }
            rows.push(row);
          });
        }
        body.replaceChildren(...rows);
        note.textContent = `${grouped(page.workers.length)} of ${grouped(page.total)}`;
      });

      // Jobs, each with its history behind its number.
      const open = new Set();
      const showHistory = async (row, job) => {
        const history = document.createElement("tr");
        history.className = "history";
        const place = cell(history, "…");
        place.colSpan = row.cells.length;
        row.after(history);
        try {
          const explanation = (await (await fetched(`/api/jobs/${job}`)).json()).explanation.jobs[0];
          place.replaceChildren();
          for (const line of explanation.why) make("p", line, place);
          for (const attempt of explanation.attempts) {
            const seconds = typeof attempt.seconds === "number" ? `, ${duration(attempt.seconds)}` : "";
            const reason = attempt.reason ? `: ${attempt.reason}` : "";
            make("p", `Attempt ${attempt.number} at ${attempt.worker}, ${attempt.outcome}${seconds}${reason}`, place);
            if (attempt.last_lines) make("pre", attempt.last_lines.join("\n"), place);
          }
        } catch { place.textContent = "Its history cannot be had now."; }
      };
      const jobs = makeTable("job-list", "/api/jobs", (body, page, note) => {
        const rows = [];
        const opened = [];
        for (const job of page.jobs) {
          const row = document.createElement("tr");
          const button = make("button", String(job.job), cell(row));
          button.className = "number";
          button.dataset.key = `job ${job.job}`;
          button.setAttribute("aria-expanded", String(open.has(job.job)));
          button.setAttribute("aria-label", `History of job ${job.job}`);
          button.addEventListener("click", () => {
            const isOpen = open.delete(job.job);
            button.setAttribute("aria-expanded", String(!isOpen));
            if (isOpen) { row.nextElementSibling?.remove(); return; }
            open.add(job.job);
            showHistory(row, job.job);
          });
          cell(row, job.repetition ? `${job.label} (repetition ${job.repetition})` : job.label, "name");
          cell(row, job.state.replace("_", " "), "name");
          cell(row, String(job.attempts));
          cell(row, job.diverged ? "diverged"
            : typeof job.accuracy === "number" ? `${(100 * job.accuracy).toFixed(1)} %` : "–");
          cell(row, fixed(job.seconds, 1));
          const last = cell(row, [job.worker, job.reason].filter(Boolean).join(": "), "name");
          if (job.state === "waiting" || job.state === "running") offer(last, "cancel", "Cancel", job.job);
          if (job.state === "set_aside") offer(last, "retry", "Retry", job.job);
          rows.push(row);
          if (open.has(job.job)) opened.push([row, job.job]);
        }
        // Rows that are open stay as they are while they are read.
        if (opened.length && body.dataset.page === jobs.after + jobs.query) return;
        body.dataset.page = jobs.after + jobs.query;
        body.replaceChildren(...rows);
        opened.forEach(([row, job]) => showHistory(row, job));
        note.textContent = page.jobs.length
          ? `${grouped(page.jobs[0].job)} to ${grouped(page.jobs[page.jobs.length - 1].job)}` : "none";
      });
      byID("states").addEventListener("click", event => {
        const button = event.target.closest("button");
        if (!button) return;
        for (const other of byID("states").children) other.setAttribute("aria-pressed", String(other === button));
        jobs.query = button.dataset.state ? `&state=${button.dataset.state}` : "";
        open.clear();
        jobs.go("");
      });
      setInterval(() => tables.forEach(table => { if (table.isDue) table.refresh(); }), 2000);

      // Numbers.
      const showFacts = study => {
        byID("progress").value = study.progress;
        const place = byID("facts");
        for (const fact of study.facts) {
          let box = place.querySelector(`[data-fact="${fact.id}"]`);
          if (!box) {
            box = make("div", undefined, place);
            box.dataset.fact = fact.id;
            make("dt", fact.name, box);
            const value = make("dd", undefined, box);
            make("span", "", value);
            make("small", "", value);
          }
          const [value, more] = box.querySelectorAll("dd > *");
          if (value.textContent !== fact.value) value.textContent = fact.value;
          if (more.textContent !== fact.more) more.textContent = fact.more;
        }
        tables.forEach(table => { table.isDue = true; });
      };

      const eventList = byID("event-list");
      const mostEvents = 200;
      const showEvent = event => {
        const item = document.createElement("li");
        const date = new Date(event.time * 1000);
        make("time", clock(date), item).dateTime = date.toISOString();
        item.append(event.text ? `${event.kind}: ${event.text}` : event.kind);
        eventList.prepend(item);
        while (eventList.children.length > mostEvents) eventList.lastElementChild.remove();
      };

    \#(stream)
    })();
    """#
}
