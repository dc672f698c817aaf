// <stash-time datetime="ISO 8601" mode="relative|exact">: a time in the browser's zone and words. It keeps itself current; the server
// sends the instant alone. What it shows is in its shadow, so that the server's rendering never meets it.
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const exactWithZone = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const units = [["yr", 31536000], ["mo", 2592000], ["wk", 604800], ["d", 86400], ["h", 3600], ["min", 60]];

export function inWords(seconds) {
  const size = Math.abs(seconds);
  if (size < 10) {
    return "now";
  }
  const [unit, length] = units.find(([, least]) => size >= least) ?? ["s", 1];
  const amount = unit === "s" ? Math.floor(size / 10) * 10 : Math.floor(size / length);
  return seconds < 0 ? `${amount} ${unit} ago` : `in ${amount} ${unit}`;
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

// For inputs of type datetime-local, which know no zone: the browser's is meant.
window.stashTime = {
  toLocal: (iso) => {
    const time = new Date(iso);
    return new Date(time.getTime() - time.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  },
  toInstant: (local) => {
    const time = new Date(local);
    return Number.isNaN(time.getTime()) ? null : time.toISOString();
  },
};
