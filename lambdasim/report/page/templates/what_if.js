// The sliders of a what-if. Numbers are interpolated and written as the Python side does both; tests compare them.
(() => {
  "use strict";
  const holder = document.getElementById("what-if-data");
  if (!holder) return;
  const grid = JSON.parse(holder.textContent);
  const byId = id => document.getElementById(id);
  const sliders = grid.axes.map((_, n) => byId(`what-if-${n}`));
  const exacts = grid.axes.map((_, n) => byId(`what-if-${n}-exact`));
  let point = grid.axes.map(axis => axis.start);
  const own = grid.axes.every(axis => axis.own !== null) ? grid.axes.map(axis => axis.numbers[axis.own]) : null;
  const known = table => table && table.map(row => row.map(x => x ?? NaN));
  const [estimates, changes] = [known(grid.estimates), known(grid.changes)];

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

  function ends(kind, [value, low, high, runs]) {
    if (Number.isNaN(value)) return "-";
    const partly = runs < grid.runs ? `, ${runs} of ${grid.runs} runs had a value` : "";
    if (Number.isNaN(low)) return `no interval${partly}`;
    return `${low === high ? "no spread" : `${quantity(kind, low)} to ${quantity(kind, high)}`}${partly}`;
  }

  const shown = (axis, x) => `${plain(x)} ${x === 1 ? axis.one : axis.unit}`.trimEnd();
  const bare = axis => axis.label.split(" (")[0];

  // ---- the grid (lambdasim/analysis/multilinear.py) ----

  function between(numbers, x) {
    let place = numbers.length - 1;
    while (numbers[place] > x) place -= 1;
    return x === numbers[place] ? [place, 0] : [place, (x - numbers[place]) / (numbers[place + 1] - numbers[place])];
  }

  // Measure m at a point: its value, low and high, and of `estimates` how many runs had a value, the fewest around.
  function at(table, m, where) {
    let corners = [{ row: 0, weight: 1 }];
    grid.axes.forEach((axis, n) => {
      const [place, part] = between(axis.numbers, where[n]);
      const steps = part > 0 ? [[place, 1 - part], [place + 1, part]] : [[place, 1]];
      corners = corners.flatMap(({ row, weight }) =>
        steps.map(([step, each]) => ({ row: row * axis.numbers.length + step, weight: weight * each })));
    });
    const rows = corners.map(({ row }) => table[row * grid.measures.length + m]);
    return rows[0].map((_, n) => {
      const parts = rows.map(row => row[n]), least = Math.min(...parts);
      if (n === 3) return least;
      const total = parts.reduce((sum, part, c) => sum + corners[c].weight * part, 0);
      return Math.min(Math.max(total, least), Math.max(...parts));
    });
  }

  const put = (n, x) => point.map((value, other) => other === n ? x : value);
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
    if (place >= 0) return axis.texts[place];
    const digits = x.toLocaleString("en", { useGrouping: false, maximumFractionDigits: 20 });  // without an exponent
    return `${digits} ${axis.suffix}`.trimEnd();
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
    const spots = axis.numbers.map(x => put(n, x));
    const found = spots.map(spot => at(estimates, m, spot));
    const [chosen] = at(estimates, m, point);
    const numbers = found.flatMap(row => row.slice(0, 3)).filter(x => !Number.isNaN(x));
    svg.replaceChildren();
    svg.setAttribute("aria-label", words(measure, axis, spots, found, chosen, point[n]));
    if (!numbers.length) {
      draw(svg, "text", { x: RIGHT / 2, y: 96, "text-anchor": "middle" }, "no value here");
      return;
    }
    const { across, up } = frame(svg, measure.kind, axis, numbers);
    let path = "", pen = "M";
    found.forEach(([value], place) => {
      if (!Number.isNaN(value)) path += `${pen}${across(axis.numbers[place])} ${up(value)}`;
      pen = Number.isNaN(value) ? "M" : "L";
    });
    draw(svg, "path", { d: path, class: "line" });
    found.forEach(([value, low, high], place) => {
      if (Number.isNaN(value)) return;
      const x = across(axis.numbers[place]), kind = isSimulated(spots[place]) ? "simulated" : "interpolated";
      if (!Number.isNaN(low)) draw(svg, "line", { x1: x, x2: x, y1: up(low), y2: up(high), class: `whisker ${kind}` });
      draw(svg, "circle", { cx: x, cy: up(value), r: 4, class: kind });
    });
    if (Number.isNaN(chosen)) return;
    const [x, y] = [across(point[n]), up(chosen)];
    draw(svg, "line", { x1: x, x2: x, y1: TOP, y2: BOTTOM, class: "chosen-at" });
    draw(svg, "path", { d: `M${x} ${y - 8}l8 8l-8 8l-8 -8Z`, class: "chosen" });
  }

  // The axes that hold all the numbers; where on them a value of the grid's axis lies (across), and one of the measure (up).
  function frame(svg, kind, axis, numbers) {
    const [low, high] = rangeOf(numbers);
    const first = axis.numbers[0], last = axis.numbers.at(-1);
    const ticks = (numbers.every(x => x === 0) ? [0] : ticksOf(low, high))
      .map(y => [y, quantity(kind, Number(y.toPrecision(12)))]);
    const left = Math.max(24, ...ticks.map(([, label]) => widthOf(label))) + 8;
    const across = x => left + 8 + (x - first) / (last - first) * (RIGHT - left - 16);
    const up = y => BOTTOM - (y - low) / (high - low) * (BOTTOM - TOP);
    for (const [y, label] of ticks) {
      draw(svg, "line", { x1: left, x2: RIGHT, y1: up(y), y2: up(y), class: "grid" });
      draw(svg, "text", { x: left - 6, y: up(y) + 4, "text-anchor": "end" }, label);
    }
    const halfOf = x => widthOf(plain(x)) / 2 + 3, end = across(last) - halfOf(last);
    let free = -Infinity;
    for (const x of axis.numbers) {
      draw(svg, "line", { x1: across(x), x2: across(x), y1: BOTTOM, y2: BOTTOM + 4, class: "edge" });
      if (x !== last && (across(x) - halfOf(x) < free || across(x) + halfOf(x) > end)) continue;
      draw(svg, "text", { x: across(x), y: BOTTOM + 18, "text-anchor": "middle" }, plain(x));
      free = across(x) + halfOf(x);
    }
    draw(svg, "line", { x1: left, x2: RIGHT, y1: BOTTOM, y2: BOTTOM, class: "edge" });
    draw(svg, "text", { x: (left + RIGHT) / 2, y: BOTTOM + 36, "text-anchor": "middle" }, axis.label);
    return { across, up };
  }

  // From 0 on, unless all lies far above it.
  function rangeOf(numbers) {
    let low = Math.min(...numbers), high = Math.max(...numbers);
    if (low >= 0 && low < 0.7 * high) low = 0;
    const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    return [low === 0 ? 0 : Math.min(...numbers) >= 0 ? Math.max(0, low - room) : low - room, high + room];
  }

  const spoken = (kind, x) => Number.isNaN(x) ? "no value" : quantity(kind, x);

  function words(measure, axis, spots, found, chosen, here) {
    const told = (x, value, spot) =>
      `${shown(axis, x)}: ${spoken(measure.kind, value)}${isSimulated(spot) ? "" : " (interpolated)"}`;
    const all = spots.map((spot, place) => told(axis.numbers[place], found[place][0], spot));
    return `${measure.name} along ${bare(axis)}. ${all.join("; ")}. Chosen, ${told(here, chosen, point)}.`;
  }

  // ---- the page ----

  const rows = [...document.querySelectorAll(".what-if-reading tbody tr")];
  const charts = [...document.querySelectorAll("#what-if-charts svg")];
  const buttons = [...document.querySelectorAll(".what-if-marks button")];
  const [along, copy] = [byId("what-if-along"), byId("what-if-copy")];
  const interval = byId("what-if-ends").textContent;
  let saying = 0, picked = false;

  function render() {
    const simulated = isSimulated(point), asItIs = own !== null && own.every((x, n) => x === point[n]);
    grid.axes.forEach((axis, n) => {
      sliders[n].value = point[n];
      sliders[n].setAttribute("aria-valuetext", shown(axis, point[n]));
      exacts[n].value = point[n];
      byId(`what-if-${n}-refused`).textContent = "";
    });
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(point[button.dataset.axis] === Number(button.dataset.number)));
    }
    byId("what-if-origin").textContent = origin();
    document.querySelector(".what-if-origin").classList.toggle("is-interpolated", !simulated);
    document.querySelector(".what-if-sign").textContent = simulated ? "●" : "○";
    byId("what-if-ends").textContent = simulated ? interval : "band, no confidence interval";
    grid.measures.forEach(({ kind }, m) => {
      const estimate = at(estimates, m, point);
      const cells = [quantity(kind, estimate[0]), ends(kind, estimate),
        asItIs ? "as it is" : changes ? change(kind, at(changes, m, point)) : "-"];
      cells.forEach((cell, n) => { rows[m].cells[n + 1].textContent = cell; });
      chart(charts[m], m, along ? Number(along.value) : 0);
    });
    if (grid.command) byId("what-if-command").textContent = command();
    if (copy) byId("what-if-copied").textContent = "";
  }

  // What screen readers say once the sliders rest: whether it was simulated, where they are, and the first measures.
  function say() {
    clearTimeout(saying);
    saying = setTimeout(() => {
      const here = grid.axes.map((axis, n) => shown(axis, point[n])).join(", ");
      const told = grid.measures.slice(0, 4).map(({ name, kind }, m) => `${name} ${spoken(kind, at(estimates, m, point)[0])}`);
      byId("what-if-said").textContent = `${isSimulated(point) ? "Simulated" : "Interpolated"} at ${here}: ${told.join(", ")}.`;
    }, 400);
  }

  function move(where) {
    const moved = where.findIndex((x, n) => x !== point[n]);
    if (along && !picked && moved >= 0) along.value = moved;
    point = where;
    render();
    say();
  }

  function refusal(axis, value) {
    const range = `${plain(axis.numbers[0])} to ${shown(axis, axis.numbers.at(-1))}`;
    if (value === "") return `That is no number. Simulated were ${range}.`;
    const x = Number(value);
    if (x < axis.numbers[0] || x > axis.numbers.at(-1)) return `${value} lies outside what was simulated, ${range}.`;
    return axis.whole && !Number.isInteger(x) ? `Whole numbers only; ${value} is none.` : "";
  }

  grid.axes.forEach((axis, n) => {
    sliders[n].addEventListener("input", () => move(put(n, Number(sliders[n].value))));
    exacts[n].addEventListener("change", () => {  // not "input": what is half typed would count
      const why = refusal(axis, exacts[n].value);
      if (!why) {
        move(put(n, Number(exacts[n].value)));
        return;
      }
      exacts[n].value = point[n];
      byId(`what-if-${n}-refused`).textContent = `${why} It stays at ${shown(axis, point[n])}.`;
    });
  });

  for (const button of buttons) {
    button.addEventListener("click", () => move(put(Number(button.dataset.axis), Number(button.dataset.number))));
  }
  const nearest = (axis, n) => axis.numbers.reduce((best, x) => Math.abs(x - point[n]) < Math.abs(best - point[n]) ? x : best);
  byId("what-if-nearest").addEventListener("click", () => move(grid.axes.map(nearest)));
  if (own) byId("what-if-own").addEventListener("click", () => move(own));
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
