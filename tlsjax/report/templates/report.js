"use strict";
// What a page can do beyond being read: points under the pointer, curves off and on, figures to save, plain numbers to
// copy. Without it everything is still there.
(() => {
  const NEAR = 14; // px from the pointer to a point that it means
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const tip = make("div", { className: "tip", hidden: true });
  tip.setAttribute("role", "status");
  document.body.append(tip);

  const plain = text => text
    .replace(/\s*×\s*10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, (_, power) => "e" + lowered(power))
    .replace(/(^|[\s(])10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, (_, before, power) => before + "1e" + lowered(power))
    .replace(/−/g, "-")
    .replace(/[\u00a0\u202f]/g, " ");
  const lowered = power => [...power].map(one => "-0123456789"["⁻⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(one)]).join("");
  document.addEventListener("copy", event => {
    const chosen = document.getSelection();
    const inside = node => (node instanceof Element ? node : node?.parentElement)?.closest("table, .tip");
    if (chosen.isCollapsed || !inside(chosen.anchorNode) || !inside(chosen.focusNode)) return;
    event.clipboardData.setData("text/plain", plain(chosen.toString()));
    event.preventDefault();
  });

  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const text = document.getElementById(button.dataset.of);
      document.getSelection().selectAllChildren(text);
      // files opened from a disk have no clipboard of their own in every browser
      const done = document.execCommand("copy");
      button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    });
  }

  for (const figure of document.querySelectorAll("figure[data-name]")) {
    const card = figure.querySelector(".card");
    const svg = card.querySelector("svg");
    const save = make("button", { type: "button", className: "save", textContent: "Save as SVG" });
    save.setAttribute("aria-label", `Save ${figure.dataset.name} as SVG`);
    save.addEventListener("click", () => saved(svg, figure.dataset.name));
    card.after(make("div", { className: "tools" }, save));
    const data = figure.querySelector("script[type='application/json']");
    if (data) explore(figure, card, svg, JSON.parse(data.textContent));
    else card.dataset.still = "";
  }

  // what goes on beyond its edge shows it there; a figure in which nothing else is to do is a tab stop only then
  const stop = { tabindex: "0", role: "group", "aria-label": "Figure, scrolls sideways" };
  const edges = new ResizeObserver(entries => entries.forEach(entry => edge(entry.target)));
  for (const box of document.querySelectorAll(".card, .scroll")) {
    edges.observe(box);
    box.addEventListener("scroll", () => edge(box), { passive: true });
  }
  function edge(box) {
    box.classList.toggle("more", box.scrollWidth - box.clientWidth - box.scrollLeft > 1);
    if (!("still" in box.dataset)) return;
    for (const [name, value] of Object.entries(stop))
      if (box.scrollWidth > box.clientWidth) box.setAttribute(name, value); else box.removeAttribute(name);
  }

  function saved(svg, name) {
    const copy = svg.cloneNode(true);
    copy.querySelectorAll(".ring").forEach(ring => ring.remove());
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    for (const [side, name] of [["width", "--w"], ["height", "--h"]])
      copy.setAttribute(side, `${72 * copy.style.getPropertyValue(name)}pt`);
    copy.removeAttribute("style");
    const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
    style.textContent = "*{stroke-linejoin: round; stroke-linecap: butt}"; // as report.css has it
    copy.prepend(style);
    const text = '<?xml version="1.0" encoding="utf-8"?>\n' + new XMLSerializer().serializeToString(copy);
    const link = make("a", { download: `${name}.svg` });
    link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function explore(figure, card, svg, { file, points, switches }) {
    const off = new Set();
    const ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    ring.setAttribute("class", "ring");
    ring.setAttribute("r", 5);
    const alt = svg.getAttribute("aria-label");
    let chosen = -1, byKeys = false;
    card.setAttribute("role", "group");
    card.setAttribute("aria-label", "Measured points: ← and → step from one to the next, Esc closes");

    const hide = () => { tip.hidden = true; ring.remove(); chosen = -1; byKeys = false; };
    const show = (index, lower = false) => {
      const [x, y, below, , words] = points[index];
      chosen = index;
      ring.setAttribute("cx", x);
      ring.setAttribute("cy", lower || y === null ? below : y);
      svg.append(ring);
      tip.textContent = `${file}, ${words}`;
      place();
    };
    // beside the ring and inside the window
    const place = () => {
      tip.hidden = false;
      const at = ring.getBoundingClientRect(), box = tip.getBoundingClientRect();
      const { clientWidth: wide, clientHeight: tall } = document.documentElement, gap = 8;
      const inside = (start, length, all) => Math.max(gap, Math.min(start, all - length - gap));
      const top = at.top - box.height - gap;
      tip.style.left = `${inside(at.left + at.width / 2 - box.width / 2, box.width, wide)}px`;
      tip.style.top = `${inside(top > gap ? top : at.bottom + gap, box.height, tall)}px`;
      tip.hidden = at.bottom < 0 || at.top > tall || at.right < 0 || at.left > wide;
    };
    // stepping scrolls as well, and late: then the tip goes along
    const scrolled = () => {
      if (chosen < 0) return; // what is shown is of another figure
      if (byKeys) place(); else hide();
    };
    const seen = ([x, y, below, level]) => !off.has(level) && x !== null && (y !== null || below !== null);

    const point = event => {
      byKeys = false;
      const scale = svg.getScreenCTM();
      const { x: left, y: top } = new DOMPoint(event.clientX, event.clientY).matrixTransform(scale.inverse());
      let best = NEAR / scale.a, found = -1, lower = false;
      points.forEach((one, index) => {
        if (!seen(one)) return;
        for (const isBelow of [false, true]) {
          const y = one[isBelow ? 2 : 1];
          const far = y === null ? Infinity : Math.hypot(one[0] - left, y - top);
          if (far < best) [best, found, lower] = [far, index, isBelow];
        }
      });
      if (found >= 0) show(found, lower);
      else hide();
    };
    card.addEventListener("pointermove", point);
    card.addEventListener("pointerdown", point);
    card.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") hide(); });
    card.addEventListener("blur", hide);
    for (const mover of [document, card]) mover.addEventListener("scroll", scrolled, { passive: true });

    card.addEventListener("keydown", event => {
      const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
      if (event.key === "Escape") hide();
      if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
      const order = [...points.keys()].filter(index => seen(points[index]));
      if (!order.length) return;
      event.preventDefault();
      const next = Math.max(0, Math.min(order.indexOf(chosen) + steps[event.key], order.length - 1));
      show(order[next]);
      byKeys = true;
      card.scrollLeft = points[order[next]][0] * svg.getScreenCTM().a - card.clientWidth / 2;
      ring.scrollIntoView({ block: "nearest", inline: "nearest" });
      place();
    });

    const tools = make("div", { className: "tools" });
    const boxes = switches.map(([words, colour], level) => {
      const box = make("input", { type: "checkbox", checked: true });
      box.style.accentColor = colour;
      box.addEventListener("change", () => {
        hide();
        if (box.checked) off.delete(level); else off.add(level);
        for (const part of svg.querySelectorAll(`[id^="${figure.dataset.name}-level${level}-"]`))
          part.style.display = box.checked ? "" : "none";
        const hidden = switches.filter((_, level) => off.has(level)).map(([words]) => words);
        svg.setAttribute("aria-label", hidden.length ? `${alt} ${hidden.join(", ")} not shown.` : alt);
        every.checked = off.size === 0;
        every.indeterminate = off.size > 0 && off.size < boxes.length;
      });
      tools.append(make("label", {}, box, words));
      return box;
    });
    const every = make("input", { type: "checkbox", checked: true });
    every.addEventListener("change", () => {
      const { checked } = every;
      for (const box of boxes) if (box.checked !== checked) box.click();
    });
    if (boxes.length > 2) tools.prepend(make("label", {}, every, "all"));
    tools.append(make("span", { className: "hint", textContent: "Point at or tap a measured point, or step with ←\u00a0→ in the figure." }));
    card.before(tools);
  }
})();
