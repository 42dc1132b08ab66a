// On a phone the rooms of a page scroll sideways: the one that is open is brought into view.
for (const here of document.querySelectorAll('.tabs [aria-current="page"]')) {
  const tabs = here.parentElement;
  const [inner, outer] = [here.getBoundingClientRect(), tabs.getBoundingClientRect()];
  tabs.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
}
