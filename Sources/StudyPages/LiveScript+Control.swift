extension LiveScript {
  /// The script of the controls. If the coordinator does not allow control, the page has no element for them.
  static let control = #"""
      const answerPlace = byID("control-answer");
      const ask = async (verb, subject, repetitions) => {
        answerPlace.textContent = "…";
        try {
          const author = byID("author").value.trim() || undefined;
          const response = await fetch("/api/control", {
            method: "POST", headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ verb, subject, repetitions, author })
          });
          const answer = await response.json();
          answerPlace.textContent = response.ok ? answer.done : `Refused: ${answer.error}`;
        } catch { answerPlace.textContent = "The coordinator does not answer."; }
        tables.forEach(table => { table.isDue = true; table.refresh(); });
      };
      const control = byID("control");
      control?.addEventListener("click", event => {
        const button = event.target.closest("button[data-verb]");
        if (button) ask(button.dataset.verb);
      });
      control?.addEventListener("submit", event => {
        event.preventDefault();
        const form = event.target;
        const repetitions = form.elements.repetitions;
        ask(form.dataset.verb, form.elements.subject.value.trim(),
          repetitions ? Number(repetitions.value) : undefined);
      });
      const offer = (parent, verb, title, subject, question) => {
        if (!control) return;
        parent.append(" ");
        const button = make("button", title, parent);
        button.dataset.key = `${verb} ${subject}`;
        button.addEventListener("click", () => {
          if (question && !confirm(question)) return;
          ask(verb, String(subject));
          control.scrollIntoView({ block: "nearest" });
        });
      };
    """#
}
