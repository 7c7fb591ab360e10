"use strict";
// Comfort only: every page works without this file.
(() => {
  const KEY = "agent-sudo-secret";
  const loaded = Date.now();
  const each = (selector, use) => document.querySelectorAll(selector).forEach(use);

  // Signed in just now: keep the second secret where only this origin, port included, can read it.
  const given = document.querySelector("[data-secret]");
  if (given) {
    sessionStorage.setItem(KEY, given.dataset.secret);
    location.replace(given.dataset.next);
    return;
  }

  // What the eye has not had time to read is not answered; a double click answers once.
  let sent = false;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.closest(".bar, .request") && Date.now() - loaded < 500) { event.preventDefault(); return; }
    if (sent) { event.preventDefault(); return; }
    sent = true;
    const secret = sessionStorage.getItem(KEY);
    if (form.getAttribute("action") === "/console/sign-out") sessionStorage.removeItem(KEY);
    else if (secret && !form.querySelector("[name=secret]") && form.getAttribute("action") !== "/console/sign-in") {
      const field = document.createElement("input");
      field.type = "hidden"; field.name = "secret"; field.value = secret;
      form.append(field);
    }
  });
  addEventListener("pageshow", () => { sent = false; });

  // Countdowns go on by the local clock, from what was left when the page came.
  const clocks = [...document.querySelectorAll(".countdown")];
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const tick = () => {
    for (const clock of clocks) {
      const left = Math.max(0, Number(clock.dataset.left) - (Date.now() - loaded));
      const seconds = Math.ceil(left / 1000), minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
      const two = (number) => String(number).padStart(2, "0");
      clock.querySelector("time").textContent =
        hours ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
      clock.classList.toggle("soon", left <= 30000);
      const rest = clock.querySelector(".rest");
      if (!still) rest.setAttribute("stroke-dasharray", `${Math.min(100, 100 * left / Math.max(1, clock.dataset.whole))} 100`);
    }
  };
  if (clocks.length) { tick(); setInterval(tick, 1000); }

  // The page says that it is out of date; nothing moves under the pointer.
  const ask = async (address, use) => {
    try { const answer = await fetch(address, {redirect: "error"}); if (answer.ok) use(answer); } catch { /* again later */ }
  };
  const news = document.getElementById("news");
  const tell = (number) => { document.getElementById("callers").textContent = `${number} caller${number === 1 ? "" : "s"}`; };
  const compare = () => ask("/console/news", async (answer) => {
    const now = await answer.json();
    const shown = [...document.querySelectorAll(".request")];
    tell(Object.values(now).reduce((sum, one) => sum + one, 0));
    for (const one of shown) {
      const number = now[one.dataset.id] || 0, badge = one.querySelector("[data-waiting]");
      badge.textContent = `×${number} waiting`; badge.hidden = number < 2;
    }
    const here = new Set(shown.map((one) => one.dataset.id));
    const fresh = Object.keys(now).filter((id) => !here.has(id)).length;
    if (!fresh && here.size === Object.keys(now).length) return;
    if (!here.size) { location.reload(); return; }
    news.querySelector("a").textContent = fresh ? `${fresh} new` : "Something changed: show it";
    news.hidden = false;
  });
  if (news) {
    const live = document.getElementById("live");
    const stream = new EventSource(news.dataset.stream);
    stream.onopen = () => { live.hidden = false; live.textContent = "Live"; live.classList.remove("lost"); compare(); };
    stream.onmessage = compare;
    stream.onerror = () => {
      if (!live.classList.contains("lost")) live.textContent = `Not live since ${new Date().toLocaleTimeString()}, reload`;
      live.hidden = false; live.classList.add("lost");
    };
    setInterval(compare, 5000); // who waits changes without an entry
  }
  const bar = document.querySelector("[data-status]");
  if (bar) setInterval(() => ask(bar.dataset.status, async (answer) => {
    const now = await answer.json();
    tell(now.waiting);
    if (now.code !== "pending") location.reload();
  }), 2000);

  // A delegation: each change of its terms is counted at once, in the place of the count before.
  const draft = document.querySelector("form[data-count]");
  if (draft) draft.addEventListener("change", async () => {
    const save = document.getElementById("save");
    save.disabled = true;
    try {
      const answer = await fetch(draft.dataset.count, {method: "POST", body: new URLSearchParams(new FormData(draft)), redirect: "error"});
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      const counted = found.getElementById("foreseen");
      if (counted) document.getElementById("foreseen").replaceWith(document.adoptNode(counted));
      const said = found.querySelector("[role=alert]"), before = document.querySelector("main > [role=alert]");
      before?.remove();
      if (said) draft.before(document.adoptNode(said));
    } catch { /* the button counts, too */ }
    save.disabled = false;
  });

  // Keys: never inside fields, never with modifiers. A moves to Approve, Enter presses it.
  const rows = [...document.querySelectorAll(".request .open")];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const at = rows.indexOf(document.activeElement);
    const key = event.key.toLowerCase();
    if (key === "j" && rows.length) rows[Math.min(at + 1, rows.length - 1)].focus();
    else if (key === "k" && rows.length) rows[Math.max(at - 1, 0)].focus();
    else if (key === "a") (document.querySelector(".yes input[type=password]") || document.getElementById("approve"))?.focus();
    else if (key === "d") document.getElementById("deny")?.focus();
    else if (key === "m") { const more = document.querySelector(".message"); if (more) { more.open = true; more.querySelector("textarea").focus(); } else return; }
    else if (key === "e" || key === "g") document.getElementById(key === "e" ? "edit" : "delegate")?.click();
    else return;
    event.preventDefault();
  });
})();
