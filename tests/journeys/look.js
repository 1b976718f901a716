// What a page looks like, measured: used by looking.py. An expression: ({faults, metrics, colours, shifts}).
({
  // What look.md asks of every page: targets, contrast, size of type, nothing wider than the window.
  faults({ office }) {
    const [target, least] = office ? [36, 4.5] : [44, 7];
    const found = [];
    const seen = (e) => {
      const r = e.getBoundingClientRect();
      return r.width > 1 && r.height > 1 && r.right > 0 && getComputedStyle(e).visibility !== "hidden"
        && !e.closest(".sr-only, .skip") && (!e.closest("details:not([open])") || e.closest("summary"));
    };
    const name = (e) => `<${e.tagName.toLowerCase()} class="${e.getAttribute("class") || ""}"> ${e.textContent.trim().slice(0, 24)}`;
    for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
      if (!seen(e)) continue;
      const box = (e.matches("[type=checkbox], [type=radio]") && (e.closest("label") || e.closest(".choice"))) || e;
      // A link within a sentence is as high as its line (WCAG 2.5.8); so is one in a heading of its own line.
      const inside = e.matches("a") && getComputedStyle(e).display === "inline"
        && e.parentElement.textContent.trim() !== e.textContent.trim() && !e.closest("table, .list, .rows, .path");
      const height = box.getBoundingClientRect().height;
      // look.md draws a dwelling's cell 22 px high, its neighbours 2 px away (WCAG 2.5.8, spacing); the list is beside it.
      if (!inside && !e.matches(".cell") && height < target - 0.6) found.push(`${Math.round(height)} px high: ${name(e)}`);
    }
    const parsed = (c) => { const m = c.match(/[\d.]+/g).map(Number); return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1]; };
    const over = (a, b) => a.slice(0, 3).map((v, i) => v * a[3] + b[i] * (1 - a[3])).concat(1);
    const light = (c) => {
      const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (e) => {
      const layers = [];
      for (let n = e; n; n = n.parentElement) {
        const c = parsed(getComputedStyle(n).backgroundColor);
        if (c[3] > 0) layers.push(c);
        if (c[3] === 1) break;
      }
      return layers.reverse().reduce((base, layer) => over(layer, base), [255, 255, 255, 1]);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const done = new Set();
    while (walker.nextNode()) {
      const e = walker.currentNode.parentElement;
      if (!walker.currentNode.textContent.trim() || done.has(e)) continue;
      done.add(e);
      if (!seen(e) || e.closest("script, style, title, desc")) continue;
      const style = getComputedStyle(e), drawn = e.closest("svg"), ground = behind(e);
      const colour = parsed(drawn && style.fill.startsWith("rgb") ? style.fill : style.color);
      if (drawn) colour[3] *= Number(style.fillOpacity);
      if (colour[3] === 0) continue;
      const [a, b] = [light(over(colour, ground)), light(ground)].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < least - 0.005) found.push(`contrast ${ratio.toFixed(2)}: ${name(e)}`);
      if (!office && !drawn && parseFloat(style.fontSize) < 17.9 && !e.closest(".key")) found.push(`${style.fontSize}: ${name(e)}`);
    }
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) found.push(`${wide} px wider than the window`);
    return [...new Set(found)];
  },

  // Each component's place, height, lines of text and sizes of type.
  metrics() {
    const found = {};
    for (const part of document.querySelectorAll("[data-component]")) {
      const box = part.getBoundingClientRect(), range = document.createRange(), sizes = new Set(), tops = new Set();
      const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const e = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || e.closest(".sr-only, title, desc, option")) continue;
        range.selectNodeContents(walker.currentNode);
        for (const r of range.getClientRects()) if (r.width > 1) tops.add(`${Math.round(r.left / 4)} ${Math.round(r.top / 4)}`);
        if (range.getClientRects().length) sizes.add(Math.round(parseFloat(getComputedStyle(e).fontSize) * 10) / 10);
      }
      found[part.dataset.component] = [Math.round(box.left), Math.round(box.width), Math.round(box.height), tops.size, [...sizes].sort((a, b) => a - b).join(" ")];
    }
    return found;
  },

  // The colours that each component uses: text, grounds, lines that are there.
  colours() {
    const hex = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m[3] === 0 ? "" : `#${m.slice(0, 3).map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`; };
    const found = {};
    for (const part of document.querySelectorAll("[data-component]")) {
      const used = new Set();
      for (const e of [part, ...part.querySelectorAll("*")]) {
        if (e.closest("svg, option, datalist")) continue;
        for (const pseudo of [null, "::before", "::after"]) {
          const s = getComputedStyle(e, pseudo);
          if (pseudo && s.content === "none") continue;
          if (!pseudo && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) used.add(hex(s.color));
          used.add(hex(s.backgroundColor));
          for (const side of ["Top", "Right", "Bottom", "Left"]) {
            if (parseFloat(s[`border${side}Width`]) > 0 && s[`border${side}Style`] !== "none") used.add(`${hex(s[`border${side}Color`])}-${s[`border${side}Style`]}`);
          }
        }
      }
      used.delete("");
      found[part.dataset.component] = [...used].sort().join(" ");
    }
    return found;
  },

  // What moved after it was shown, with the part of the window that it moved through (a promise).
  shifts() {
    const at = (r) => `${Math.round(r.width)}×${Math.round(r.height)} at ${Math.round(r.x)},${Math.round(r.y)}`;
    const said = (node) => (node?.outerHTML || node?.textContent || "something gone").slice(0, 120);
    return new Promise((done) => {
      const found = [];
      const add = (entries) => {
        for (const e of entries) {
          const parts = e.sources.map((s) => `${said(s.node)} from ${at(s.previousRect)} to ${at(s.currentRect)}`);
          found.push(`${e.value.toFixed(5)}: ${parts.join("; ")}`);
        }
      };
      const watch = new PerformanceObserver((list) => add(list.getEntries()));
      watch.observe({ type: "layout-shift", buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
        add(watch.takeRecords());
        done(found);
      }, 60)));
    });
  },
})
