"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const D = JSON.parse($("data").textContent), S = D.steps, N = S.length;
  const rows = [...document.querySelectorAll("tbody tr")];
  const cell = (k, i) => rows[k].cells[i].textContent;
  const box = (n) => $("b" + n);
  const word = (n) => D.boxes[n][4], told = (n) => D.boxes[n][5];
  const picture = (n) => D.boxes[n][6], same = (n) => D.boxes[n][7], kind = (n) => D.boxes[n][8];
  document.documentElement.classList.add("js");

  // A small maker of elements: text is never read as HTML, so a name may hold anything.
  function make(tag, attributes, ...inside) {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(attributes || {})) {
      if (k.startsWith("on")) e[k] = v; else e.setAttribute(k, v);
    }
    e.append(...inside.filter((x) => x !== null));
    return e;
  }

  let now = 0, shown = true, mistake = -1;
  const turnOf = (k) => S[k].turn || 0;
  // The last step that gave something to the tensor in box n, up to step k (from 0), in that turn.
  const groups = {};
  S.forEach((s, k) => (groups[same(s.x)] = groups[same(s.x)] || []).push(k));
  function lastTo(n, k, turn) {
    let found = -1;
    for (const j of groups[same(n)] || []) if (j <= k && turnOf(j) === turn) found = j;
    return found;
  }

  function gradientOf(n, k, turn) { // what has come together at box n after step k
    if (n === D.roots[turn]) return { text: "1", brief: "1", pic: -1 };
    const j = lastTo(n, k, turn);
    if (j < 0) return null;
    const text = cell(j, 5), norm = text.match(/norm (\S+)$/);
    return { text, brief: S[j].b || (norm ? "norm " + norm[1] : text), pic: S[j].t };
  }

  function shot(place) {
    if (place < 0) return null;
    const [address, w, h, low, high, note, grey] = D.pictures[place];
    const zoom = Math.max(1, Math.min(h < 3 ? 18 : 8, Math.floor(360 / w), Math.max(1, Math.floor(200 / h))));
    const img = make("img", { src: address, width: w * zoom, height: Math.max(14, h * zoom), alt: "The same as a picture" });
    const scale = make("div", { class: "scale" }, low, make("i", { class: grey ? "grey" : "" }), high,
      make("span", {}, note ? " " + note : ""));
    return make("div", { class: "shot" }, img, scale);
  }
  function card(title, text, place, extra) {
    return make("div", { class: "card " + (extra || "") }, make("h3", {}, title),
      make("p", { class: "num" }, text), shot(place));
  }
  const tensor = (n) => kind(n) === "leaf" ? word(n) + ".grad" : "the gradient of " + word(n);

  // -- the sentence of a step ---------------------------------------------------------------------
  function sentence(k) {
    const s = S[k], r = D.rules[s.r], part = cell(k, 4), total = cell(k, 5), to = word(s.x);
    const from = word(s.y).startsWith("the result of") ? r.op : r.op + " (which made " + word(s.y) + ")";
    const words = [`${from} passes on to ${to}, its argument ${r.arg}: `, strong(part), ". "];
    if (s.sum && s.sum[1].length) {
      const axes = s.sum[1].join(" and ");
      words.push(`${to} was repeated along axis ${axes} (broadcasting), and each copy has a part: what the rule gave, of shape ${s.sum[0]}, is summed over that axis to ${s.shape}. `);
    }
    const before = lastTo(s.x, k - 1, turnOf(k));
    const later = (groups[same(s.x)] || []).some((j) => j > k && turnOf(j) === turnOf(k));
    if (before >= 0) {
      words.push(`Step ${before + 1} had left ${cell(before, 5)} in ${tensor(s.x)}, from another use of ${to}; this part is added (+=). Now ${tensor(s.x)} is `, strong(total), ". ");
      words.push(later ? "One more use is still to come." : "That is all of it.");
    } else if (later) words.push(`It is the first part of ${tensor(s.x)}: another use is still to come.`);
    else words.push(kind(s.x) === "leaf" ? `There is no other use of ${to}: that is the whole of ${tensor(s.x)}.` : "It has no other use: that is its whole gradient.");
    return words;
  }
  const strong = (text) => make("b", {}, text);

  function before() {
    const root = D.roots[0];
    return [`Before the first step: the gradient of ${word(root)} with respect to itself is `, strong("1"),
      ". Each step takes one operation, the newest first, and asks its rule what the gradient means for one of its arguments."];
  }

  // -- the picture --------------------------------------------------------------------------------
  function light(k) {
    for (const e of document.querySelectorAll(".mg .now:not(.legend .now), tr.now")) e.classList.remove("now");
    document.querySelectorAll("#window .walked").forEach((e) => e.classList.remove("walked"));
    const turn = k > 0 ? turnOf(k - 1) : 0, last = k - (hiding() ? 2 : 1);
    D.boxes.forEach((b, n) => {
      const e = box(n), g = gradientOf(n, last, turn);
      e.classList.toggle("later", !g);
      if (g) write(e, "grad " + g.brief);
    });
    for (let j = 0; j < k; j++) if (turnOf(j) === turn) $("be" + S[j].e).classList.add("walked");
    const old = $("arrow");
    if (old) old.remove();
    if (k === 0) return box(D.roots[0]).classList.add("now");
    const s = S[k - 1], edge = $("be" + s.e);
    edge.classList.add("now");
    edge.classList.remove("walked");
    box(s.x).classList.add("now");
    box(s.y).classList.add("now");
    const start = edge.getPointAtLength(0);
    const arrow = document.createElementNS("http://www.w3.org/2000/svg", "path");
    arrow.setAttribute("id", "arrow");
    arrow.setAttribute("class", "back now");
    arrow.setAttribute("d", `M${start.x} ${start.y + 1}l-8 12h16z`);
    edge.parentNode.append(arrow);
    rows[k - 1].classList.add("now");
  }
  function write(e, text) { // a matrix has a line for each row, as values.py breaks it
    const words = text.split(/(?<=\],) (?=\[)/);
    e.querySelectorAll(".grad").forEach((line, i) => { line.textContent = words[i] || ""; });
  }

  function move(k, smooth) {
    const view = $("window"), n = k === 0 ? [D.roots[0]] : [S[k - 1].x, S[k - 1].y];
    const svg = view.firstElementChild;
    const shift = svg.getBoundingClientRect().left - view.getBoundingClientRect().left + view.scrollLeft;
    const frames = n.map((i) => D.boxes[i]);
    let left = Math.min(...frames.map((f) => f[0])), right = Math.max(...frames.map((f) => f[0] + f[2]));
    let top = Math.min(...frames.map((f) => f[1])), bottom = Math.max(...frames.map((f) => f[1] + f[3]));
    if (right - left > view.clientWidth) [left, right] = [frames[0][0], frames[0][0] + frames[0][2]];
    if (bottom - top > view.clientHeight) [top, bottom] = [frames[0][1], frames[0][1] + frames[0][3]];
    view.classList.toggle("smooth", smooth);
    view.scrollTo((left + right) / 2 + shift - view.clientWidth / 2, (top + bottom) / 2 - view.clientHeight / 2);
  }

  // -- one step -----------------------------------------------------------------------------------
  const hiding = () => $("predict").checked && !shown && now > 0;
  function show(smooth) {
    const k = now, hide = hiding();
    $("slide").value = k;
    $("back").disabled = $("start").disabled = k === 0;
    $("next").disabled = $("end").disabled = k === N;
    $("count").textContent = k === 0 ? `Before the first of ${N} steps` : `Step ${k} of ${N}` +
      (D.turns.length > 1 ? `, pass ${turnOf(k - 1) + 1} of ${D.turns.length}` : "") + (S[k - 1].line ? `  ·  ${S[k - 1].line}` : "");
    light(k);
    move(k, smooth);
    $("ask").hidden = !hide;
    $("rule").hidden = k === 0;
    $("rule").classList.remove("look");
    $("cards").replaceChildren();
    const full = Math.max(D.full, 1), held = k === 0 ? full : S[k - 1].held;
    $("held").textContent = `The graph holds ${bytes(held)}` + (held < full ? `, ${bytes(full - held)} are free again` : "");
    $("full").style.width = (100 * held / full) + "%";
    if (k === 0) { $("now").replaceChildren(...before()); spoken(); broken(); return strip(); }
    const s = S[k - 1], r = D.rules[s.r];
    $("formula").innerHTML = r.math; // made by formula.py, which escapes
    const result = word(D.roots[turnOf(k - 1)]), called = { [r.arg]: word(s.x) };
    if (/^\w{1,8}$/.test(result)) called["∂L"] = "∂" + result;
    for (const [name, n] of s.o) if (word(n) !== "data") called[name] = word(n);
    const made = Object.values(called).filter((w) => w.startsWith("the result of "));
    for (const [name, w] of Object.entries(called)) { // a result without a name: sum, if only one is
      if (w.startsWith("the result of ") && made.filter((v) => v === w).length === 1) called[name] = w.slice(14);
    }
    for (const mi of $("formula").querySelectorAll("mi")) {
      const mine = (called[mi.textContent] || "").replace(/\.reshape.*/, "");
      if (mine && !/ /.test(mine) && mine.length < 16) mi.textContent = mine;
    }
    if (S.some((t, j) => j !== k - 1 && same(t.x) === same(s.x) && turnOf(j) === turnOf(k - 1))) {
      $("formula").append(make("p", { class: "num" }, `the part from ${r.op}; the parts of all uses add up`));
    }
    $("source").textContent = r.text;
    $("at").textContent = r.at;
    $("put").textContent = s.put === r.text ? "" : "= " + s.put;
    $("whole").hidden = !r.whole;
    $("definition").textContent = r.whole;
    const g = gradientOf(s.y, k - 1, turnOf(k - 1));
    const cards = [card(`g, the gradient of ${word(s.y)}`, g.text, g.pic)];
    for (const [name, n] of s.o) cards.push(card(`${name}, which is ${word(n)}`, told(n), picture(n)));
    if (hide) {
      $("now").textContent = `${r.op} passes a part on to ${word(s.x)}. What is it?`;
      $("question").textContent = asks(s) === "shape" ? `Which shape has the part for ${word(s.x)}?` :
        s.shape === "()" ? "Which number is it?" : `What is its first number? (Its shape is ${s.shape}.)`;
      $("verdict").textContent = "";
      $("answer").value = "";
    } else {
      $("now").replaceChildren(...sentence(k - 1));
      if (s.sum && s.sum[1].length) cards.push(card("Summed", `${s.sum[0]} over axis ${s.sum[1].join(", ")} gives ${s.shape}`, -1));
      cards.push(card(`This part, for ${word(s.x)}`, cell(k - 1, 4), s.c));
      if (cell(k - 1, 4) !== cell(k - 1, 5)) cards.push(card(`${tensor(s.x)}, so far`, cell(k - 1, 5), s.t, "total"));
    }
    $("cards").replaceChildren(...cards);
    spoken(); broken(); strip();
  }
  const asks = (s) => s.first === "" || (s.shape !== "()" && now % 2 === 0) ? "shape" : "number";
  const spoken = () => $("slide").setAttribute("aria-valuetext", $("count").textContent + ". " + $("now").textContent);
  const bytes = (n) => n < 1000 ? n + " B" : n < 1e6 ? (n / 1e3).toFixed(n < 1e4 ? 1 : 0) + " kB" : (n / 1e6).toFixed(n < 1e7 ? 1 : 0) + " MB";

  function go(k, smooth = true) {
    now = Math.max(0, Math.min(N, k));
    shown = false;
    show(smooth);
    try { history.replaceState(null, "", now ? "#" + now : "#"); } catch { /* in a notebook's frame */ }
  }

  // -- predict ------------------------------------------------------------------------------------
  function check(event) {
    event.preventDefault();
    const s = S[now - 1], said = $("answer").value.trim();
    const numbers = (text) => (text.match(/\d+/g) || []).join(",");
    let right;
    if (asks(s) === "shape") right = said !== "" && numbers(said) === numbers(s.shape);
    else {
      const want = Number(s.first), have = Number(said.replace(",", "."));
      right = said !== "" && (Object.is(want, have) || Math.abs(want - have) <= 0.02 * Math.abs(want) + 1e-9);
    }
    if (right) { shown = true; show(false); $("count").textContent += "  ·  ✓ right"; return; }
    $("verdict").textContent = said === "" ? "Type an answer first." :
      "✗ Not yet. Look at the rule: it takes g and what stands below" + (s.sum && s.sum[1].length ? ", and the engine sums what broadcasting had repeated." : ".");
    $("rule").classList.add("look");
  }
  $("guess").onsubmit = check;
  $("reveal").onclick = () => { shown = true; show(false); };
  $("predict").onchange = () => { shown = false; show(false); };

  // -- break it -----------------------------------------------------------------------------------
  D.wrong.forEach((m, i) => $("choices").append(make("button", {
    "aria-pressed": "false", onclick: () => { mistake = mistake === i ? -1 : i; broken(); },
  }, m.title)));
  function broken() {
    [...$("choices").children].forEach((b, i) => b.setAttribute("aria-pressed", String(i === mistake)));
    const m = D.wrong[mistake], out = $("broken");
    if (!m) return out.replaceChildren();
    if (m.absent) return out.replaceChildren(make("p", {}, "Nothing changes. " + m.absent));
    const pair = (k) => {
      const p = m.parts[k], list = make("dl", { class: "pair" });
      const row = (name, right, wrong) => {
        list.append(make("dt", {}, name + ", right"), make("dd", { class: "num" }, right || "–"),
          make("dt", {}, name + ", wrong"), make("dd", { class: "num" + (right === wrong ? "" : " bad") }, (right === wrong ? "" : "✗ ") + (wrong || "–")));
      };
      row("this part", p[2], p[0]);
      if (p[2] !== p[3] || p[0] !== p[1]) row("so far", p[3], p[1]);
      return list;
    };
    const inside = [make("p", {}, m.lesson)];
    if (m.first >= 0) {
      inside.push(make("p", {}, "The first wrong number comes in ", make("a", { href: "#" + (m.first + 1), onclick: jump }, "step " + (m.first + 1)),
        `, at ${word(S[m.first].x)}${m.count > 1 ? `; ${m.count} steps are wrong in all` : ""}:`), pair(m.first));
      const here = now - 1;
      if (here >= 0 && here !== m.first) {
        inside.push(m.parts[here] ? make("p", {}, `In this step, ${now}:`) : make("p", {}, here < m.first ? "This step is still right." : `Step ${now}: ${m.count > Object.keys(m.parts).length && here > m.first ? "see the leaves below." : "this step is right."}`));
        if (m.parts[here]) inside.push(pair(here));
      }
    }
    inside.push(make("p", {}, "In the end:"));
    for (const [name, right, wrong, ok] of m.leaves) {
      inside.push(make("dl", { class: "pair" }, make("dt", {}, name + ".grad, right"), make("dd", { class: "num" }, right),
        make("dt", {}, name + ".grad, wrong"), make("dd", { class: "num" + (ok ? "" : " bad") }, ok ? "the same" : "✗ " + wrong)));
    }
    out.replaceChildren(...inside);
  }
  function jump(event) {
    event.preventDefault();
    go(Number(event.currentTarget.getAttribute("href").slice(1)));
  }

  // -- nudge --------------------------------------------------------------------------------------
  function nudging() {
    const out = $("nudging");
    if (!D.nudges.length) return out.replaceChildren(make("p", {}, "Not for this program: run again, it does not give the same numbers."));
    const pick = make("select", { "aria-label": "The number to raise", onchange: () => tell() });
    D.nudges.forEach((n, i) => pick.append(make("option", { value: i }, `${n[0]} = ${n[1]}`)));
    const said = make("p", { role: "status" }), list = make("dl", { class: "pair" });
    const result = word(D.roots[D.roots.length - 1]);
    const rises = (v) => v.startsWith("-") ? "falls by " + v.slice(1) : "rises by " + v;
    function tell() {
      const [name, , gradient, small, saidSmall, large, saidLarge] = D.nudges[pick.value];
      said.replaceChildren(`Raise ${name} by ${D.eps[0]}, and ${result} `, strong(rises(small)), `. The gradient, ${gradient}, said: `, strong(rises(saidSmall)), ".");
      list.replaceChildren(make("dt", {}, "raised by " + D.eps[1]), make("dd", { class: "num" }, rises(large)),
        make("dt", {}, "the gradient said"), make("dd", { class: "num" }, rises(saidLarge) + ": it holds nearby only"));
    }
    tell();
    out.replaceChildren(pick, said, list);
  }
  nudging();

  // -- the strip ----------------------------------------------------------------------------------
  function strip() {
    if (!D.strip.length) return;
    const out = $("strip");
    if (out.hidden) {
      out.hidden = false;
      D.strip.forEach(([title, first, count], i) => out.append(make("button", {
        title: `${title}: steps ${first + 1} to ${first + count}`, "aria-label": `${title}: from step ${first + 1}`,
        style: `flex-grow:${Math.sqrt(count)}`, onclick: () => go(first + 1),
      }, make("span", {}, title), make("i"))));
      for (const b of out.children) if (b.clientWidth < 44) b.firstChild.hidden = true;
    }
    [...out.children].forEach((b, i) => {
      const [, first, count] = D.strip[i], done = Math.max(0, Math.min(count, now - first));
      b.classList.toggle("here", now > first && now <= first + count);
      b.lastChild.style.width = (100 * done / count) + "%";
    });
  }

  // -- ways to move -------------------------------------------------------------------------------
  $("next").onclick = () => go(now + 1);
  $("back").onclick = () => go(now - 1);
  $("start").onclick = () => go(0);
  $("end").onclick = () => go(N);
  $("slide").oninput = () => go(Number($("slide").value), false);
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox") return;
    if (event.target.closest(".scroll")) return;
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: N }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  document.querySelector("#window svg").addEventListener("click", (event) => {
    const hit = event.target.closest(".box");
    if (!hit) return;
    const k = (groups[same(Number(hit.id.slice(1)))] || [])[0];
    if (k !== undefined) go(k + 1);
  });
  rows.forEach((row) => row.querySelector("a").addEventListener("click", (event) => {
    jump(event);
    document.querySelector(".stage").scrollIntoView({ block: "start" });
  }));
  const fromHash = () => { const k = parseInt(location.hash.slice(1), 10); return Number.isNaN(k) ? 0 : k; };
  addEventListener("hashchange", () => go(fromHash()));
  go(fromHash(), false);
})();
