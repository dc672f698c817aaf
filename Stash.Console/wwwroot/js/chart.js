// Time charts on uPlot. The server sends data alone; what is drawn, hovered and hidden stays here.
import uPlot from "../lib/uplot/uPlot.esm.js";

const height = 200;
const second = 1, minute = 60, hour = 3600;
const durationSteps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, second, 2, 5, 10, 15, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 6 * hour, 12 * hour, 24 * hour, 48 * hour];
const countSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000];
const others = { light: "#8a97a3", dark: "#74838f" };
// Told apart also without red and green, by lightness; the same place in both themes is the same app.
const palette = {
  light: ["#0f6473", "#d9730d", "#6a4c93", "#2f86d1", "#a8326e", "#8a7300", "#3b4cc0", "#4d7c3a", "#b4532a", "#0097a7", "#7d4b3a", "#5b6770"],
  dark: ["#5cc3d1", "#f2a154", "#b79be0", "#7db7ee", "#ee86b5", "#dcc65a", "#94a3ff", "#9fd38a", "#f08c6a", "#3fe0d0", "#d0a08a", "#b3c0cb"],
};
const dashes = [[], [7, 4], [2, 3]];
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayAndClock = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const charts = new Map();

export function duration(seconds) {
  if (seconds === 0) {
    return "0 s";
  }
  if (seconds < 1) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 60) {
    return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`;
  }
  if (seconds < 3600) {
    return `${Number((seconds / 60).toFixed(1))} min`;
  }
  return `${Number((seconds / 3600).toFixed(1))} h`;
}

const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");
const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colorOf = (index) => (index < 0 ? others[theme()] : palette[theme()][index % palette.light.length]);
// Past the palette's end colours come again; lines then differ by their dash as well.
const dashOf = (line) => dashes[(line.dash + (line.color < 0 ? 0 : Math.floor(line.color / palette.light.length))) % dashes.length];

function element(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  parent?.append(made);
  return made;
}

class TimeChart {
  #host;
  #data;
  #plot;
  #hidden = new Set();
  #shape = "";
  #wrap;
  #legend;
  #tip;
  #resize;
  #redraw = () => this.#rebuild();

  constructor(host, data) {
    this.#host = host;
    this.#wrap = element("div", "chart-plot", host);
    this.#wrap.setAttribute("role", "img");
    this.#tip = element("div", "chart-tip", host);
    this.#tip.hidden = true;
    this.#legend = element("div", "chart-legend", host);
    this.#resize = new ResizeObserver(() => this.#plot?.setSize({ width: this.#width(), height }));
    this.#resize.observe(host);
    document.addEventListener("stash-theme", this.#redraw);
    this.update(data);
  }

  update(data) {
    this.#data = data;
    this.#wrap.setAttribute("aria-label", data.summary);
    const shape = JSON.stringify([data.kind, data.series.map((line) => [line.name, line.color, line.dash])]);
    if (shape === this.#shape && this.#plot) {
      this.#plot.setData(this.#rows(), false);
      this.#plot.setScale("x", { min: data.from, max: data.to });
    } else {
      this.#shape = shape;
      this.#rebuild();
    }
  }

  dispose() {
    this.#resize.disconnect();
    document.removeEventListener("stash-theme", this.#redraw);
    this.#plot?.destroy();
    this.#host.replaceChildren();
  }

  #width() {
    return Math.max(120, Math.floor(this.#host.clientWidth));
  }

  get #stacked() {
    return this.#data.kind === "bars";
  }

  // Bars stand on each other: the first series is the whole stack, each that follows a shorter one in front of it.
  #rows() {
    const { times, series } = this.#data;
    if (!this.#stacked) {
      return [times, ...series.map((line) => line.values)];
    }
    const sums = times.map(() => 0);
    const rows = [];
    for (const line of [...series].reverse()) {
      if (!this.#hidden.has(line.name)) {
        line.values.forEach((value, i) => {
          sums[i] += value ?? 0;
        });
      }
      rows.unshift(sums.map((sum) => (sum > 0 ? sum : null)));
    }
    return [times, ...rows];
  }

  #rebuild() {
    this.#plot?.destroy();
    this.#plot = null;
    this.#wrap.replaceChildren();
    if (!this.#data) {
      return;
    }
    const text = variable("--mud-palette-text-secondary") || "#666";
    const grid = { stroke: variable("--mud-palette-lines-default") || "#ddd", width: 1 };
    const axis = { stroke: text, grid, ticks: { show: false }, font: '12px "Inter Variable", system-ui, sans-serif' };
    const lines = !this.#stacked;
    const options = {
      width: this.#width(),
      height,
      padding: [10, 20, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { show: lines, size: 7 } },
      scales: {
        x: { time: true, range: () => [this.#data.from, this.#data.to] },
        y: { range: (_, __, max) => [0, !(max > 0) ? 1 : lines ? max * 1.1 : Math.max(max * 1.1, 1)] },
      },
      axes: [
        { ...axis, space: 64, size: 30, values: (_, splits, __, ___, step) => splits.map((at, i) => this.#tick(at, splits[i - 1], step)) },
        {
          ...axis,
          size: (_, values) => Math.max(34, 14 + 7 * Math.max(0, ...(values ?? []).map((value) => value.length))),
          values: (_, splits) => splits.map((value) => (lines ? duration(value) : String(value))),
          incrs: lines ? durationSteps : countSteps,
        },
      ],
      series: [
        {},
        ...this.#data.series.map((line) => {
          const color = colorOf(line.color);
          return lines
            ? {
                label: line.name,
                stroke: color,
                width: 1.75,
                dash: dashOf(line),
                spanGaps: true,
                show: !this.#hidden.has(line.name),
                points: { show: line.values.filter((value) => value !== null).length <= 40, size: 5, fill: color, stroke: color },
              }
            : {
                label: line.name,
                stroke: color,
                fill: color,
                width: 0,
                show: !this.#hidden.has(line.name),
                points: { show: false },
                paths: uPlot.paths.bars({ size: [0.86, 44], align: 1 }),
              };
        }),
      ],
      hooks: { setCursor: [(plot) => this.#hover(plot)] },
    };
    this.#plot = new uPlot(options, this.#rows(), this.#wrap);
    this.#plot.over.addEventListener("mouseleave", () => {
      this.#tip.hidden = true;
    });
    this.#drawLegend();
  }

  #tick(at, before, step) {
    const time = new Date(at * 1000);
    if (step >= 86400) {
      return day.format(time);
    }
    const newDay = before !== undefined && new Date(before * 1000).getDate() !== time.getDate();
    return newDay ? day.format(time) : (step < 60 ? clockWithSeconds : clock).format(time);
  }

  #drawLegend() {
    this.#legend.replaceChildren();
    for (const line of this.#data.series) {
      const button = element("button", "chart-key", this.#legend);
      button.type = "button";
      button.title = "Show or hide";
      button.setAttribute("aria-pressed", String(!this.#hidden.has(line.name)));
      const swatch = element("span", this.#stacked ? "chart-swatch" : "chart-swatch chart-swatch-line", button);
      swatch.style.setProperty("--swatch", colorOf(line.color));
      swatch.dataset.dash = String(dashes.indexOf(dashOf(line)));
      element("span", "", button).textContent = line.name;
      button.addEventListener("click", () => {
        if (!this.#hidden.delete(line.name)) {
          this.#hidden.add(line.name);
        }
        this.#rebuild();
      });
    }
  }

  #hover(plot) {
    const index = plot.cursor.idx;
    if (index === null || index === undefined || plot.cursor.left < 0) {
      this.#tip.hidden = true;
      return;
    }
    const values = this.#data.series
      .map((line) => ({ line, value: this.#hidden.has(line.name) ? null : line.values[index] }))
      .filter(({ value }) => value !== null && value !== undefined && (!this.#stacked || value > 0))
      .sort((a, b) => b.value - a.value);
    if (values.length === 0) {
      this.#tip.hidden = true;
      return;
    }
    const start = this.#data.times[index];
    const end = new Date((start + this.#data.bucket) * 1000);
    this.#tip.replaceChildren();
    element("div", "chart-tip-time", this.#tip).textContent = `${dayAndClock.format(new Date(start * 1000))} – ${clock.format(end)}`;
    for (const { line, value } of values.slice(0, 12)) {
      const row = element("div", "chart-tip-row", this.#tip);
      const swatch = element("span", this.#stacked ? "chart-swatch" : "chart-swatch chart-swatch-line", row);
      swatch.style.setProperty("--swatch", colorOf(line.color));
      swatch.dataset.dash = String(dashes.indexOf(dashOf(line)));
      element("span", "chart-tip-name", row).textContent = line.name;
      element("strong", "", row).textContent = this.#stacked ? String(value) : duration(value);
    }
    this.#tip.hidden = false;
    const left = plot.cursor.left + plot.over.offsetLeft;
    const room = this.#host.clientWidth - this.#tip.offsetWidth;
    this.#tip.style.left = `${Math.max(0, left + 14 > room ? left - this.#tip.offsetWidth - 14 : left + 14)}px`;
    this.#tip.style.top = "4px";
  }
}

export function draw(host, data) {
  const chart = charts.get(host);
  if (chart) {
    chart.update(data);
  } else {
    charts.set(host, new TimeChart(host, data));
  }
}

export function remove(host) {
  charts.get(host)?.dispose();
  charts.delete(host);
}
