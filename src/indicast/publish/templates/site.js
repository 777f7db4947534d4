"use strict";
// Values of one month at a time: read from the tables of the page, with a slider's keys or a pointer on a chart.
for (const model of document.querySelectorAll("[data-reader]")) {
  const rows = [...model.querySelectorAll("tr[data-x]")].sort((one, other) => one.dataset.x - other.dataset.x);
  const reader = model.querySelector(".reader");
  const [slider, said] = [reader.querySelector("input"), reader.querySelector("output")];
  const made = (name, parent, classes) => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", name);
    one.setAttribute("class", classes);
    parent.append(one);
    return one;
  };
  const cursors = [...model.querySelectorAll("svg[data-place]")].map((svg) => ({
    svg, place: Number(svg.dataset.place), line: made("line", svg, "cursor off"), dot: made("circle", svg, "cursor off"),
  }));
  const set = (one, values) => Object.entries(values).forEach(([name, value]) => one.setAttribute(name, value));
  const show = () => {
    const row = rows[slider.value];
    const head = row.querySelector("th").dataset.name;
    const cells = [...row.querySelectorAll("td[data-name]")].map((cell) => {
      const [value, span] = [cell.querySelector("data"), cell.querySelector(".span")];
      return `${cell.dataset.name}: ${value.textContent}${span ? ` (${span.textContent})` : ""}`;
    });
    const texts = [head, ...cells].map((text) => Object.assign(document.createElement("span"), { textContent: text }));
    said.replaceChildren(...texts);
    slider.setAttribute("aria-valuetext", head);
    const heights = row.dataset.y.split(" ");
    for (const { svg, place, line, dot } of cursors) {
      const { height } = svg.viewBox.baseVal;
      const [x, y, classes] = [row.dataset.x, heights[place], heights[place] === "-" ? "cursor off" : "cursor"];
      set(line, { x1: x, x2: x, y1: 12, y2: height - 24, class: "cursor" });
      set(dot, { cx: x, cy: y === "-" ? 0 : y, r: 3.6, class: classes });
    }
  };
  const nearest = (x) => rows.reduce((best, row, at) =>
    Math.abs(row.dataset.x - x) < Math.abs(rows[best].dataset.x - x) ? at : best, 0);
  for (const { svg } of cursors) {
    const follow = (event) => {
      const box = svg.getBoundingClientRect();
      slider.value = nearest(((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width);
      show();
    };
    svg.addEventListener("pointermove", follow);
    svg.addEventListener("pointerdown", follow);
  }
  slider.max = rows.length - 1;
  slider.value = rows.findLastIndex((row) => row.dataset.kind === "published");
  slider.addEventListener("input", show);
  reader.hidden = false;
  show();
}
