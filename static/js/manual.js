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
const status = box.querySelector("[role=status]");
const entries = [...document.querySelectorAll(".endpoint")].map((article) => ({
  article,
  link: document.querySelector(`.manual__list a[href="#${article.id}"]`).parentElement,
  // not the kinds of fields: one that lists all scopes would be found by each
  words: [...article.querySelectorAll("h3, p, dt, dd span:not(.params__kind)")].map((e) => e.textContent).join(" ").toLowerCase(),
}));

function find() {
  const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { article, link, words } of entries) {
    const fits = wanted.every((word) => words.includes(word));
    article.hidden = link.hidden = !fits;
    found += fits;
  }
  // what is found stands at the top, not below the quick start
  for (const part of document.querySelectorAll(".manual__text > section:not(.manual__part)")) part.hidden = wanted.length > 0;
  for (const part of document.querySelectorAll(".manual__part")) part.hidden = !part.querySelector(".endpoint:not([hidden])");
  for (const title of document.querySelectorAll(".manual__chapter")) title.hidden = !title.nextElementSibling.querySelector("li:not([hidden])");
  status.textContent = found ? "" : status.dataset.none;
  if (wanted.length) contents.open = true;
}

field.addEventListener("input", find);
// who follows a link is shown where it leads, whatever was typed before
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  const target = link && document.getElementById(link.hash.slice(1));
  if (!target?.closest("[hidden]")) return;
  field.value = "";
  find();
});
box.hidden = false;
