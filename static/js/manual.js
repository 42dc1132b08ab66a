// The page for programmers: copy what is printed, and find an endpoint as one types. Without this, the browser's own
// search finds everything, and code can be selected.
for (const button of document.querySelectorAll("[data-copy-code]")) {
  button.dataset.copy = button.parentElement.querySelector("pre").textContent;
  button.hidden = false;
}

// On a phone the contents stand above the text: folded there.
const contents = document.querySelector(".manual__contents");
const narrow = matchMedia("(max-width: 59.99rem)");
const fold = () => { contents.open = !narrow.matches; };
narrow.addEventListener("change", fold);
fold();

const box = document.querySelector(".manual__find");
const field = box.querySelector("input");
const clear = box.querySelector(".manual__clear");
const status = box.querySelector("[role=status]");
const text = document.querySelector(".manual__text");
const found = text.insertBefore(document.createElement("section"), text.firstChild);
found.className = "stack stack--xl";
found.hidden = true;

// an answer is found by the names in it, not by the values that stand in the example
const names = (article) => [...article.querySelectorAll("details pre")]
  .flatMap((pre) => [...pre.textContent.matchAll(/"(\w+)":/g)].map((one) => one[1]));
const read = (element, chosen) => [...element.querySelectorAll(chosen)].map((one) => one.textContent).join(" ").toLowerCase();
const entries = [...document.querySelectorAll(".manual__part > article")].map((article) => ({
  article,
  home: article.parentElement,
  link: document.querySelector(`.manual__list a[href="#${article.id}"]`).parentElement,
  path: `${article.id} ${read(article, ".endpoint__path code")}`,
  title: read(article, "h3"),
  // not the kinds of fields: one that lists all scopes would be found by each
  words: `${read(article, "h3, p, dt, dd span:not(.params__kind)")} ${names(article).join(" ").toLowerCase()}`,
}));
const rows = [...document.querySelectorAll("#good-to-know .params__row, #scopes .params__row")].map((row) => ({
  row,
  words: read(row, "dt, dd"),
}));

function find() {
  const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (words) => wanted.every((word) => words.includes(word));
  const searching = wanted.length > 0;
  clear.hidden = !field.value;
  for (const { article, home } of entries) home.append(article);
  let number = 0;
  for (const entry of entries) {
    entry.article.hidden = entry.link.hidden = !fits(entry.words);
    number += !entry.article.hidden;
  }
  for (const { row, words } of rows) {
    row.hidden = !fits(words);
    number += !row.hidden;
  }
  // what is found stands at the top: by its address, then by its title, then what only speaks of it
  if (searching) {
    const shown = entries.filter(({ article }) => !article.hidden);
    const rank = ({ path, title }) => (fits(path) ? 0 : fits(title) ? 1 : 2);
    shown.sort((one, other) => rank(one) - rank(other));
    found.append(...shown.map(({ article }) => article));
  }
  found.hidden = !searching;
  for (const part of text.querySelectorAll(":scope > section[id]")) {
    part.hidden = searching && !part.querySelector(".params__row:not([hidden])");
  }
  for (const title of document.querySelectorAll(".manual__chapter")) title.hidden = !title.nextElementSibling.querySelector("li:not([hidden])");
  const { none, one, more } = status.dataset;
  status.textContent = !searching ? "" : number === 0 ? none : number === 1 ? one : more.replace("#", number);
  if (searching) contents.open = true;
  else if (narrow.matches) contents.open = false;
}

function stop() {
  field.value = "";
  find();
}

// who goes to an address on this page is shown where it leads, whatever was typed before
function show(id) {
  const target = id && document.getElementById(id);
  if (!target?.closest("[hidden]")) return;
  stop();
  // once more when what lies above it has been laid out
  const lead = () => target.scrollIntoView();
  lead();
  requestAnimationFrame(() => requestAnimationFrame(lead));
}

field.addEventListener("input", find);
clear.addEventListener("click", () => {
  stop();
  field.focus();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (link) show(link.hash.slice(1));
});
addEventListener("hashchange", () => show(location.hash.slice(1)));
box.hidden = false;
