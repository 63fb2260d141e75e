"use strict";
(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = (element, name) => element.getAttribute(name).split(" ").filter(Boolean);

  const svg = find("svg");
  const canvas = find(".canvas");
  const body = find("tbody");
  const fields = { q: find("#q"), ns: find("#ns"), v: find("#v"), m: find("#m") };
  const rows = all("tbody tr").map((element) => ({
    element,
    index: element.id.slice(1),
    from: element.dataset.from,
    to: element.dataset.to,
    ns: words(element, "data-ns"),
    v: words(element, "data-v"),
    m: words(element, "data-m"),
    text: element.textContent.toLowerCase(),
  }));
  const arrows = all(".arrow").map((element) => ({
    element,
    id: element.id,
    from: element.dataset.from,
    to: element.dataset.to,
    rows: words(element, "data-rows"),
  }));
  const byId = new Map(arrows.map((arrow) => [arrow.id, arrow]));
  const ends = new Map(all(".end").map((element) => [element.id.slice(1), element]));
  const badges = all(".badge, .label");
  let at = "";

  // What is shown is in the address, so that it can be passed on.
  function read() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const [name, field] of Object.entries(fields)) {
      field.value = state.get(name) ?? "";
      if (field.value !== (state.get(name) ?? "")) field.value = "";
    }
    at = state.get("at") ?? "";
    if (!byId.has(at) && !ends.has(at.slice(1))) at = "";
    apply();
  }

  function write() {
    const state = new URLSearchParams();
    for (const [name, field] of Object.entries(fields)) if (field.value) state.set(name, field.value);
    if (at) state.set("at", at);
    history.replaceState(null, "", `#${state}`);
    apply();
  }

  function passes(row) {
    const m = fields.m.value;
    const recognised = row.m.some((mark) => mark !== "seen-once");
    return (
      (!fields.ns.value || row.ns.includes(fields.ns.value)) &&
      (!fields.v.value || row.v.includes(fields.v.value)) &&
      (!m || (m === "own" ? !recognised : row.m.includes(m))) &&
      fields.q.value.toLowerCase().split(/\s+/).every((word) => row.text.includes(word))
    );
  }

  function chosen(row) {
    if (!at) return true;
    if (at[0] === "a") return byId.get(at).rows.includes(row.index);
    return row.from === at.slice(1) || row.to === at.slice(1);
  }

  function apply() {
    const passing = new Set();
    let shown = 0;
    for (const row of rows) {
      const does = passes(row);
      if (does) passing.add(row.index);
      const visible = does && chosen(row);
      row.element.hidden = !visible;
      if (visible) shown += 1;
    }
    const met = new Set();
    for (const arrow of arrows) {
      const on = arrow.rows.some((row) => passing.has(row));
      arrow.element.classList.toggle("off", !on);
      if (on) met.add(arrow.from).add(arrow.to);
    }
    for (const badge of badges) {
      const arrow = byId.get(`a${badge.dataset.arrow}`);
      badge.classList.toggle("off", arrow.element.classList.contains("off"));
    }
    for (const [id, end] of ends) {
      end.classList.toggle("off", !met.has(id));
      end.classList.toggle("chosen", at === `e${id}`);
    }
    find("#count").value = shown === rows.length ? `${shown} edges` : `${shown} of ${rows.length} edges`;
    find("#nothing").hidden = shown > 0 || rows.length === 0;
    const chip = find("#at");
    chip.hidden = !at;
    chip.textContent = at ? `${find("title", find(`#${at}`)).textContent} ✕` : "";
    point(null);
  }

  // Whatever has to do with it stands out; without it, what was chosen does.
  function point(id) {
    const of = id ?? at;
    svg.classList.toggle("pointed", Boolean(of));
    const hot = new Set();
    for (const arrow of arrows) {
      const is = of[0] === "a" ? arrow.id === of : `e${arrow.from}` === of || `e${arrow.to}` === of;
      arrow.element.classList.toggle("hot", Boolean(of) && is);
      if (of && is) hot.add(arrow.from).add(arrow.to);
    }
    if (of[0] === "e") hot.add(of.slice(1));
    for (const [end, element] of ends) element.classList.toggle("hot", hot.has(end));
    for (const badge of badges) {
      badge.classList.toggle("hot", byId.get(`a${badge.dataset.arrow}`).element.classList.contains("hot"));
    }
  }

  function pointed(event) {
    const target = event.target.closest(".end, .arrow, .badge, tbody tr, #drops li");
    if (!target) return null;
    if (target.matches("tr")) return arrows.find((arrow) => arrow.rows.includes(target.id.slice(1)))?.id;
    return target.dataset.arrow === undefined ? target.id : `a${target.dataset.arrow}`;
  }

  function sort(header, index) {
    const rising = header.getAttribute("aria-sort") !== "ascending";
    for (const other of all("th")) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const key = (row) => {
      const cell = row.element.cells[index];
      return cell.dataset.sort === undefined ? cell.textContent : Number(cell.dataset.sort);
    };
    const keyed = rows.map((row) => [key(row), row]);
    const compare = (one, other) => (typeof one === "number" ? one - other : one.localeCompare(other));
    keyed.sort(([one], [other]) => (rising ? compare(one, other) : compare(other, one)));
    body.append(...keyed.map(([, row]) => row.element));
  }

  const width = Number(svg.getAttribute("width"));
  const height = Number(svg.getAttribute("height"));
  let scale = 1;
  function zoom(to) {
    scale = Math.min(3, Math.max(0.15, to));
    svg.setAttribute("width", width * scale);
    svg.setAttribute("height", height * scale);
  }
  // Never so small that names cannot be read.
  const fit = () => zoom(Math.min(1.25, Math.max(0.5, (canvas.clientWidth - 18) / width)));

  function drag(event) {
    if (event.button !== 0 || event.target.closest(".end, .arrow, .badge")) return;
    const { scrollLeft, scrollTop } = canvas;
    const move = (moved) => {
      canvas.classList.add("dragged");
      canvas.scrollTo(scrollLeft + event.clientX - moved.clientX, scrollTop + event.clientY - moved.clientY);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => {
      canvas.classList.remove("dragged");
      removeEventListener("pointermove", move);
    }, { once: true });
  }

  for (const field of Object.values(fields)) field.addEventListener("input", write);
  find("#filters").addEventListener("submit", (event) => event.preventDefault());
  find("#filters").addEventListener("reset", () => setTimeout(() => ((at = ""), write())));
  find("#at").addEventListener("click", () => ((at = ""), write()));
  addEventListener("hashchange", read);
  document.addEventListener("click", (event) => {
    const id = event.target.closest("svg .end, svg .arrow, svg .badge, #drops a") && pointed(event);
    if (!id) return;
    event.preventDefault();
    at = at === id ? "" : id;
    write();
  });
  document.addEventListener("pointerover", (event) => point(pointed(event) ?? null));
  document.addEventListener("focusin", (event) => point(pointed(event) ?? null));
  for (const [index, header] of all("th").entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(header, index));
    header.append(button);
  }
  for (const button of all("[data-zoom]")) {
    const by = { in: 1.25, out: 0.8 }[button.dataset.zoom];
    button.addEventListener("click", () => (by ? zoom(scale * by) : fit()));
  }
  canvas.addEventListener("pointerdown", drag);
  const theme = find("#theme");
  theme.addEventListener("click", () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark" ||
      (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  });
  for (const element of [theme, find("#filters"), find(".zoom")]) element.hidden = false;
  svg.classList.toggle("many", arrows.length > 60);
  fit();
  read();
})();
