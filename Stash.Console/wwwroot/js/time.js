// <stash-time datetime="ISO 8601" mode="relative|exact">: a time in the browser's zone and words. It keeps itself current; the server
// sends the instant alone. What it shows is in its shadow, so that the server's rendering never meets it.
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const exactWithZone = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });
const units = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

export function inWords(seconds) {
  const size = Math.abs(seconds);
  if (size < 10) {
    return "now";
  }
  for (const [unit, length] of units) {
    if (size >= length) {
      return relative.format(Math.trunc(seconds / length), unit);
    }
  }
  return relative.format(Math.trunc(seconds / 10) * 10, "second");
}

const shown = new Set();

class StashTime extends HTMLElement {
  static observedAttributes = ["datetime", "mode"];

  #text;

  constructor() {
    super();
    this.#text = document.createElement("time");
    this.attachShadow({ mode: "open" }).append(this.#text);
  }

  connectedCallback() {
    shown.add(this);
    this.update();
  }

  disconnectedCallback() {
    shown.delete(this);
  }

  attributeChangedCallback() {
    this.update();
  }

  update() {
    const time = new Date(this.getAttribute("datetime") ?? "");
    if (Number.isNaN(time.getTime())) {
      return;
    }
    const seconds = (time.getTime() - Date.now()) / 1000;
    const text = this.getAttribute("mode") === "exact" ? exact.format(time) : inWords(seconds);
    if (this.#text.textContent !== text) {
      this.#text.textContent = text;
    }
    this.#text.dateTime = time.toISOString();
    this.title = exactWithZone.format(time);
  }
}

customElements.define("stash-time", StashTime);
setInterval(() => shown.forEach((element) => element.update()), 5000);
