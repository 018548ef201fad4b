"use strict";
// The player and what is told beside the map. Everything shown comes from the JSON in this page, as text.
(() => {
  const played = JSON.parse(document.getElementById("played").textContent);
  const by = (id) => document.getElementById(id);
  const map = by("map");
  const discs = [...map.querySelectorAll(".disc")];
  const links = [...map.querySelectorAll(".link")];
  const QUIET = 450, BUSY = 1700; // milliseconds a moment is shown at normal speed
  const SVG = "http://www.w3.org/2000/svg";
  let run = 0, at = 0, timer = null, told = null; // at 0 the opening is shown, then moment at - 1

  const make = (tag, attributes = {}, ...children) => {
    const svg = ["svg", "path", "text"].includes(tag);
    const found = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
    found.append(...children);
    return found;
  };
  const money = (amount) => {
    const size = Math.abs(amount);
    const digits = size >= 9.95 ? 0 : size >= 0.095 ? 1 : 2;
    return amount.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  };
  const swatch = (kind) => make("svg", { class: "swatch", viewBox: "0 0 36 10", width: 36, height: 10, "aria-hidden": "true" },
    make("path", { class: kind, d: "M1 5H35" }));
  const line = (kind, text) => kind ? make("li", {}, swatch(kind), make("span", {}, text)) : make("li", { class: "plain" }, text);

  // -- the player ---------------------------------------------------------------------------------------------
  const moments = () => played.runs[run].moments;
  const widest = Math.max(1e-9, ...played.runs.flatMap((each) => each.moments.flatMap((m) => m.hits.map((hit) => hit.amount))));

  const shade = (disc, place) => {
    const [before, after] = [1, run].map((each) => played.runs[each].values[0][disc][place]);
    const share = before > 0 ? (before - after) / before : 0;
    return [0.05, 0.25, 0.5, 0.75].filter((each) => share >= each).length;
  };

  const opening = [
    line(null, "Nothing has happened yet. The money between firms, USD bn:"),
    ...Object.entries(played.sums).map(([family, sum]) => line(`link ${family}`, `${played.families[family]}: ${money(sum)}`)),
  ];
  const show = (place) => {
    at = Math.max(0, Math.min(place, moments().length));
    const moment = at ? moments()[at - 1] : null;
    const failed = new Set(moments().slice(0, at).flatMap((each) => each.fails));
    map.classList.toggle("playing", at > 0);
    discs.forEach((each, disc) => {
      each.classList.remove("loss0", "loss1", "loss2", "loss3", "loss4");
      if (moment) each.classList.add(`loss${shade(disc, moment.place - played.first)}`);
      each.classList.toggle("failed", failed.has(disc));
      each.classList.toggle("fails", Boolean(moment) && moment.fails.includes(disc));
      each.classList.toggle("falters", Boolean(moment) && moment.falters.includes(disc));
    });
    draw(moment ? moment.hits.filter((hit) => hit.path) : []);
    by("title").textContent = moment ? moment.title : `${played.opening}: the opening`;
    by("said").replaceChildren(...(moment ? moment.said.map((each) => line(each.channel && `hit ${each.channel}`, each.text)) : opening));
    const seek = by("seek");
    seek.max = moments().length;
    seek.value = at;
    seek.setAttribute("aria-valuetext", by("title").textContent);
    by("back").disabled = by("start").disabled = at === 0;
    by("step").disabled = at === moments().length;
    if (told !== null) tell(told);
  };

  const draw = (hits) => {
    by("hits").replaceChildren(...hits.map((hit) => make("path", {
      class: `hit ${hit.channel}`, d: hit.path, "marker-end": `url(#broad-${hit.channel})`,
      "stroke-width": Math.max(1.6, 10 * Math.sqrt(hit.amount / widest)).toFixed(1),
    })));
    const taken = []; // places of the numbers of the largest hits, off each other
    by("amounts").replaceChildren(...[...by("hits").children].slice(0, 5).flatMap((path, place) => {
      const spot = [0.5, 0.35, 0.65, 0.22, 0.78].map((part) => path.getPointAtLength(part * path.getTotalLength()))
        .find((each) => taken.every((other) => Math.hypot(each.x - other.x, (each.y - other.y) * 2) > 34));
      if (!spot) return [];
      taken.push(spot);
      return [make("text", { x: spot.x.toFixed(1), y: (spot.y + 4).toFixed(1) }, money(hits[place].amount))];
    }));
  };

  const pause = () => {
    clearTimeout(timer);
    timer = null;
    by("play").textContent = "Play";
    for (const each of ["title", "now"]) by(each).setAttribute("aria-live", "polite");
  };
  const next = () => {
    if (at === moments().length) return pause();
    show(at + 1);
    const moment = moments()[at - 1];
    const busy = moment.hits.length || moment.fails.length || moment.falters.length || at === 1;
    timer = setTimeout(next, (busy ? BUSY : QUIET) / Number(by("speed").value));
  };
  const play = () => {
    if (timer !== null) return pause();
    by("play").textContent = "Pause";
    for (const each of ["title", "now"]) by(each).setAttribute("aria-live", "off"); // or each is read over the last
    if (at === moments().length) show(0);
    timer = setTimeout(next, 0);
  };
  const go = (place) => { pause(); show(place); };

  by("play").addEventListener("click", play);
  by("step").addEventListener("click", () => go(at + 1));
  by("back").addEventListener("click", () => go(at - 1));
  by("start").addEventListener("click", () => go(0));
  by("seek").addEventListener("input", (event) => go(Number(event.target.value)));
  by("run").addEventListener("change", (event) => {
    const place = at ? moments()[at - 1].place : null;
    run = Number(event.target.value); // the other run, in the same quarter
    go(place === null ? 0 : moments().findIndex((each) => each.place === place) + 1);
  });

  // -- what stands behind a firm or a link --------------------------------------------------------------------
  const hint = by("about").firstElementChild;
  const name = (disc) => played.discs[disc].name;
  const row = (...cells) => make("tr", {}, make("th", { scope: "row" }, cells[0]),
    ...cells.slice(1).map((each, place) => make("td", place === cells.length - 2 && Number.isNaN(parseFloat(each)) ? { class: "text" } : {}, each)));
  const table = (caption, heads, rows) => make("table", {}, make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...heads.map((each, place) => make("th", place ? { scope: "col", class: "number" } : { scope: "col" }, each)))),
    make("tbody", {}, ...rows));

  const contracts = (link) => make("ul", {}, ...(link.contracts.length ? link.contracts : [{ words: "no single contract", grade: "assumed" }])
    .map((each) => make("li", {}, `${each.words}. Grade: ${each.grade}.`,
      each.source ? ` Source: ${each.source}.` : "", each.basis ? ` Basis: ${each.basis}.` : "")));

  const aboutLink = (place) => {
    const link = played.links[place];
    return [
      make("h3", {}, `${name(link.source)} → ${name(link.target)}`),
      make("p", { class: "what" }, `${played.families[link.family]}${link.begun ? "" : ", signed, not yet in force"}: ${money(link.amount)} USD bn`),
      contracts(link),
    ];
  };

  const ties = (disc, end, other, words) => {
    const mine = played.links.filter((each) => each[end] === disc).sort((one, two) => two.amount - one.amount);
    if (!mine.length) return [];
    return [make("details", {}, make("summary", {}, words), ...mine.map((each) => make("details", { class: "inner" },
      make("summary", {}, `${name(each[other])}: ${played.families[each.family]}${each.begun ? "" : ", signed"}, ${money(each.amount)}`),
      contracts(each))))];
  };

  const aboutDisc = (disc) => {
    const it = played.discs[disc];
    const sources = it.owns.filter((each) => each.source);
    const parts = [
      make("h3", {}, it.name),
      make("p", { class: "what" }, it.kind + (it.members > 1 ? `, ${it.members} firms` : "")),
      table(`Balance sheet, ${played.opening}, USD bn`, ["what", "amount", "grade"], [
        ...it.owns.map((each) => row(`has ${each.words}`, money(each.amount), each.grade || "see links")),
        row("owes debt", money(it.owes), "see links"),
        row("has promised for compute", money(it.promised), "see links"),
        row("is worth, at marks", money(it.worth), ""),
      ]),
    ];
    if (at) {
      const place = moments()[at - 1].place - played.first;
      parts.push(table(`In ${played.quarters[place]}, this world, USD bn`, ["what", "with shock", "without"], played.series.map((words, series) =>
        row(words, ...played.runs.map((each) => money(each.values[series][disc][place]))))));
    }
    if (sources.length) {
      parts.push(make("details", {}, make("summary", {}, "Where the balance sheet comes from"),
        make("ul", {}, ...sources.map((each) => make("li", {}, `${each.words}: ${each.source}`)))));
    }
    return [...parts, ...ties(disc, "source", "target", "Pays, lends to or owns"), ...ties(disc, "target", "source", "Is paid, lent to or owned by")];
  };

  const tell = (what) => {
    told = what;
    const open = new Set([...by("about").querySelectorAll("details[open] > summary")].map((each) => each.textContent));
    by("about").replaceChildren(...(what.disc === undefined ? aboutLink(what.link) : aboutDisc(what.disc)));
    for (const each of by("about").querySelectorAll("details")) each.open = open.has(each.firstChild.textContent);
    by("firm").value = what.disc === undefined ? "" : what.disc;
    discs.forEach((each, disc) => each.classList.toggle("lit", disc === what.disc));
    map.classList.add("chosen");
    links.forEach((each) => {
      const link = Number(each.dataset.link), { source, target } = played.links[link];
      each.classList.toggle("lit", what.disc === undefined ? link === what.link : [source, target].includes(what.disc));
    });
  };
  const untell = () => {
    told = null;
    by("about").replaceChildren(hint);
    by("firm").value = "";
    map.classList.remove("chosen");
    for (const each of [...discs, ...links]) each.classList.remove("lit");
  };

  let soon = null; // a pointer that only passes by tells nothing
  const watch = (element, what) => {
    element.addEventListener("pointerenter", () => { soon = setTimeout(() => tell(what), 120); });
    element.addEventListener("pointerleave", () => clearTimeout(soon));
    element.addEventListener("click", (event) => { event.stopPropagation(); tell(what); });
  };
  links.forEach((each, link) => watch(each, { link: Number(each.dataset.link) }));
  discs.forEach((each, disc) => {
    watch(each, { disc });
    each.addEventListener("focus", () => tell({ disc }));
    each.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (move === undefined) return;
      event.preventDefault();
      const other = discs[(disc + move + discs.length) % discs.length];
      each.setAttribute("tabindex", -1);
      other.setAttribute("tabindex", 0);
      other.focus();
    });
  });
  by("firm").addEventListener("change", (event) => event.target.value ? tell({ disc: Number(event.target.value) }) : untell());
  map.addEventListener("click", untell);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") untell(); });

  // -- the screen ---------------------------------------------------------------------------------------------
  const narrow = matchMedia("(max-width: 40rem)");
  const fit = () => map.setAttribute("viewBox", narrow.matches ? map.dataset.narrow : map.dataset.wide);
  narrow.addEventListener("change", fit);
  for (const each of document.querySelectorAll(".player, .now, .about")) each.hidden = false;
  fit();
  show(0);
})();
