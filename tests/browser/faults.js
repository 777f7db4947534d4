// Faults of a page that can only be seen where it is drawn; each is a line of text.
() => {
  const found = [];
  const said = (element) => `${element.tagName.toLowerCase()} ${(element.id || element.textContent || "").trim().slice(0, 60)}`;

  // One h1, and no heading more than one level below the one before.
  let last = 0;
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  for (const heading of headings) {
    const level = Number(heading.tagName[1]);
    if (level > last + 1) found.push(`heading skips from ${last} to ${level}: ${said(heading)}`);
    last = level;
  }
  const firsts = headings.filter((heading) => heading.tagName === "H1").length;
  if (firsts !== 1) found.push(`${firsts} headings of the first level`);

  // Pictures are named, or hidden from those who would need a name.
  for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) found.push(`no alt: ${image.src}`);
  for (const svg of document.querySelectorAll("svg")) {
    if (svg.getAttribute("aria-hidden") === "true") continue;
    const by = (svg.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => document.getElementById(id));
    const name = svg.getAttribute("aria-label") || by.map((one) => (one ? one.textContent : "")).join("");
    if (svg.getAttribute("role") !== "img" || !name.trim()) found.push(`picture without a name: ${said(svg)}`);
  }

  // Tables have a caption, and heads that say what they head.
  for (const table of document.querySelectorAll("table")) {
    if (!table.caption || !table.caption.textContent.trim()) found.push(`table without a caption: ${said(table)}`);
    if (!table.querySelector("thead th[scope=col]")) found.push(`table without heads of columns: ${said(table)}`);
    for (const head of table.querySelectorAll("th")) if (!head.hasAttribute("scope")) found.push(`head without scope: ${said(head)}`);
    for (const row of table.querySelectorAll("tbody tr")) if (!row.querySelector("th")) found.push(`row without a head: ${said(row)}`);
  }

  // Identifiers are unique, and links on the page lead somewhere.
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) found.push(`id stands twice: ${id}`);
  for (const link of document.querySelectorAll("a[href^='#']"))
    if (!document.getElementById(link.getAttribute("href").slice(1))) found.push(`link leads nowhere: ${said(link)}`);

  // Nothing pokes out of the page sideways.
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${width}`);

  // Text stands out from what lies behind it: 4.5 to 1, or 3 to 1 where it is large (WCAG 2.1, 1.4.3).
  const inks = (text) => {
    const numbers = (text.match(/[\d.]+/g) || []).map(Number);
    const unit = text.startsWith("color(") ? 255 : 1;
    return { rgb: numbers.slice(0, 3).map((one) => one * unit), alpha: numbers.length > 3 ? numbers[3] : 1 };
  };
  const over = (top, below) => top.rgb.map((one, at) => top.alpha * one + (1 - top.alpha) * below[at]);
  const paper = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(inks(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (seen.has(element) || !walker.currentNode.textContent.trim()) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const drawn = element.closest("svg") !== null;
    if (element.closest("[aria-hidden=true], title, desc, metadata, style, script") || style.visibility === "hidden") continue;
    if (!element.getClientRects().length) continue;
    const behind = paper(element);
    const ink = inks(drawn ? style.fill : style.color);
    const [one, two] = [light(over(ink, behind)), light(behind)];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${said(element)}`);
  }
  return found;
}
