// The figures of the overview, kept fresh by server-sent events. Without scripts the page shows those of its moment.
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
}
