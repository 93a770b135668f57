// Looks again at a page whose work is under way and shows how far it is, and at its end what came of it. Without scripts
// the page is loaded again instead. What somebody types is left alone, and who reads on keeps their place.
"use strict";
(() => {
  const every = 1000 * (Number(document.currentScript.dataset.every) || 3);
  const typing = () => document.activeElement && document.activeElement.matches("main input, main select, main textarea");

  function show(page, open) {
    const parts = ["main .renewing, main > .running", "main"];
    const [now, then] = [document, page].map((d) => [...d.querySelectorAll(parts[0])]);
    if (open && now.length && now.length === then.length) {
      now.forEach((part, n) => part.replaceChildren(...then[n].childNodes));
      return;
    }
    const main = document.querySelector(parts[1]);
    const focused = main.contains(document.activeElement);
    main.replaceChildren(...page.querySelector(parts[1]).childNodes);
    if (focused) main.focus({ preventScroll: true });
    document.dispatchEvent(new Event("renewed"));
  }

  async function look() {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (answer.redirected || (answer.status >= 400 && answer.status < 500)) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const open = page.querySelector("script[data-every]") !== null;
      if (answer.ok && (open || !typing())) {
        show(page, open);
        if (!open) return;
      }
    } catch {
      // the server is away: look again
    }
    setTimeout(look, every);
  }
  setTimeout(look, every);
})();
