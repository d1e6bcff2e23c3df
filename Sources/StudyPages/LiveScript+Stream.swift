extension LiveScript {
  /// The script of the event stream: shows the coordinator's messages, whether it is reachable, and its end.
  static let stream = #"""
      // The stream: what was missed comes first after a break; without a sign for a while it is taken for lost.
      const silence = 12000;
      let source = null;
      let lastID = "";
      let boot = null;
      let lostAt = null;
      let heardAt = Date.now();
      let triedAt = 0;
      let isOver = false;
      let state = "";
      const lose = () => {
        if (lostAt === null) lostAt = new Date(heardAt);
        say("lost", isOver ? `The coordinator has ended; the study is ${state}.`
          : `Lost the coordinator at ${clock(lostAt)}; trying again.`);
      };
      const hear = event => {
        heardAt = Date.now();
        if (event.lastEventId) lastID = event.lastEventId;
        if (lostAt !== null) {
          say("live", `Back at ${clock(new Date())}, after ${duration((Date.now() - lostAt) / 1000)} without it.`);
          lostAt = null;
          isOver = false;
        } else if (connection.dataset.state !== "live") {
          say("live", "Live");
        }
      };
      const on = (name, act) => source.addEventListener(name, event => {
        hear(event);
        if (act) act(event.data ? JSON.parse(event.data) : null);
      });
      // The server stays until all have fetched what there is to see at the end, for a moment.
      const leave = async () => {
        isOver = true;
        const left = source;
        const deadline = Date.now() + 2500;
        for (const table of tables) table.isDue = true;
        showFigures();
        while (Date.now() < deadline && (isFetching || tables.some(table => table.isDue || table.isFetching))) {
          for (const table of tables) if (table.isDue) table.refresh(true);
          await new Promise(resolve => setTimeout(resolve, 50));
        }
        if (left !== source) return;
        left.close();
        lose();
      };
      const connect = () => {
        source?.close();
        triedAt = Date.now();
        source = new EventSource(lastID ? `/api/events?last=${encodeURIComponent(lastID)}` : "/api/events");
        on("hello", hello => {
          if (boot !== hello.boot) {
            // Another coordinator, or the first: all that is shown is its own.
            eventList.replaceChildren();
            tables.forEach(table => { table.isDue = true; });
            shownFigures = wantedFigures = null;
          }
          boot = hello.boot;
        });
        on("study", study => {
          state = study.state;
          isOver = false;
          showFacts(study);
        });
        on("event", showEvent);
        on("figures", figures => {
          wantedFigures = `${boot}-${figures.version}`;
          showFigures();
        });
        on("beat", showFigures);
        on("end", leave);
        source.onerror = lose;
      };
      setInterval(() => {
        const isRefused = source.readyState === EventSource.CLOSED;
        const patience = isOver && state === "finished" ? 15000 : 5000;
        if (Date.now() - triedAt < patience || !isRefused && Date.now() - heardAt <= silence) return;
        lose();
        // There is a server, which may want another token now.
        if (isRefused) fetched("/api/study").catch(() => {});
        connect();
      }, 1000);
      say("waiting", "Connecting");
      connect();
    """#
}
