// Whatever comes from /backends is put in as text, never as markup.
#include "status_page.h"

namespace penstock::admin {

const std::string_view k_status_page = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Penstock</title>
<style>
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #fff; --ink: #17202a; --soft: #66717f; --line: #e1e5ea;
  --water: #1273c4; --good: #1a7f4b; --warn: #a86400; --bad: #c02b2b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10151b; --card: #182029; --ink: #e6ebf0; --soft: #93a0ae; --line: #28323d;
    --water: #58aef5; --good: #4cc38a; --warn: #e2a03f; --bad: #f07171;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
header, main { max-width: 78rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1.2rem; padding-top: 1.4rem; }
h1 { font-size: 1.35rem; margin: 0; letter-spacing: -.01em; }
nav { margin-left: auto; }
nav a { color: var(--water); text-decoration: none; margin-left: 1rem; }
nav a:hover, nav a:focus-visible { text-decoration: underline; }
.pill { border-radius: 1rem; padding: .05rem .7rem; font-size: .85rem; border: 1px solid currentColor; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .8rem;
  margin: 1.2rem 0; }
.tile, .table { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
.tile { padding: .7rem 1rem; }
.tile b { display: block; font-size: 1.5rem; font-weight: 600; line-height: 1.3; }
.tile span { color: var(--soft); font-size: .85rem; }
.table { overflow-x: auto; margin-bottom: 2rem; }
table { border-collapse: collapse; width: 100%; white-space: nowrap; }
th, td { padding: .55rem .9rem; text-align: left; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .8rem; }
tr.pool th { background: var(--ground); font-weight: 600; font-size: .85rem; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
td small { display: block; color: var(--soft); max-width: 26rem; overflow: hidden;
  text-overflow: ellipsis; }
.bar { display: inline-block; width: 5.5rem; height: .5rem; border-radius: .25rem; overflow: hidden;
  background: var(--line); margin-right: .5rem; vertical-align: middle; }
.bar i { display: block; height: 100%; background: var(--water); transition: width .4s; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.soft { color: var(--soft); }
</style>
</head>
<body>
<header>
  <h1>Penstock</h1>
  <span id="state" class="pill soft" role="status">connecting</span>
  <span id="generation" class="soft"></span>
  <nav><a href="/backends">backends</a><a href="/metrics">metrics</a><a href="/config">config</a>
    <a href="/readyz">readyz</a></nav>
</header>
<main>
  <section class="tiles" aria-label="Totals">
    <div class="tile"><b id="healthy">–</b><span>healthy backends</span></div>
    <div class="tile"><b id="in_flight">–</b><span>requests in flight here</span></div>
    <div class="tile"><b id="running">–</b><span>running on engines</span></div>
    <div class="tile"><b id="waiting">–</b><span>waiting on engines</span></div>
  </section>
  <div class="table"><table>
    <thead><tr><th>Backend</th><th>Health</th><th class="n">In flight</th><th class="n">Running</th>
      <th class="n">Waiting</th><th>KV cache</th><th>Prefix index</th><th class="n">Sample age</th></tr></thead>
    <tbody id="rows"><tr><td colspan="8" class="soft">Waiting for the first answer.</td></tr></tbody>
  </table></div>
</main>
)html"
                                       R"html(<script>
"use strict";
const byId = id => document.getElementById(id);
function make(tag, kind, text) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
}
const count = value => value === null || value === undefined ? "–" : Math.round(value).toLocaleString("en");
function bar(share, label) {
  const cell = make("td");
  if (share === null || !isFinite(share)) { cell.className = "soft"; cell.textContent = "–"; return cell; }
  const outer = make("span", "bar"), inner = make("i");
  inner.style.width = Math.min(100, Math.max(0, share * 100)) + "%";
  outer.append(inner);
  cell.append(outer, label);
  return cell;
}
function healthOf(backend) {
  if (backend.draining) return ["draining", "warn"];
  if (backend.ejected) return ["ejected", "bad"];
  return [backend.health, {healthy: "good", unhealthy: "bad", loading: "warn"}[backend.health] || "soft"];
}
function rowOf(backend) {
  const row = make("tr"), sample = backend.sample, name = make("td", "", backend.url);
  const about = [backend.engine, ...backend.models].join(" · ");
  name.append(make("small", backend.last_error ? "bad" : "", backend.last_error || about));
  name.lastChild.title = backend.last_error || about;
  const [health, kind] = healthOf(backend);
  const held = backend.index.capacity > 0 ? backend.index.blocks / backend.index.capacity : null;
  const stale = !sample || sample.age_seconds > 1;
  row.append(name, make("td", kind, "● " + health), make("td", "n", count(backend.in_flight)),
    make("td", "n", count(sample && sample.requests_running)),
    make("td", "n" + (sample && sample.requests_waiting > 0 ? " warn" : ""),
         count(sample && sample.requests_waiting)),
    bar(sample && sample.kv_usage, sample && sample.kv_usage !== null ? Math.round(sample.kv_usage * 100) + " %" : ""),
    bar(held, count(backend.index.blocks)),
    make("td", "n " + (stale ? "warn" : "soft"), sample ? sample.age_seconds.toFixed(2) + " s" : "–"));
  return row;
}
function show(state) {
  const good = state.readiness === "ready";
  byId("state").className = "pill " + (good ? "good" : "bad");
  byId("state").textContent = state.readiness.replaceAll("_", " ");
  byId("generation").textContent = "generation " + state.generation;
  const all = state.backends, sum = read => all.reduce((total, b) => total + (read(b) || 0), 0);
  byId("healthy").textContent = all.filter(b => b.health === "healthy").length + " / " + all.length;
  byId("in_flight").textContent = count(sum(b => b.in_flight));
  byId("running").textContent = count(sum(b => b.sample && b.sample.requests_running));
  byId("waiting").textContent = count(sum(b => b.sample && b.sample.requests_waiting));
  const rows = [];
  let pool = null;
  for (const backend of all) {
    if (backend.pool !== pool) {
      pool = backend.pool;
      const row = make("tr", "pool"), cell = make("th", "", pool);
      cell.colSpan = 8;
      row.append(cell);
      rows.push(row);
    }
    rows.push(rowOf(backend));
  }
  if (rows.length === 0) {
    const cell = make("td", "soft", "No backend is configured or discovered.");
    cell.colSpan = 8;
    rows.push(make("tr"));
    rows[0].append(cell);
  }
  byId("rows").replaceChildren(...rows);
}
async function refresh() {
  try {
    const answer = await fetch("/backends", {cache: "no-store"});
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.json());
  } catch {
    byId("state").className = "pill bad";
    byId("state").textContent = "no answer";
  }
  setTimeout(refresh, 1000);
}
refresh();
</script>
</body>
</html>
)html";

}  // namespace penstock::admin
