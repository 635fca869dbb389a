// Draws tables as charts. The table stays: it is what is read where there is no picture.
"use strict";

(() => {
  if (typeof uPlot === "undefined") {
    for (const figure of document.querySelectorAll("figure[data-kind]")) figure.classList.add("as-table");
    return;
  }
  const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5]];
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };

  // Each tone has a pattern of its own, so that charts are read without colours too.
  const fills = (tone) => {
    const side = 8;
    const tile = document.createElement("canvas");
    tile.width = tile.height = side;
    const pen = tile.getContext("2d");
    pen.fillStyle = colour(tone);
    pen.fillRect(0, 0, side, side);
    pen.strokeStyle = pen.fillStyle = colour("raised");
    pen.lineWidth = 1.5;
    pen.beginPath();
    const lines = { redeemed: [[-2, 10, 10, -2], [2, 14, 14, 2], [-6, 6, 6, -6]], held: [[-2, -2, 10, 10], [-6, 2, 6, 14], [2, -6, 14, 6]], reversed: [[0, 2, side, 2], [0, 6, side, 6]] }[tone] ?? [];
    for (const [x, y, toX, toY] of lines) { pen.moveTo(x, y); pen.lineTo(toX, toY); }
    pen.stroke();
    if (tone === "expired") for (const at of [[2, 2], [6, 6]]) { pen.beginPath(); pen.arc(at[0], at[1], 1.2, 0, 7); pen.fill(); }
    return pen.createPattern(tile, "repeat");
  };

  const read = (figure) => {
    const heads = [...figure.querySelectorAll(".chart-table thead th")].slice(1);
    const rows = [...figure.querySelectorAll(".chart-table tbody tr")];
    return {
      labels: rows.map((row) => row.cells[0].textContent.trim()),
      places: rows.map((row) => row.cells[0].querySelector("a")?.href ?? null),
      series: heads.map((head, at) => ({
        label: head.textContent.trim(), tone: head.dataset.tone, down: "down" in head.dataset,
        values: rows.map((row) => Number(row.cells[at + 1].dataset.value)),
        said: rows.map((row) => row.cells[at + 1].textContent.trim()),
      })),
    };
  };

  const short = new Intl.NumberFormat(document.documentElement.lang || "en", { notation: "compact", maximumFractionDigits: 1 });

  // What is drawn on top comes last in a stack, and first on the canvas.
  const stacked = (series) => {
    const above = series[0].values.map(() => 0);
    const below = above.slice();
    return series.map((one) => one.values.map((value, at) => {
      const pile = (one.down ? -value : value) >= 0 ? above : below;
      pile[at] += one.down ? -value : value;
      return pile[at];
    }));
  };

  const draw = (figure) => {
    const { labels, places, series } = read(figure);
    const plot = figure.querySelector(".plot");
    const told = figure.querySelector(".reading");
    if (labels.length === 0) return null;
    const bars = figure.dataset.kind === "bars";
    const order = bars ? series.map((_, at) => at).reverse() : series.map((_, at) => at);
    const heights = bars ? stacked(series) : series.map((one) => one.values);
    const xs = labels.map((_, at) => at);
    const say = (at) => {
      told.textContent = at === null ? JSON.parse(figure.dataset.words).read
        : `${labels[at]}: ${series.map((one) => `${one.label} ${one.said[at]}`).join(" · ")}`;
    };
    const every = Math.max(1, Math.ceil(labels.length / Math.max(2, Math.floor(plot.clientWidth / 110))));
    const axis = { stroke: colour("ink-soft"), font: "12px system-ui", ticks: { show: false } };
    const options = {
      width: plot.clientWidth, height: plot.clientHeight, legend: { show: false }, padding: [8, 8, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: !bars, size: 7 } },
      scales: {
        x: { time: false, range: [-0.5, labels.length - 0.5] },
        y: { range: (_chart, least, most) => {
          if (least === most) return least === 0 ? [0, 1] : [Math.min(0, least), Math.max(0, most)];
          const room = (most - least) * 0.06;
          return [least < 0 || figure.dataset.kind === "lines" && least > 0 ? least - room : 0, most > 0 ? most + room : 0];
        } },
      },
      axes: [
        { ...axis, size: 30, grid: { show: false }, splits: () => xs.filter((at) => at % every === 0), values: (_chart, splits) => splits.map((at) => labels[at]) },
        { ...axis, size: 56, space: 48, grid: { stroke: colour("line"), width: 1 }, values: (_chart, splits) => splits.map((value) => short.format(value)) },
      ],
      series: [{}, ...order.map((at) => {
        const one = series[at];
        const common = { label: one.label, stroke: colour(one.tone), points: { show: labels.length < 3 } };
        if (bars) return { ...common, width: 0, fill: fills(one.tone), paths: uPlot.paths.bars({ size: [0.72, 48] }) };
        const area = figure.dataset.kind === "area" && at === 0;
        return { ...common, width: 2, dash: DASHES[at % DASHES.length], fill: area ? colour("accent-soft") : undefined };
      })],
      hooks: { setCursor: [(chart) => say(chart.cursor.idx ?? null)] },
    };
    const chart = new uPlot(options, [xs, ...order.map((at) => heights[at])], plot);
    say(null);
    return { chart, labels, places, say };
  };

  for (const figure of document.querySelectorAll("figure[data-kind]")) {
    const plot = figure.querySelector(".plot");
    let drawn = null;
    let at = null;
    let width = 0;
    const redraw = () => {
      drawn?.chart.destroy();
      drawn = draw(figure);
      width = plot.clientWidth;
    };
    const move = (to) => {
      if (drawn === null) return;
      at = Math.max(0, Math.min(drawn.labels.length - 1, to));
      const { chart } = drawn;
      chart.setCursor({ left: chart.valToPos(at, "x"), top: 0 });
    };
    const open = () => {
      const to = drawn?.places[at ?? -1];
      if (to) location.assign(to);
    };
    redraw();
    new ResizeObserver(() => { if (plot.clientWidth > 0 && plot.clientWidth !== width) redraw(); }).observe(plot);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    plot.addEventListener("keydown", (event) => {
      const last = (drawn?.labels.length ?? 1) - 1;
      const to = { ArrowRight: at === null ? 0 : at + 1, ArrowLeft: at === null ? last : at - 1, Home: 0, End: last }[event.key];
      if (to !== undefined) { event.preventDefault(); move(to); }
      if (event.key === "Enter") open();
      if (event.key === "Escape") { at = null; drawn?.chart.setCursor({ left: -10, top: -10 }); }
    });
    plot.addEventListener("click", () => { at = drawn?.chart.cursor.idx ?? at; open(); });
    figure.addEventListener("click", (event) => {
      const tool = event.target.closest("[data-chart]");
      if (tool === null) return;
      if (tool.dataset.chart === "table") {
        const table = figure.classList.toggle("as-table");
        tool.setAttribute("aria-pressed", String(table));
        if (!table) redraw();
      }
      if (tool.dataset.chart === "csv") save(`${figure.id}.csv`, new Blob([asCsv(figure)], { type: "text/csv" }));
      if (tool.dataset.chart === "png") {
        if (figure.classList.contains("as-table")) figure.querySelector('[data-chart="table"]').click();
        asPicture(figure, drawn).toBlob((blob) => save(`${figure.id}.png`, blob));
      }
    });
  }

  function save(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function asCsv(figure) {
    const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    return [...figure.querySelectorAll(".chart-table tr")]
      .map((row) => [...row.cells].map((one) => cell(one.dataset.value ?? one.textContent.trim())).join(",")).join("\r\n") + "\r\n";
  }

  // The chart on its paper, with its title and legend above.
  function asPicture(figure, drawn) {
    const from = drawn.chart.ctx.canvas;
    const scale = from.width / figure.querySelector(".plot").clientWidth;
    const to = document.createElement("canvas");
    const head = 56 * scale;
    to.width = from.width;
    to.height = from.height + head;
    const pen = to.getContext("2d");
    pen.fillStyle = colour("raised");
    pen.fillRect(0, 0, to.width, to.height);
    pen.fillStyle = colour("ink");
    pen.font = `600 ${16 * scale}px system-ui`;
    pen.fillText(figure.querySelector("h2").textContent.trim(), 8 * scale, 20 * scale);
    pen.font = `${12 * scale}px system-ui`;
    let x = 8 * scale;
    for (const one of read(figure).series) {
      pen.fillStyle = fills(one.tone);
      pen.fillRect(x, 32 * scale, 12 * scale, 12 * scale);
      pen.fillStyle = colour("ink-soft");
      pen.fillText(one.label, x + 18 * scale, 42 * scale);
      x += pen.measureText(one.label).width + 36 * scale;
    }
    pen.drawImage(from, 0, head);
    return to;
  }
})();
