// The figures of the overview, kept fresh by server-sent events, and words of the navigation that fold when one presses beside them or Escape. Without
// scripts the page shows the figures of its moment, and a word folds by a second press.
"use strict";
{
  const source = document.querySelector("[data-live]");
  if (source && "EventSource" in window) {
    const events = new EventSource(source.dataset.live + location.search);
    events.onmessage = (message) => {
      for (const [key, figure] of Object.entries(JSON.parse(message.data))) {
        const shown = document.querySelector(`[data-figure="${CSS.escape(key)}"]`);
        if (shown && shown.textContent !== figure.text) shown.textContent = figure.text;
        if (shown) shown.classList.toggle("bad", figure.bad);
      }
    };
    addEventListener("pagehide", () => events.close());
  }

  const unfolded = () => document.querySelectorAll(".bar details[open]");
  addEventListener("click", (press) => {
    for (const word of unfolded()) if (!word.contains(press.target)) word.open = false;
  });
  addEventListener("keydown", (key) => {
    if (key.key !== "Escape") return;
    for (const word of unfolded()) {
      const isInside = word.contains(document.activeElement);
      word.open = false;
      if (isInside) word.querySelector("summary").focus();
    }
  });
}
