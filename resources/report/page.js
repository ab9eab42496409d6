"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const times = (text) => Array.from(new Uint32Array(bytes(text).buffer), (ms) => ms / 1000);
  const probs = (text) => Array.from(bytes(text), (b) => (b === data.none ? null : b / data.full));
  const count = data.emotions.length;
  const RIBBON = [-0.125, -0.04];
  const SHORTEST_S = Math.min(0.5, data.length_s);
  const PLOT_FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
  const charts = [];
  const hidden = new Set();
  let hasRaw = false;
  let isLinking = false;

  function clock(seconds, step) {
    const digits = step >= 1 ? 0 : 1;
    const unit = 10 ** digits;
    const ticks = Math.round(seconds * unit);
    const whole = Math.floor(ticks / unit);
    const rest = (ticks - Math.floor(whole / 60) * 60 * unit) / unit;
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    const tail = rest.toFixed(digits).padStart(digits ? 4 : 2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
  }

  function zoomTo(min, max) {
    const width = Math.min(Math.max(max - min, SHORTEST_S), data.length_s);
    const start = Math.min(Math.max(min, 0), data.length_s - width);
    isLinking = true;
    for (const { plot } of charts) plot.setScale("x", { min: start, max: start + width });
    isLinking = false;
    const step = width > 20 ? 1 : 0.1;
    const all = width >= data.length_s - 0.001;
    document.getElementById("range").textContent = all
      ? `Whole length, ${clock(data.length_s, step)}`
      : `${clock(start, step)} to ${clock(start + width, step)} of ${clock(data.length_s, 1)}`;
  }

  function view() {
    const { min, max } = charts[0].plot.scales.x;
    return [min, max];
  }

  function zoomBy(factor, share = 0.5) {
    const [min, max] = view();
    const centre = min + (max - min) * share;
    zoomTo(centre - (centre - min) * factor, centre + (max - centre) * factor);
  }

  function moveBy(share) {
    const [min, max] = view();
    const shift = (max - min) * share;
    zoomTo(min + shift, max + shift);
  }

  const commands = {
    in: () => zoomBy(0.5), out: () => zoomBy(2), left: () => moveBy(-0.4),
    right: () => moveBy(0.4), all: () => zoomTo(0, data.length_s),
  };
  const keys = {
    "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "all",
  };

  function drawRibbon(plot, spans) {
    const { ctx, bbox } = plot;
    const top = plot.valToPos(RIBBON[1], "y", true);
    const height = plot.valToPos(RIBBON[0], "y", true) - top;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.textBaseline = "middle";
    ctx.textAlign = "center";
    ctx.font = `600 ${11 * devicePixelRatio}px system-ui, "Segoe UI", sans-serif`;
    for (const [start, end, emotion] of spans) {
      const left = Math.max(plot.valToPos(start / 1000, "x", true), bbox.left);
      const right = Math.min(plot.valToPos(end / 1000, "x", true), bbox.left + bbox.width);
      if (right <= left) continue;
      ctx.fillStyle = colour(emotion < 0 ? "--unsettled" : `--e${emotion}`);
      ctx.fillRect(left, top, Math.max(right - left, devicePixelRatio), height);
      if (emotion < 0) continue;
      const word = data.emotions[emotion];
      if (ctx.measureText(word).width + 10 * devicePixelRatio > right - left) continue;
      ctx.fillStyle = colour(`--on${emotion}`);
      ctx.fillText(word, (left + right) / 2, top + height / 2);
    }
    ctx.restore();
  }

  function drawMarkers(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("--quiet");
    ctx.lineWidth = devicePixelRatio;
    ctx.font = `${11 * devicePixelRatio}px system-ui, "Segoe UI", sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    let free = -Infinity;
    for (const [ms, label] of data.markers) {
      const x = plot.valToPos(ms / 1000, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const width = ctx.measureText(label).width;
      if (x < free || x + width + 4 > bbox.left + bbox.width) continue;
      ctx.fillText(label, x + 4 * devicePixelRatio, bbox.top + 10 * devicePixelRatio);
      free = x + width + 12 * devicePixelRatio;
    }
    ctx.restore();
  }

  function series(emotion, isRaw) {
    return {
      label: data.emotions[emotion] + (isRaw ? ", single reading" : ""),
      stroke: () => colour(`--e${emotion}`),
      width: isRaw ? 0.75 : 1.75,
      alpha: isRaw ? 0.55 : 1,
      show: !isRaw,
      points: { show: false },
    };
  }

  function axis(extra) {
    return {
      stroke: () => colour("--quiet"), font: PLOT_FONT,
      grid: { stroke: () => colour("--grid"), width: 1 }, ticks: { show: false }, ...extra,
    };
  }

  function showValues(plot, chart) {
    const place = plot.cursor.idx;
    chart.values.forEach((node, emotion) => {
      const value = place == null ? null : plot.data[1 + count + emotion][place];
      node.textContent = value == null ? "" : `${Math.round(value * 100)}\u202f%`;
    });
  }

  function options(chart, node) {
    return {
      width: node.clientWidth, height: node.clientHeight, legend: { show: false },
      cursor: {
        sync: { key: "time", scales: ["x", null] }, y: false, drag: { x: true, y: false, dist: 4 },
        points: { size: 6 }, bind: { dblclick: () => () => commands.all() },
      },
      scales: { x: { time: false, min: 0, max: data.length_s }, y: { range: [RIBBON[0] - 0.01, 1.04] } },
      axes: [
        axis({
          space: 64, size: 34, incrs: [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600],
          values: (_plot, splits, _axis, _space, step) => splits.map((s) => clock(s, step)),
        }),
        axis({
          size: 50, splits: () => [0, 0.25, 0.5, 0.75, 1],
          values: (_plot, splits) => splits.map((s) => `${Math.round(s * 100)}\u202f%`),
        }),
      ],
      series: [
        {},
        ...data.emotions.map((_, e) => series(e, true)),
        ...data.emotions.map((_, e) => series(e, false)),
      ],
      hooks: {
        drawAxes: [(plot) => drawMarkers(plot), (plot) => drawRibbon(plot, chart.spans)],
        setCursor: [(plot) => showValues(plot, chart)],
        setScale: [(plot, key) => {
          if (key === "x" && !isLinking && charts.length === data.charts.length) {
            zoomTo(plot.scales.x.min, plot.scales.x.max);
          }
        }],
      },
    };
  }

  function build(chart, place) {
    const node = document.getElementById(`plot-${place}`);
    const columns = [times(chart.times), ...chart.raw.map(probs), ...chart.smooth.map(probs)];
    chart.values = [...document.querySelectorAll(`#legend-${place} .value`)];
    const plot = new uPlot(options(chart, node), columns, node);
    charts.push({ plot, node });
    node.addEventListener("keydown", (event) => {
      const command = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
      if (!command) return;
      event.preventDefault();
      commands[command]();
    });
    node.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = plot.over.getBoundingClientRect();
      zoomBy(event.deltaY > 0 ? 1.25 : 0.8, (event.clientX - box.left) / box.width);
    }, { passive: false });
  }

  function refreshSeries() {
    for (const { plot } of charts) {
      plot.batch(() => {
        for (let e = 0; e < count; e += 1) {
          plot.setSeries(1 + e, { show: hasRaw && !hidden.has(e) });
          plot.setSeries(1 + count + e, { show: !hidden.has(e) });
        }
      });
    }
    for (const button of document.querySelectorAll(".legend button")) {
      button.setAttribute("aria-pressed", String(!hidden.has(Number(button.dataset.emotion))));
    }
  }

  function fit(width, height) {
    for (const { plot, node } of charts) {
      plot.setSize({ width: width || node.clientWidth, height: height || node.clientHeight });
    }
  }

  function redraw() {
    for (const { plot } of charts) plot.redraw(false, true);
  }

  function listen() {
    for (const button of document.querySelectorAll(".tools [data-command]")) {
      button.addEventListener("click", () => commands[button.dataset.command]());
    }
    document.getElementById("raw").addEventListener("click", (event) => {
      hasRaw = !hasRaw;
      event.currentTarget.setAttribute("aria-pressed", String(hasRaw));
      refreshSeries();
    });
    for (const button of document.querySelectorAll(".legend button")) {
      button.addEventListener("click", () => {
        const emotion = Number(button.dataset.emotion);
        if (!hidden.delete(emotion)) hidden.add(emotion);
        refreshSeries();
      });
    }
    let width = innerWidth;
    addEventListener("resize", () => {
      if (innerWidth === width) return;
      width = innerWidth;
      fit();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    addEventListener("beforeprint", () => {
      root.classList.add("printing");
      fit(640, 230);
      redraw();
    });
    addEventListener("afterprint", () => {
      root.classList.remove("printing");
      fit();
      redraw();
    });
  }

  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details[data-print]")) part.open = true;
  });
  if (data.charts.length) {
    data.charts.forEach(build);
    listen();
    commands.all();
  }
})();
