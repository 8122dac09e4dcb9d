// The sliders of a what-if. Numbers are interpolated and written as the Python side does both; tests compare them.
(() => {
  "use strict";
  const holder = document.getElementById("what-if-data");
  if (!holder) return;
  const grid = JSON.parse(holder.textContent);
  const byId = id => document.getElementById(id);
  const sliders = grid.axes.map((_, n) => byId(`what-if-${n}`));
  const exacts = grid.axes.map((_, n) => byId(`what-if-${n}-exact`));
  const point = grid.axes.map(axis => axis.start);
  const own = grid.axes.every(axis => axis.own !== null) ? grid.axes.map(axis => axis.numbers[axis.own]) : null;

  // ---- numbers as they are written (lambdasim/display/numbers.py, lambdasim/analysis/telling.py) ----

  // As Python's f"{x:.{digits}f}": where x lies half-way, toFixed rounds up, and Python to the even neighbour.
  function fixed(x, digits) {
    const halves = x * 2 ** (digits + 1);
    if (Number.isInteger(halves) && halves % 2 !== 0 && digits < 12) {
      const below = Math.floor(x * 10 ** digits);
      if (x * 10 ** digits - below === 0.5) return ((below % 2 === 0 ? below : below + 1) / 10 ** digits).toFixed(digits);
    }
    return x.toFixed(digits);
  }

  // As Python's f"{x:.{digits}g}".
  function general(x, digits) {
    if (x === 0) return "0";
    if (x < 0) return `-${general(-x, digits)}`;
    const exponent = Number(x.toExponential(digits - 1).split("e")[1]);
    if (exponent >= -4 && exponent < digits) return trimmed(fixed(x, digits - 1 - exponent));
    const [mantissa, power] = x.toExponential(digits - 1).split("e");
    return `${trimmed(mantissa)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }

  const trimmed = text => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  const grouped = text => text.replace(/^-?\d+/, whole => whole.replace(/\B(?=(\d{3})+$)/g, ","));

  const usd = x => x < 0 ? `-${usd(-x)}` : x > 0 && x < 0.0001 ? "under $0.0001"
    : x >= 1 || x === 0 ? `$${grouped(fixed(x, 2))}` : `$${fixed(x, 4)}`;
  const share = x => `${general(x * 100, 3)} %`;
  const milliseconds = x => x < 0 ? `-${milliseconds(-x)}` : x >= 100 ? grouped(fixed(x, 0)) : general(x, 3);
  const plain = x => Number.isInteger(x) || Math.abs(x) >= 1000 ? grouped(fixed(x, 0)) : general(x, 4);
  const written = { usd, share, ms: milliseconds, number: plain };
  const quantity = (kind, x) => Number.isNaN(x) ? "-" : written[kind](x);

  function signed(kind, x) {
    if (Number.isNaN(x)) return "-";
    if (kind === "usd" && Math.abs(x) < 0.0001) return usd(0);
    const text = kind === "share" ? general(x * 100, 3) : quantity(kind, x);
    return x > 0 ? `+${text}` : text;
  }

  function change(kind, [value, low, high]) {
    if (Number.isNaN(value)) return "-";
    const interval = low === high ? "" : ` [${signed(kind, low)}, ${signed(kind, high)}]`;
    return `${signed(kind, value)}${kind === "share" ? " points" : ""}${interval}`;
  }

  function ends([value, low, high, runs]) {
    if (Number.isNaN(value)) return "-";
    const partly = runs < grid.runs ? `, ${runs} of ${grid.runs} runs had a value` : "";
    return kind => Number.isNaN(low) ? `no interval${partly}`
      : `${low === high ? "no spread" : `${quantity(kind, low)} to ${quantity(kind, high)}`}${partly}`;
  }

  const shown = (axis, x) => `${plain(x)} ${x === 1 ? axis.one : axis.unit}`.trimEnd();
  const bare = axis => axis.label.split(" (")[0];

  // ---- the grid (lambdasim/analysis/multilinear.py) ----

  function between(numbers, x) {
    let place = numbers.length - 1;
    while (numbers[place] > x) place -= 1;
    return x === numbers[place] ? [place, 0] : [place, (x - numbers[place]) / (numbers[place + 1] - numbers[place])];
  }

  const known = number => number === null ? NaN : number;

  // One row of `table` (estimates or changes) at a point: [value, low, high, ...] of measure m.
  function at(table, m, where) {
    let corners = [{ row: 0, weight: 1 }];
    grid.axes.forEach((axis, n) => {
      const [place, part] = between(axis.numbers, where[n]);
      const steps = part > 0 ? [[place, 1 - part], [place + 1, part]] : [[place, 1]];
      corners = corners.flatMap(({ row, weight }) =>
        steps.map(([step, each]) => ({ row: row * axis.numbers.length + step, weight: weight * each })));
    });
    const rows = corners.map(({ row }) => table[row * grid.measures.length + m]);
    const column = (row, n) => known(row[n]);
    const found = [0, 1, 2].map(n => {
      let total = 0;
      rows.forEach((row, c) => { total += corners[c].weight * column(row, n); });
      const parts = rows.map(row => column(row, n));
      return Math.min(Math.max(total, Math.min(...parts)), Math.max(...parts));
    });
    if (rows[0].length > 3) found.push(Math.min(...rows.map(row => row[3])));
    return found;
  }

  const isSimulated = where => grid.axes.every((axis, n) => axis.numbers.includes(where[n]));

  function origin() {
    if (isSimulated(point)) return `Simulated: ${grid.runs} runs at this very point.`;
    const around = grid.axes.flatMap((axis, n) => {
      if (axis.numbers.includes(point[n])) return [];
      const [place] = between(axis.numbers, point[n]);
      return [`${bare(axis)} ${plain(axis.numbers[place])} and ${shown(axis, axis.numbers[place + 1])}`];
    });
    return `Interpolated between simulated points, not simulated here: between ${around.join(" and ")}.`;
  }

  // ---- the command line (lambdasim/report/what_if.py, shlex.quote) ----

  const quoted = word => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;

  function text(axis, x) {
    const place = axis.numbers.indexOf(x);
    return place >= 0 ? axis.texts[place] : `${x}${axis.suffix ? ` ${axis.suffix}` : ""}`;
  }

  const command = () => [grid.command.before,
    ...grid.axes.map((axis, n) => `--set ${quoted(`${axis.path}=${text(axis, point[n])}`)}`), grid.command.after].join(" ");

  // ---- charts: one for each measure, along one axis ----

  const SVG = "http://www.w3.org/2000/svg";
  const [RIGHT, TOP, BOTTOM] = [340, 12, 172];
  const widthOf = label => label.length * 7;  // of text as high as the charts' is

  function draw(svg, tag, attributes, content = "") {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = content;
    svg.append(element);
  }

  function ticksOf(low, high) {
    const rough = (high - low) / 4, size = 10 ** Math.floor(Math.log10(rough));
    const step = size * [1, 2, 5, 10].find(times => times * size >= rough);
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, n) => (first + n) * step);
  }

  function chart(svg, m, n) {
    const measure = grid.measures[m], axis = grid.axes[n];
    const spots = axis.numbers.map(x => point.map((value, other) => other === n ? x : value));
    const found = spots.map(spot => at(grid.estimates, m, spot));
    const chosen = at(grid.estimates, m, point);
    const numbers = found.flatMap(([value, low, high]) => [value, low, high]).filter(x => !Number.isNaN(x));
    svg.replaceChildren();
    svg.setAttribute("aria-label", words(measure, axis, spots, found, chosen[0], point[n]));
    if (!numbers.length) {
      draw(svg, "text", { x: RIGHT / 2, y: 96, "text-anchor": "middle" }, "no value here");
      return;
    }
    const [low, high] = rangeOf(numbers);
    const first = axis.numbers[0], last = axis.numbers.at(-1);
    const ticks = (numbers.every(x => x === 0) ? [0] : ticksOf(low, high))
      .map(y => [y, quantity(measure.kind, Number(y.toPrecision(12)))]);
    const LEFT = Math.max(24, ...ticks.map(([, label]) => widthOf(label))) + 8;
    const across = x => LEFT + 8 + (x - first) / (last - first) * (RIGHT - LEFT - 16);
    const up = y => BOTTOM - (y - low) / (high - low) * (BOTTOM - TOP);
    for (const [y, label] of ticks) {
      draw(svg, "line", { x1: LEFT, x2: RIGHT, y1: up(y), y2: up(y), class: "grid" });
      draw(svg, "text", { x: LEFT - 6, y: up(y) + 4, "text-anchor": "end" }, label);
    }
    let free = -Infinity;
    const labels = axis.numbers.map(x => [x, plain(x)]).sort(([a], [b]) => (b === last) - (a === last) || a - b);
    for (const [x, label] of labels) {
      const half = widthOf(label) / 2 + 3;
      draw(svg, "line", { x1: across(x), x2: across(x), y1: BOTTOM, y2: BOTTOM + 4, class: "edge" });
      if (x !== last && (across(x) - half < free || across(x) + half > across(last) - widthOf(plain(last)) / 2 - 3)) continue;
      draw(svg, "text", { x: across(x), y: BOTTOM + 18, "text-anchor": "middle" }, label);
      if (x !== last) free = across(x) + half;
    }
    draw(svg, "line", { x1: LEFT, x2: RIGHT, y1: BOTTOM, y2: BOTTOM, class: "edge" });
    draw(svg, "text", { x: (LEFT + RIGHT) / 2, y: BOTTOM + 36, "text-anchor": "middle" }, axis.label);
    let path = "", pen = "M";
    found.forEach(([value], place) => {
      if (Number.isNaN(value)) { pen = "M"; return; }
      path += `${pen}${across(axis.numbers[place])} ${up(value)}`;
      pen = "L";
    });
    draw(svg, "path", { d: path || "M0 0", class: "line" });
    found.forEach(([value, from, to], place) => {
      if (Number.isNaN(value)) return;
      const x = across(axis.numbers[place]), kind = isSimulated(spots[place]) ? "simulated" : "interpolated";
      if (!Number.isNaN(from)) draw(svg, "line", { x1: x, x2: x, y1: up(from), y2: up(to), class: `whisker ${kind}` });
      draw(svg, "circle", { cx: x, cy: up(value), r: 4, class: kind });
    });
    if (!Number.isNaN(chosen[0])) {
      const [x, y] = [across(point[n]), up(chosen[0])];
      draw(svg, "line", { x1: x, x2: x, y1: TOP, y2: BOTTOM, class: "chosen-at" });
      draw(svg, "path", { d: `M${x} ${y - 8}l8 8l-8 8l-8 -8Z`, class: "chosen" });
    }
  }

  // From 0 on, unless all lies far above it.
  function rangeOf(numbers) {
    let low = Math.min(...numbers), high = Math.max(...numbers);
    if (low >= 0 && low < 0.7 * high) low = 0;
    const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    return [low === 0 ? 0 : Math.min(...numbers) >= 0 ? Math.max(0, low - room) : low - room, high + room];
  }

  function words(measure, axis, spots, found, chosen, here) {
    const told = spots.map((spot, place) => `${shown(axis, axis.numbers[place])}: ${quantity(measure.kind, found[place][0])}`
      + (isSimulated(spot) ? "" : " (interpolated)"));
    return `${measure.name} along ${bare(axis)}. ${told.join("; ")}. Chosen, ${shown(axis, here)}: `
      + `${quantity(measure.kind, chosen)}${isSimulated(point) ? "" : " (interpolated)"}.`;
  }

  // ---- the page ----

  const rows = [...document.querySelectorAll(".what-if-reading tbody tr")];
  const charts = [...document.querySelectorAll("#what-if-charts svg")];
  const buttons = [...document.querySelectorAll(".what-if-marks button")];
  const [along, copy, back] = ["what-if-along", "what-if-copy", "what-if-own"].map(byId);
  const interval = byId("what-if-ends").textContent;
  let saying = 0, picked = false;

  function render() {
    const simulated = isSimulated(point), asItIs = own !== null && own.every((x, n) => x === point[n]);
    grid.axes.forEach((axis, n) => {
      sliders[n].value = point[n];
      sliders[n].setAttribute("aria-valuetext", shown(axis, point[n]));
      exacts[n].value = point[n];
    });
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(point[button.dataset.axis] === Number(button.dataset.number)));
    }
    byId("what-if-origin").textContent = origin();
    document.querySelector(".what-if-origin").classList.toggle("is-interpolated", !simulated);
    document.querySelector(".what-if-sign").textContent = simulated ? "●" : "○";
    byId("what-if-ends").textContent = simulated ? interval : "band, no confidence interval";
    grid.measures.forEach(({ kind }, m) => {
      const estimate = at(grid.estimates, m, point), told = ends(estimate);
      const cells = [quantity(kind, estimate[0]), typeof told === "string" ? told : told(kind),
        asItIs ? "as it is" : grid.changes === null ? "-" : change(kind, at(grid.changes, m, point))];
      cells.forEach((cell, n) => { rows[m].cells[n + 1].textContent = cell; });
      chart(charts[m], m, along ? Number(along.value) : 0);
    });
    if (grid.command) byId("what-if-command").textContent = command();
    if (copy) byId("what-if-copied").textContent = "";
    byId("what-if-nearest").disabled = simulated;
    if (back) back.disabled = asItIs;
  }

  // What screen readers say once the slider rests: where it comes from, and the first measures.
  function say() {
    clearTimeout(saying);
    saying = setTimeout(() => {
      const told = grid.measures.slice(0, 3).map(({ name, kind }, m) => `${name} ${quantity(kind, at(grid.estimates, m, point)[0])}`);
      byId("what-if-said").textContent = `${isSimulated(point) ? "Simulated" : "Interpolated"}: ${told.join(", ")}.`;
    }, 400);
  }

  function move(n, x) {
    point[n] = x;
    if (along && !picked) along.value = n;
    byId(`what-if-${n}-refused`).textContent = "";
    render();
    say();
  }

  function refusal(axis, value) {
    const range = `${plain(axis.numbers[0])} to ${shown(axis, axis.numbers.at(-1))}`;
    if (value === "" || Number.isNaN(Number(value))) return `That is no number. Simulated were ${range}.`;
    const x = Number(value);
    if (x < axis.numbers[0] || x > axis.numbers.at(-1)) return `${value} lies outside what was simulated, ${range}.`;
    return axis.whole && !Number.isInteger(x) ? `Whole numbers only; ${value} is none.` : "";
  }

  grid.axes.forEach((axis, n) => {
    sliders[n].addEventListener("input", () => move(n, nearestTo(axis, Number(sliders[n].value))));
    exacts[n].addEventListener("change", () => {  // not "input": what is half typed would count
      const why = refusal(axis, exacts[n].value);
      if (!why) {
        move(n, Number(exacts[n].value));
        return;
      }
      exacts[n].value = point[n];
      byId(`what-if-${n}-refused`).textContent = `${why} It stays at ${shown(axis, point[n])}.`;
    });
  });

  // A slider's own steps may miss a simulated value by the rounding of their sum.
  function nearestTo(axis, x) {
    return axis.numbers.find(number => Math.abs(number - x) <= 1e-9 * Math.max(1, Math.abs(number))) ?? x;
  }

  for (const button of buttons) {
    button.addEventListener("click", () => move(Number(button.dataset.axis), Number(button.dataset.number)));
  }
  const moveTo = where => where.forEach((x, n) => { if (x !== point[n]) move(n, x); });
  const nearest = (axis, n) => axis.numbers.reduce((best, x) => Math.abs(x - point[n]) < Math.abs(best - point[n]) ? x : best);
  byId("what-if-nearest").addEventListener("click", () => moveTo(grid.axes.map(nearest)));
  if (back) back.addEventListener("click", () => moveTo(own));
  if (along) along.addEventListener("change", () => {
    picked = true;  // until then charts follow the slider that moves
    render();
  });
  if (copy) copy.addEventListener("click", async () => {
    const code = byId("what-if-command");
    let done = false;
    try {
      await navigator.clipboard.writeText(code.textContent);
      done = true;
    } catch {
      getSelection().selectAllChildren(code);  // a page from a file may not be allowed to copy
      done = document.execCommand("copy");
    }
    byId("what-if-copied").textContent = done ? "Copied." : "The command is selected: press Ctrl+C, or Cmd+C, to copy it.";
  });
  byId("what-if-panel").hidden = false;
  render();
  dispatchEvent(new Event("resize"));  // the panel's boxes have a width now: page.js looks which of them scroll
})();
