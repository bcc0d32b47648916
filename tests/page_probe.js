// What a test asks a page for, once it is loaded; test_page.py puts lines of its own in.
addEventListener("load", () => {
  const inWindow = () => {
    const view = document.getElementById("window").getBoundingClientRect();
    return [...document.querySelectorAll("#window .box.now")].map((box) => {
      const r = box.getBoundingClientRect();
      return r.left >= view.left - 1 && r.right <= view.right + 1 &&
        r.top >= view.top - 1 && r.bottom <= view.bottom + 1;
    });
  };
  const seen = inWindow();
  document.getElementById("window").style.scrollBehavior = "auto"; // no wait for a smooth end
  const sizes = [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() &&
    !e.closest("script, style") && e.getBoundingClientRect().width > 1 &&
    [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .map((e) => parseFloat(getComputedStyle(e).fontSize));
  const wide = document.documentElement.scrollWidth;
  const formula = !!document.querySelector("#formula math");
  const now = document.getElementById("now").textContent;
  const $ = (id) => document.getElementById(id);
  const step = (k) => { location.hash = "#" + k; dispatchEvent(new HashChangeEvent("hashchange")); };
  let more = null;
  ACT
  const text = JSON.stringify({
    faults, seen, wide, formula, now, more, view: innerWidth, smallest: Math.min(...sizes),
    rows: document.querySelectorAll("tbody tr").length,
    requests: performance.getEntriesByType("resource").map((e) => e.name),
  });
  if (parent !== window) return parent.postMessage(text, "*");
  const out = document.createElement("pre");
  out.id = "out";
  out.textContent = text;
  document.body.append(out);
});
