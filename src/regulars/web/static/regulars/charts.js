// Draws every canvas[data-chart] from the JSON beside it. Colours come from the stylesheet, numbers from the page's language.
(() => {
  "use strict";
  const drawn = new Map();
  const language = document.documentElement.lang === "zh-Hans" ? "zh-CN" : "en-US";
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const palette = () => Array.from({ length: 8 }, (_, i) => css(`--series-${i}`));
  const faint = (colour, share) => colour + Math.round(share * 255).toString(16).padStart(2, "0");

  function format(value, unit, data, short) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    const compact = short ? { notation: "compact", maximumFractionDigits: 1 } : {};
    if (unit === "money") {
      const style = { style: "currency", currency: data.currency, ...(short ? { ...compact, minimumFractionDigits: 0 } : {}) };
      return new Intl.NumberFormat(language, style).format(value / data.scale).replace("CN¥", "¥");
    }
    if (unit === "percent") return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: short ? 0 : 1 }).format(value);
    if (unit === "days") return new Intl.NumberFormat(language, { style: "unit", unit: "day", unitDisplay: short ? "narrow" : "long", maximumFractionDigits: 1 }).format(value);
    return new Intl.NumberFormat(language, { maximumFractionDigits: 2, ...compact }).format(value);
  }

  const KINDS = { line: "line", area: "line", bar: "bar", stacked: "bar", share: "bar", row: "bar", doughnut: "doughnut", scatter: "scatter" };

  function dataset(series, index, data, colours) {
    const colour = colours[index % colours.length];
    const kind = series.kind || data.kind;
    const base = { label: series.label, data: series.values, unit: series.unit, yAxisID: series.unit === data.unit ? "y" : "right" };
    if (KINDS[kind] === "line") {
      return { ...base, type: "line", borderColor: colour, backgroundColor: faint(colour, 0.12), fill: kind === "area", borderWidth: 2,
        pointRadius: data.labels.length > 40 ? 0 : 2, pointHoverRadius: 5, pointHitRadius: 12, tension: 0.25, pointBackgroundColor: colour, order: 0 };
    }
    const many = data.kind === "doughnut";
    return { ...base, yAxisID: data.kind === "row" || many ? undefined : base.yAxisID,
      backgroundColor: many ? data.labels.map((_, i) => colours[i % colours.length]) : colour,
      borderColor: css("--bs-card-bg") || css("--bs-body-bg"), borderWidth: many ? 2 : 0, borderRadius: many ? 0 : 3, maxBarThickness: 36, order: 1 };
  }

  // Without anything to show the axis still reads 0 to 1; counts have no halves.
  function axis(data, unit, extra) {
    const counts = unit === "number" && (data.series || []).every((series) => series.unit !== unit || series.values.every((value) => value === null || Number.isInteger(value)));
    return { beginAtZero: true, suggestedMax: unit === "money" ? data.scale : unit === "percent" ? undefined : 1, border: { display: false }, grid: { color: css("--chart-grid"), drawTicks: false },
      ticks: { color: css("--chart-text"), padding: 8, maxTicksLimit: 6, ...(counts ? { precision: 0 } : {}), callback: (value) => format(value, unit, data, true) }, ...extra };
  }

  function options(data) {
    const horizontal = data.kind === "row";
    const stacked = data.kind === "stacked" || data.kind === "share";
    const names = { color: css("--chart-text"), padding: 6, maxRotation: 0, autoSkipPadding: 14 };
    const label = (item) => {
      if (data.kind === "scatter") return `${item.raw.label}: ${format(item.raw.x, data.x_unit, data)} · ${format(item.raw.y, data.unit, data)}`;
      const value = data.kind === "doughnut" ? item.parsed : horizontal ? item.parsed.x : item.parsed.y;
      const name = data.kind === "doughnut" ? item.label : item.dataset.label;
      return ` ${name}: ${format(value, item.dataset.unit, data)}`;
    };
    const scales = {};
    if (data.kind === "scatter") {
      scales.x = axis(data, data.x_unit, { title: { display: true, text: data.x_label, color: css("--chart-text") } });
      scales.y = axis(data, data.unit, { title: { display: true, text: data.y_label, color: css("--chart-text") } });
    } else if (data.kind !== "doughnut") {
      const plain = { grid: { display: false }, border: { color: css("--chart-grid") }, ticks: names, stacked };
      scales[horizontal ? "y" : "x"] = plain;
      scales[horizontal ? "x" : "y"] = axis(data, data.unit, { stacked, ...(data.kind === "share" ? { max: 1 } : {}) });
      const other = data.series.find((series) => series.unit !== data.unit);
      if (other) scales.right = axis(data, other.unit, { position: "right", grid: { display: false } });
    }
    const legend = data.kind === "doughnut" || (data.series || []).length > 1;
    return {
      responsive: true, maintainAspectRatio: false, animation: false, indexAxis: horizontal ? "y" : "x", locale: language, scales,
      cutout: data.kind === "doughnut" ? "64%" : undefined,
      interaction: data.kind === "scatter" || data.kind === "doughnut" ? { mode: "nearest", intersect: true } : { mode: "index", intersect: false, axis: horizontal ? "y" : "x" },
      plugins: {
        legend: { display: legend, position: data.kind === "doughnut" ? "right" : "bottom", align: "start",
          labels: { color: css("--chart-text"), boxWidth: 10, boxHeight: 10, usePointStyle: true, pointStyle: "rectRounded", padding: 14 } },
        tooltip: { backgroundColor: css("--chart-tip"), titleColor: css("--chart-tip-text"), bodyColor: css("--chart-tip-text"), padding: 10, cornerRadius: 6, boxPadding: 4,
          usePointStyle: true, callbacks: { label } },
      },
      onHover: (event, marks) => { event.native.target.classList.toggle("is-link", marks.some((mark) => target(data, mark))); },
      onClick: (_event, marks) => { const href = marks.length && target(data, marks[0]); if (href) window.location.href = href; },
    };
  }

  function target(data, mark) {
    return data.kind === "scatter" ? data.points[mark.index].href : (data.hrefs || [])[mark.index];
  }

  function draw(canvas) {
    const data = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
    const colours = palette();
    const datasets = data.kind === "scatter"
      ? [{ data: data.points, backgroundColor: faint(colours[0], 0.55), borderColor: colours[0], borderWidth: 1, pointRadius: 4, pointHoverRadius: 6 }]
      : data.series.map((series, index) => dataset(series, index, data, colours));
    drawn.get(canvas)?.destroy();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    drawn.set(canvas, new Chart(canvas, { type: KINDS[data.kind], data: { labels: data.labels, datasets }, options: options(data) }));
  }

  const drawAll = (root) => root.querySelectorAll("canvas[data-chart]").forEach(draw);
  const forget = () => drawn.forEach((chart, canvas) => { if (!canvas.isConnected) { chart.destroy(); drawn.delete(canvas); } });
  drawAll(document);
  document.addEventListener("theme", () => drawAll(document));
  document.addEventListener("htmx:afterSettle", (event) => { forget(); drawAll(event.target); });
  window.addEventListener("beforeprint", () => drawn.forEach((chart) => chart.resize()));
})();
