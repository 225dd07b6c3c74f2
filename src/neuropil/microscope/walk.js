"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const steps = data.steps;
const SHOWN = 8;
const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes))
    if (value === true) node.setAttribute(key, ""); else if (value !== false) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const told = v => Number.isFinite(v) ? String(+v.toPrecision(6)).replace("-", "\u2212") : String(v);
function erf(t) { // Abramowitz and Stegun 7.1.26 would do for a plot; a series is exact enough to compare
  let sum = t, part = t;
  if (Math.abs(t) > 4) return Math.sign(t);
  for (let n = 1; n < 80; n++) { part *= -t * t / n; sum += part / (2 * n + 1); }
  return sum * 2 / Math.sqrt(Math.PI);
}
for (const s of steps) {
  s.f = new Function("z", "x", "erf", "return " + s.js);
  s.x0 = s.x.slice(); s.w0 = s.w.slice(); s.b0 = s.bias; s.inputs = [];
}
const sum = s => { // compensated (Neumaier 1974), so that the order of the terms hardly matters
  let total = 0, rest = 0;
  for (let i = 0; i <= s.x.length; i++) {
    const v = i < s.x.length ? s.x[i] * s.w[i] : s.bias, t = total + v;
    rest += Math.abs(total) >= Math.abs(v) ? (total - t) + v : (v - t) + total;
    total = t;
  }
  return total + rest;
};
function follow(start) { // recompute a stage and all that stand on it; steps below come later in the list
  for (let n = start; n >= 0; n--) {
    const s = steps[n];
    for (const [term, lower] of Object.entries(s.below)) {
      if (lower > start) continue;
      const i = +term, value = steps[lower].a;
      if (value === s.x[i]) continue;
      if (s.shares) { // probabilities: what one gains the others lose
        const scale = (1 - value) / (1 - s.x[i]);
        for (let j = 0; j < s.x.length; j++) if (j !== i) s.x[j] *= scale;
      }
      s.x[i] = value;
    }
    s.z = sum(s);
    s.a = s.f(s.z, s.x, erf);
    show(s);
  }
  swatch();
}
const changed = s => s.bias !== s.b0 || s.x.some((v, i) => v !== s.x0[i]) || s.w.some((v, i) => v !== s.w0[i]);
function show(s) {
  const most = Math.max(...s.rows.map(r => Math.abs(r.value())), 1e-300);
  for (const r of s.rows) r.show(most);
  s.out.textContent = told(s.a);
  s.zed.textContent = told(s.z);
  s.aye.textContent = told(s.a);
  s.dot();
  const moved = changed(s);
  s.proof.className = moved ? "proof stale" : s.proved ? "proof" : "proof failed";
  if (s.backwards) s.backwards.hidden = moved; // it is of the numbers as they ran
  s.proof.textContent = moved ? `changed by hand; it was a = ${told(s.a0)}` : s.proofText;
}
function field(s, key, i) {
  const read = () => key === "bias" ? s.bias : s[key][i], was = () => key === "bias" ? s.b0 : s[key + "0"][i];
  const input = make("input", { inputmode: "decimal", "aria-label": key });
  input.show = () => {
    if (document.activeElement !== input) input.value = told(read());
    input.className = read() === was() ? "" : "changed";
  };
  input.onfocus = () => { input.value = String(read()); input.select(); };
  input.onblur = () => input.show();
  input.onchange = () => {
    const v = Number(input.value.replace("\u2212", "-").replace(",", "."));
    if (input.value.trim() === "" || !Number.isFinite(v)) { input.className = "bad"; return; }
    if (key === "bias") s.bias = v; else s[key][i] = v;
    follow(s.n);
  };
  return input;
}
function beam(most, value) {
  const i = make("i", value < 0 ? { class: "minus" } : {});
  i.style.width = Math.min(50, 50 * Math.abs(value) / most) + "%";
  return make("div", { class: "beam" }, i);
}
function row(s, i) {
  const lower = s.below[i];
  const name = lower === undefined ? document.createTextNode(s.names[i])
    : make("a", { href: "#s" + lower }, s.names[i] + " \u2193");
  const x = field(s, "x", i), w = field(s, "w", i), product = make("td"), bar = make("td", { class: "bar" });
  const line = make("tr", {}, make("td", {}, name), make("td", {}, x), make("td", {}, w), product, bar);
  const value = () => s.x[i] * s.w[i];
  if (s.fields[i]) line.onmouseover = event => { box({ field: s.fields[i] }); event.stopPropagation(); };
  s.rows.push({ value, show: most => { x.show(); w.show(); product.textContent = told(value()); bar.replaceChildren(beam(most, value())); } });
  return line;
}
function table(s) {
  const order = s.x.map((_, i) => i).sort((i, j) => Math.abs(s.x[j] * s.w[j]) - Math.abs(s.x[i] * s.w[i]));
  const first = order.length > SHOWN + 1 ? order.slice(0, SHOWN) : s.x.map((_, i) => i);
  for (const i of Object.keys(s.below).map(Number)) if (!first.includes(i)) first.push(i);
  const others = order.filter(i => !first.includes(i));
  const body = make("tbody");
  for (const i of first) body.append(row(s, i));
  if (others.length) {
    const product = make("td"), bar = make("td", { class: "bar" });
    const all = make("button", {}, "show them");
    const line = make("tr", {}, make("td", {}, `the other ${others.length} `, all), make("td"), make("td"), product, bar);
    const value = () => others.reduce((t, i) => t + s.x[i] * s.w[i], 0);
    const entry = { value, show: most => { product.textContent = told(value()); bar.replaceChildren(beam(most, value())); } };
    s.rows.push(entry);
    all.onclick = () => { s.rows.splice(s.rows.indexOf(entry), 1); line.replaceWith(...others.map(i => row(s, i))); show(s); };
    body.append(line);
  }
  const b = field(s, "bias"), product = make("td"), bar = make("td", { class: "bar" });
  s.rows.push({ value: () => s.bias, show: most => { b.show(); product.textContent = told(s.bias); bar.replaceChildren(beam(most, s.bias)); } });
  body.append(make("tr", {}, make("td", {}, "bias"), make("td", {}, ""), make("td", {}, b), product, bar));
  const head = make("tr", {}, ...["input", "x", "w", "w \u00b7 x"].map(t => make("th", {}, t)), make("th", { class: "bar" }));
  return make("table", {}, make("thead", {}, head), body);
}
function plot(s) { // the curve around z, and where on it this neuron is
  const NS = "http://www.w3.org/2000/svg", W = 132, H = 84, span = Math.max(3, 1.6 * Math.abs(s.z));
  const svg = document.createElementNS(NS, "svg"), line = document.createElementNS(NS, "path"), dot = document.createElementNS(NS, "circle");
  const axes = document.createElementNS(NS, "path");
  const zs = Array.from({ length: 97 }, (_, i) => (i / 48 - 1) * span), values = zs.map(z => s.f(z, s.x, erf)).filter(Number.isFinite);
  const low = Math.min(0, ...values), high = Math.max(...values, low + 1e-9);
  const px = z => W / 2 + z / span * (W / 2 - 6), py = a => H - 7 - (a - low) / (high - low) * (H - 14);
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  svg.setAttribute("aria-label", "the activation function, and this neuron on it");
  axes.setAttribute("d", `M0 ${py(0)}H${W}M${W / 2} 0V${H}`); axes.setAttribute("stroke", "var(--line)");
  line.setAttribute("d", "M" + zs.map(z => [z, s.f(z, s.x, erf)]).filter(p => Number.isFinite(p[1])).map(([z, a]) => `${px(z)} ${py(a)}`).join("L"));
  line.setAttribute("fill", "none"); line.setAttribute("stroke", "var(--plus)"); line.setAttribute("stroke-width", "1.6");
  dot.setAttribute("r", "4"); dot.setAttribute("fill", "var(--mark)");
  svg.append(axes, line, dot);
  s.dot = () => { dot.setAttribute("cx", Math.min(W, Math.max(0, px(s.z)))); dot.setAttribute("cy", Math.min(H, Math.max(0, py(s.a)))); };
  return svg;
}
function card(s) {
  s.rows = []; s.a0 = s.a;
  s.out = make("output"); s.zed = make("b"); s.aye = make("b"); s.proof = make("p");
  const straight = s.curve === "identity";
  const sums = make("div", {}, make("p", {}, `z = \u03a3 w\u00b7x + b (${s.x.length} input${s.x.length > 1 ? "s" : ""}) = `, s.zed),
    make("p", {}, straight ? "a = z = " : `a = ${s.formula} = `, s.aye));
  const graph = plot(s);
  const article = make("article", { id: "s" + s.n },
    make("h2", {}, make("span", { class: "n" }, String(s.n + 1)), make("span", {}, s.name), s.out),
    s.unit ? make("p", { class: "unit" }, s.unit) : "", table(s), make("div", { class: "sum" }, sums, straight ? "" : graph));
  if (s.back) article.append(s.backwards = make("p", { class: "back" }, s.back));
  article.append(s.proof);
  const look = () => { document.querySelectorAll("article.at").forEach(a => a.classList.remove("at")); article.classList.add("at"); box(s); };
  article.onmouseover = look; article.onfocusin = look;
  return article;
}
function box(s) {
  const frame = document.getElementById("field");
  if (!frame) return;
  frame.hidden = !s.field;
  if (s.field) [frame.style.left, frame.style.top, frame.style.width, frame.style.height] = s.field.map(v => 100 * v + "%");
}
function swatch() {
  const now = document.getElementById("now");
  if (!now) return;
  const rgb = steps.slice(0, 3).map(s => Math.round(Math.min(255, Math.max(0, s.a))));
  now.style.background = `rgb(${rgb})`;
  document.getElementById("says").textContent = `now ${rgb.join(", ")}`;
}
function aside() {
  const s = data.image, side = document.getElementById("aside");
  if (!s) { side.remove(); return; }
  document.getElementById("main").className = "seen";
  const cross = make("div", { class: "cross" }), frame = make("div", { class: "field", id: "field", hidden: true });
  if (s.at) { cross.style.left = s.at[0] * 100 + "%"; cross.style.top = s.at[1] * 100 + "%"; }
  side.append(make("div", { class: "picture" }, make("img", { src: s.picture, alt: s.words }), frame, s.at ? cross : ""));
  side.append(make("p", { class: "legend" }, (s.at ? "Ring: the place. " : "") + "Frame: what the neuron or input under the pointer can see of the picture."));
  if (s.saliency) {
    side.append(make("div", { class: "picture" }, make("img", { src: s.saliency, alt: "saliency" })));
    side.append(make("p", { class: "legend" }, s.legend));
  }
  if (s.rgb) {
    const was = make("div", { class: "swatch" }), now = make("div", { class: "swatch", id: "now" });
    was.style.background = `rgb(${s.rgb})`;
    side.append(make("div", { class: "swatches" }, was, `as painted ${s.rgb.join(", ")}`, now, make("span", { id: "says" })));
  }
  const reset = make("button", {}, "put everything back");
  reset.onclick = () => { for (const t of steps) { t.x = t.x0.slice(); t.w = t.w0.slice(); t.bias = t.b0; } follow(steps.length - 1); };
  side.append(make("p", {}, reset));
}
aside();
const walk = document.getElementById("walk");
let part = "";
for (const s of steps) {
  if (s.part !== part) walk.append(make("h3", { class: "part" }, part = s.part));
  walk.append(card(s));
}
for (const s of steps) show(s);
swatch();
