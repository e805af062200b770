// Mathematics in texts: each formula that the report could read is shown as MathML beside its LaTeX; page.css shows one of
// the two. Both are built element by element, so that no text becomes markup.
"use strict";

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const formulas = (() => {
  // A formula has the element on the line of its number, parsed when it is shown.
  const { pattern, written } = JSON.parse(document.getElementById("formulas").textContent);
  const elements = document.getElementById("mathml").textContent.split("\n");
  const known = new Map(written.map((formula, number) => [formula, number]));

  // The parser knows the namespace, so that the page names no address.
  const template = document.createElement("template");
  template.innerHTML = "<math>";
  const namespace = template.content.firstChild.namespaceURI;

  function built(node) {
    if (typeof node === "string") return node;
    const [name, ...content] = node;
    const made = document.createElementNS(namespace, name);
    if (content.length && typeof content[0] === "object" && !Array.isArray(content[0])) {
      for (const [key, value] of Object.entries(content.shift())) made.setAttribute(key, value);
    }
    made.append(...content.map(built));
    return made;
  }

  // The pieces of a text in their order, each with the place where it begins: plain ones, formulas and figures.
  function* pieces(text) {
    const search = new RegExp(pattern, "g");
    let done = 0;
    for (let found; (found = search.exec(text)); ) {
      const figure = found[0].startsWith("[asy]");
      if (!figure && !known.has(found[0])) {
        search.lastIndex = found.index + 1;
        continue;
      }
      if (found.index > done) yield { at: done, text: text.slice(done, found.index) };
      yield { at: found.index, text: found[0], figure, formula: !figure };
      done = search.lastIndex;
    }
    if (done < text.length) yield { at: done, text: text.slice(done) };
  }

  // A text whose characters from one place to another, counted from `at`, are marked.
  function marked(text, at, from, to) {
    const [start, end] = [from, to].map((place) => Math.min(Math.max(place - at, 0), text.length));
    return start < end ? [text.slice(0, start), element("mark", null, text.slice(start, end)), text.slice(end)] : [text];
  }

  // A formula is marked whole where any of it is to be marked, its LaTeX only there.
  function formula(text, at = 0, from = 0, to = 0) {
    const math = built(JSON.parse(elements[known.get(text)]));
    math.setAttribute("alttext", text);
    const touched = from < at + text.length && to > at;
    const shown = math.getAttribute("display") === "block" ? "formula display" : "formula";
    return element("span", { class: shown }, element(touched ? "mark" : "span", { class: "drawn" }, math),
      element("span", { class: "latex" }, ...marked(text, at, from, to)));
  }

  // A text within a line.
  function rich(text) {
    return [...pieces(text)].map((piece) => 
      piece.formula ? formula(piece.text) : piece.figure ? element("code", { class: "figure" }, piece.text) : piece.text);
  }

  // A text line by line; a formula or a figure over several lines stands in one.
  function lines(text, from, to) {
    const shown = [element("span", { class: "line" })];
    for (const piece of pieces(text)) {
      if (piece.formula) shown.at(-1).append(formula(piece.text, piece.at, from, to));
      else if (piece.figure) shown.at(-1).append(element("code", { class: "figure" }, ...marked(piece.text, piece.at, from, to)));
      else plainLines(shown, piece, from, to);
    }
    return shown;
  }

  function plainLines(shown, piece, from, to) {
    let at = piece.at;
    piece.text.split("\n").forEach((line, index) => {
      if (index) shown.push(element("span", { class: "line" }));
      shown.at(-1).append(...marked(line, at, from, to));
      at += line.length + 1;
    });
  }

  // An answer may be a formula without delimiters.
  const answer = (text) => (known.has(text) ? [formula(text)] : rich(text));

  // A formula wider than its place scrolls inside it.
  function fit(within) {
    const widths = [...within.querySelectorAll(".formula:not(.display)")].map((shown) =>
      [shown, shown.querySelector("math").getBoundingClientRect().width > shown.closest(".line, p, h3, h4, summary, dd").clientWidth]);
    for (const [shown, is] of widths) shown.classList.toggle("scrolled", is);
  }

  return { any: known.size > 0, rich, lines, answer, fit };
})();
