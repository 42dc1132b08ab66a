// Ticking rows: one tick for all, the number that are ticked, and a bar of acts that comes only when some are.
for (const group of document.querySelectorAll("[data-ticks]")) {
  const boxes = () => [...group.querySelectorAll("input.tick:not([data-tick-all])")];
  const bar = group.querySelector("[data-ticks-bar]");
  const count = group.querySelector("[data-ticks-count]");
  const all = () => group.querySelector("[data-tick-all]");
  const show = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    if (count) count.textContent = count.dataset.text.replace("COUNT", String(ticked));
    if (bar) bar.hidden = ticked === 0;
    if (!all()) return;
    all().checked = ticked > 0 && ticked === boxes().length;
    all().indeterminate = ticked > 0 && ticked < boxes().length;
  };
  group.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) for (const box of boxes()) box.checked = event.target.checked;
    show();
  });
  // rows that htmx brings come unticked
  group.addEventListener("htmx:after:swap", show);
  for (const label of group.querySelectorAll("label:has([data-tick-all])")) label.hidden = false;
  show();
}
