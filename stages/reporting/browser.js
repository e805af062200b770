// The browser for cases: filters, a paged list, and one open case, addressed by #case=ID. All text goes in as text nodes.
"use strict";
(() => {
  const PAGE = 50;
  const SHOWN = { bad: "bad cases", fixed: "held-out problems fixed", broken: "held-out problems broken" };
  const VERDICTS = {
    correct: "correct", wrong: "wrong answer", no_answer: "no answer", truncated: "cut off before an answer",
    ungradable: "not gradable", failed: "request failed",
  };
  const FATES = { trained: "trained on", not_selected: "not selected", unsolved: "no solution to train on", rejected: "rejected" };
  // Fields of a synthetic problem, in this order and words; what is not here follows under its own name.
  const FACTS = new Map(Object.entries({
    reasons: "rejected because", copies: "copies", copies_from: "of the set", match: "kind of copy", similarity: "likeness",
    skill: "exercise of", checks: "checks", certificate: "certificate", votes: "independent solutions", tries: "right tries",
    left_out: "solutions left out", score: "score", bad_score: "score on bad cases",
    good_score: "score on good cases", standard_error: "standard error", likelihood_gain: "likelihood gain, nats a token",
    bad_cases: "bad cases tried on", good_cases: "good cases tried on", kept: "kept by selection",
    strategy: "strategy", demonstration_ids: "made from", error_type_id: "error type", request_id: "request", id: "candidate",
    training_row_ids: "training rows",
  }));
  const SHOWN_ELSEWHERE = new Set(["question", "solution", "solutions", "answer", "fate", "reason", "candidate_id"]);
  const isId = (name) => /(^|_)ids?$|^copies$/.test(name);

  const traces = JSON.parse(document.getElementById("traces").textContent);
  const byId = (id) => document.getElementById(id);
  const list = byId("case-list"), article = byId("case"), section = byId("cases");
  const filters = Object.fromEntries(["show", "iteration", "family", "type", "verdict", "text"].map((n) => [n, byId(`filter-${n}`)]));

  // Entries: one a bad case, and one a held-out problem that only the older or only the newer model solves.
  const entries = [], byKey = new Map(), madeFrom = new Map(), badByProblem = new Map(), typeNames = new Map();

  function add(entry) {
    const id = entry.shown === "bad" ? entry.data.id : entry.data.after.id;
    entry.key = byKey.has(id) ? `${id}@${entry.iteration}` : id;
    byKey.set(entry.key, entry);
    entries.push(entry);
  }

  for (const trace of traces) {
    const types = new Map(trace.types.map((type) => [type.id, type]));
    for (const type of trace.types) typeNames.set(type.id, type.name);
    for (const data of trace.cases) {
      const type = types.get(data.error_type_id);
      add({ shown: "bad", iteration: trace.iteration, data, type, verdict: data.verdict, title: data.keyphrase?.keyphrase ?? "no keyphrase" });
      push(badByProblem, data.problem_id, entries.at(-1));
    }
    for (const data of trace.held_out) {
      add({ shown: data.change, iteration: trace.iteration, parent: trace.parent, data, type: { id: data.problem_set, name: data.problem_set }, verdict: data.after.verdict,
            title: `${data.change} on ${data.problem_set}` });
    }
    for (const made of trace.candidates) {
      for (const id of made.demonstration_ids) push(madeFrom, `${trace.iteration}/${id}`, made);
    }
  }

  function push(map, key, value) {
    if (map.has(key)) map.get(key).push(value);
    else map.set(key, [value]);
  }

  const addressOf = (entry) => `#case=${encodeURIComponent(entry.key)}`;

  const addressOfBad = (iteration, wanted) => `#${new URLSearchParams({ show: "bad", iteration, ...wanted })}`;

  // Filters

  function options(select, all, values) {
    const chosen = select.value;
    select.replaceChildren(...(all ? [element("option", { value: "" }, all)] : []),
      ...values.map(([value, label]) => element("option", { value }, label)));
    select.value = values.some(([value]) => value === chosen) ? chosen : select.options[0]?.value ?? "";
  }

  function counted(values) {
    const counts = new Map();
    for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  }

  function setUpFilters() {
    const shown = counted(entries.map((entry) => entry.shown));
    options(filters.show, null, Object.entries(SHOWN).map(([key, label]) => [key, `${label} (${shown.get(key) ?? 0})`]));
    options(filters.iteration, "all", traces.map((trace) => [trace.iteration, trace.iteration]));
    refine();
  }

  function refine() {
    const reached = entries.filter((entry) => entry.shown === filters.show.value && inIteration(entry));
    const types = [...counted(reached.map((entry) => entry.type?.id))].sort((one, two) => two[1] - one[1]);
    options(filters.type, "all", types.map(([id, count]) => [id, `${nameOfType(id)} (${count})`]));
    const families = [...counted(reached.map((entry) => entry.data.family))].sort((one, two) => two[1] - one[1]);
    options(filters.family, "all", families.map(([name, count]) => [name, `${name} (${count})`]));
    const verdicts = [...counted(reached.map((entry) => entry.verdict))];
    options(filters.verdict, "all", verdicts.map(([name, count]) => [name, `${VERDICTS[name] ?? name} (${count})`]));
  }

  const bearers = counted([...typeNames.values()]);

  // A test set is its own name; a type has its last one, and the start of its id where another bears the same.
  function nameOfType(id) {
    const name = typeNames.get(id) ?? id;
    return bearers.get(name) > 1 ? `${name} (${id.slice(0, 4)})` : name;
  }

  const inIteration = (entry) => !filters.iteration.value || entry.iteration === filters.iteration.value;

  const madeOf = (entry) => madeFrom.get(`${entry.iteration}/${entry.data.id}`) ?? [];

  function searched(entry) {
    const { data } = entry;
    entry.searched ??= [entry.title, entry.type?.name, data.question, data.output, data.before?.output, data.after?.output,
      data.keyphrase?.detail, data.answer, entry.key, data.problem_id,
      ...madeOf(entry).flatMap((made) => [made.id, made.request_id, ...(made.training_row_ids ?? [])])].join("\n").toLowerCase();
    return entry.searched;
  }

  let matches = [], page = 0, open = null;

  function search() {
    const words = filters.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    matches = entries.filter((entry) =>
      entry.shown === filters.show.value && inIteration(entry)
      && (!filters.family.value || entry.data.family === filters.family.value)
      && (!filters.type.value || entry.type?.id === filters.type.value)
      && (!filters.verdict.value || entry.verdict === filters.verdict.value)
      && words.every((word) => searched(entry).includes(word)));
    page = Math.max(0, Math.floor(matches.indexOf(open) / PAGE));
    showList();
  }

  // List

  function showList() {
    const pages = Math.max(1, Math.ceil(matches.length / PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    const rows = matches.slice(page * PAGE, (page + 1) * PAGE).map((entry) => element("li", null, row(entry)));
    list.replaceChildren(...rows);
    list.scrollTop = 0;
    byId("count").textContent = `${matches.length} of ${entries.filter((entry) => entry.shown === filters.show.value).length} `
      + SHOWN[filters.show.value];
    byId("page-number").textContent = `page ${page + 1} of ${pages}`;
    byId("page-before").disabled = page === 0;
    byId("page-after").disabled = page === pages - 1;
    if (!matches.length) list.append(element("li", { class: "empty" }, "Nothing matches these filters."));
  }

  function turnTo(index) {
    if (Math.floor(index / PAGE) === page) return;
    page = Math.floor(index / PAGE);
    showList();
  }

  function row(entry) {
    const link = element("a", { href: addressOf(entry), "data-key": entry.key }, element("b", null, ...formulas.rich(entry.title)),
      element("span", null, `${entry.iteration} · ${VERDICTS[entry.verdict] ?? entry.verdict}`),
      element("span", null, ...formulas.rich(entry.data.question)));
    if (entry === open) link.setAttribute("aria-current", "true");
    return link;
  }

  const linkOf = (entry) => [...list.querySelectorAll("a")].find((link) => link.dataset.key === entry.key);

  function move(step) {
    const focused = [...list.querySelectorAll("a")].indexOf(document.activeElement);
    const from = focused >= 0 ? page * PAGE + focused : matches.indexOf(open);
    const index = Math.min(Math.max(from < 0 && step < 0 ? 0 : from + step, 0), matches.length - 1);
    if (index < 0) return;
    turnTo(index);
    if (open && focused < 0) location.hash = addressOf(matches[index]);
    else linkOf(matches[index]).focus();
  }

  // One case

  function show(entry) {
    open = entry;
    section.classList.toggle("opened", Boolean(entry));
    for (const link of list.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
    if (!entry) {
      article.replaceChildren(element("p", { class: "empty" }, "Open a case from the list."));
      return;
    }
    linkOf(entry)?.setAttribute("aria-current", "true");
    linkOf(entry)?.scrollIntoView({ block: "nearest" });
    const back = element("button", { type: "button", id: "back" }, "← All cases");
    back.addEventListener("click", close);
    article.replaceChildren(back, ...(entry.shown === "bad" ? badCase(entry) : changedProblem(entry)));
    formulas.fit(article);
  }

  function badCase(entry) {
    const { data, type, iteration } = entry;
    const made = madeOf(entry);
    return [
      element("h3", null, ...formulas.rich(entry.title)),
      element("p", { class: "meta" }, `${iteration} · ${VERDICTS[data.verdict] ?? data.verdict}`,
        data.tries > 1 ? ` · right in ${shareOf(data.pass_rate)} of ${data.tries} tries` : null,
        data.group ? ` · ${data.group}` : null, " · ",
        element("a", { href: addressOfBad(iteration, { family: data.family }) }, data.family), " · ", permalink(entry)),
      type ? element("p", { class: "meta" }, "Error type: ", element("a", { href: addressOfBad(iteration, { type: type.id }) }, type.name),
        ` (${type.size} ${type.size === 1 ? "case" : "cases"}, ${(100 * type.share).toFixed(0)} %)`, type.explanation ? `. ${type.explanation}` : null) : null,
      ...block(["Question"], data.question),
      element("div", { class: "pair" },
        element("div", null, ...block(["Worked solution (answer ", ...formulas.answer(data.answer), ")"], data.solution)),
        element("div", null, ...block(["Model output (", ...answerOf(data), ")"], data.output, data.keyphrase),
          data.keyphrase ? element("p", { class: "note" }, ...formulas.rich(mistakeNote(data))) : null)),
      element("h4", null, `What came of it: ${made.length} synthetic ${made.length === 1 ? "problem" : "problems"}`),
      ...made.map(synthetic),
      ...elsewhere(entry),
      element("h4", null, "Lineage"),
      facts([["problem", data.problem_id], ["prediction", data.prediction_id], ["bad case", data.id],
        ["keyphrase", data.keyphrase?.id], ["error type", data.error_type_id]].map((fact) => [...fact, true])),
    ].filter(Boolean);
  }

  function changedProblem(entry) {
    const { data, iteration, parent } = entry;
    return [
      element("h3", null, `${data.change === "fixed" ? "Fixed" : "Broken"} by ${iteration}`),
      element("p", { class: "meta" }, `held-out problem of ${data.problem_set} · `,
        data.tries > 1 ? `right in ${data.pass_rates.map(shareOf).join(" before and ")} after, of ${data.tries} tries · ` : null,
        permalink(entry)),
      ...block(["Question"], data.question),
      ...block(["Worked solution (answer ", ...formulas.answer(data.answer), ")"], data.solution),
      element("div", { class: "pair" },
        element("div", null, ...block([`Before: ${parent} (`, ...answerOf(data.before), ")"], data.before.output)),
        element("div", null, ...block([`After: ${iteration} (`, ...answerOf(data.after), ")"], data.after.output))),
      element("h4", null, "Lineage"),
      facts([["problem", data.problem_id], ["before", data.before.id], ["after", data.after.id]].map((fact) => [...fact, true])),
    ];
  }

  const shareOf = (rate) => rate === null ? "none" : `${(100 * rate).toFixed(0)} %`;
  const permalink = (entry) => element("a", { href: addressOf(entry) }, "permalink");
  const answerOf = (made) => made.extracted === null ? [VERDICTS[made.verdict] ?? made.verdict]
    : ["answer ", ...formulas.answer(made.extracted), made.verdict === "correct" ? ", correct" : ""];

  function mistakeNote(data) {
    const { line, detail, keyphrase } = data.keyphrase;
    return (line === null ? "First mistake: " : "First mistake, marked: ") + (detail || keyphrase);
  }

  function block(heading, text, mistake) {
    return [element("h4", null, ...heading), element("div", { class: "text" }, ...formulas.lines(text, ...placeOf(text, mistake)))];
  }

  // Where a mistake begins and ends in a text: its quote, or its whole line where that does not hold the quote.
  function placeOf(text, mistake) {
    const lines = text.split("\n"), line = lines[mistake?.line];
    if (line === undefined) return [0, 0];
    const start = lines.slice(0, mistake.line).reduce((sum, before) => sum + before.length + 1, 0);
    const at = line.indexOf(mistake.quote);
    return at < 0 ? [start, start + line.length] : [start + at, start + at + mistake.quote.length];
  }

  function synthetic(made) {
    const fields = { ...made, ...made.score, score: made.score?.score, ...solutions.facts(made) };
    const names = [...FACTS.keys(), ...Object.keys(fields).filter((name) => !FACTS.has(name))];
    const gist = made.question || made.reason || "nothing was written";
    return element("details", { class: "made" },
      element("summary", null, element("span", { class: `badge ${made.fate}` }, FATES[made.fate] ?? made.fate), ...formulas.rich(gist)),
      ...solutions.texts(made).flatMap(([heading, text]) => block([heading], text)),
      facts(names.filter((name) => !SHOWN_ELSEWHERE.has(name))
        .map((name) => [FACTS.get(name) ?? name.replaceAll("_", " "), fields[name], isId(name)])));
  }

  function elsewhere(entry) {
    const others = (badByProblem.get(entry.data.problem_id) ?? []).filter((other) => other !== entry);
    const missing = traces.map((trace) => trace.iteration)
      .filter((name) => name !== entry.iteration && !others.some((other) => other.iteration === name));
    if (traces.length < 2) return [];
    return [element("h4", null, "The same problem in other iterations"), element("p", { class: "note" },
      ...others.flatMap((other) => [`${other.iteration}: `,
        element("a", { href: addressOf(other) }, ...formulas.rich(other.title)), ". "]),
      missing.length ? `Not among the bad cases of ${missing.join(", ")}.` : null)];
  }

  // Rows of a name, a value, and whether it is an id; those without a value are left out.
  function facts(rows) {
    const known = rows.filter(([, value]) => value !== null && value !== undefined && value.length !== 0);
    return element("dl", { class: "ids" }, ...known.flatMap(([name, value, id]) =>
      [element("dt", null, name), element("dd", id ? { class: "id" } : null, ...(id ? [value].flat().flatMap(linked) : [plain(value)]))]));
  }

  // An id, as a link where it is that of a case other than the open one.
  function linked(id, index) {
    const entry = byKey.get(id);
    const shown = entry && entry !== open ? element("a", { href: addressOf(entry) }, id) : id;
    return index ? [", ", shown] : [shown];
  }

  function plain(value) {
    if (value === null || value === undefined) return "none";
    if (Array.isArray(value)) return value.map(plain).join(", ");
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (typeof value === "number") return String(Number(value.toPrecision(4)));
    if (typeof value === "object") return Object.entries(value).map(([name, inner]) => `${plain(inner)} ${name.replaceAll("_", " ")}`).join(", ");
    return String(value);
  }

  // Mathematics or its LaTeX, on the whole page

  const drawn = byId("drawn");

  function draw() {
    const raw = section.classList.toggle("raw");
    drawn.setAttribute("aria-pressed", String(!raw));
  }

  for (const about of section.querySelectorAll("[data-formulas]")) about.hidden = !formulas.any;
  drawn.addEventListener("click", draw);
  new ResizeObserver(() => requestAnimationFrame(() => formulas.fit(article))).observe(article);

  // Addresses and keys

  function close() {
    const left = open;
    history.replaceState(null, "", "#cases");
    show(null);
    if (left) linkOf(left)?.focus();
  }

  // The address names no case any more: the reader went back, or on to another section.
  function leave() {
    const left = open, inside = article.contains(document.activeElement);
    show(null);
    if (inside && left) linkOf(left)?.focus();
  }

  function follow() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (wanted.has("case")) return openCase(byKey.get(wanted.get("case")));
    if (wanted.has("show")) {
      for (const name of ["show", "iteration"]) filters[name].value = wanted.get(name) ?? "";
      refine();
      for (const name of ["family", "type"]) filters[name].value = wanted.get(name) ?? "";
      filters.verdict.value = filters.text.value = "";
      show(null);
      search();
      section.scrollIntoView();
    } else {
      leave();
    }
  }

  function openCase(entry) {
    if (!entry) {
      show(null);
      article.replaceChildren(element("p", { class: "empty" }, "This report has no such case."));
    } else {
      if (!matches.includes(entry)) reveal(entry);
      turnTo(matches.indexOf(entry));
      show(entry);
    }
    article.scrollIntoView();
    article.focus({ preventScroll: true });
  }

  function reveal(entry) {
    filters.show.value = entry.shown;
    for (const name of ["iteration", "family", "type", "verdict", "text"]) filters[name].value = "";
    refine();
    search();
  }

  for (const name of ["show", "iteration"]) filters[name].addEventListener("change", () => { refine(); search(); });
  for (const name of ["family", "type", "verdict"]) filters[name].addEventListener("change", search);
  filters.text.addEventListener("input", search);
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
  byId("page-before").addEventListener("click", () => { page -= 1; showList(); });
  byId("page-after").addEventListener("click", () => { page += 1; showList(); });
  addEventListener("hashchange", follow);

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches?.("input, select, textarea");
    if (event.key === "Escape") {
      if (typing) event.target.blur();
      else if (open) close();
    } else if (!typing && event.key === "/") {
      event.preventDefault();
      filters.text.focus();
    } else if (!typing && event.key === "m" && formulas.any) {
      draw();
    } else if (!typing && (event.key === "j" || event.key === "k")) {
      move(event.key === "j" ? 1 : -1);
    } else if (list.contains(event.target) && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    }
  });

  setUpFilters();
  search();
  show(null);
  follow();
})();
