// One more question: clones the last group, empties it and numbers it on. Without scripts a submit button does it.
function renumber(item, name, number) {
  const old = new RegExp(`${name}-\\d+`, "g");
  for (const node of [item, ...item.querySelectorAll("*")]) {
    for (const attribute of ["id", "name", "for", "aria-describedby", "aria-labelledby", "href"]) {
      const value = node.getAttribute(attribute);
      if (value) node.setAttribute(attribute, value.replace(old, `${name}-${number}`));
    }
  }
  for (const place of item.querySelectorAll("[data-repeat-number]")) place.textContent = String(number + 1);
}

function empty(item) {
  for (const field of item.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    if (field.type === "checkbox" || field.type === "radio") field.checked = field.defaultChecked;
    else if (field.tagName === "SELECT") field.selectedIndex = 0;
    else field.value = "";
    field.removeAttribute("aria-invalid");
  }
  for (const hidden of item.querySelectorAll("input[type=hidden][data-empty]")) hidden.value = "";
  for (const error of item.querySelectorAll(".field__error")) error.remove();
  for (const field of item.querySelectorAll(".field--refused")) field.classList.remove("field--refused");
}

for (const list of document.querySelectorAll("[data-repeat]")) {
  const name = list.dataset.repeat;
  const items = () => [...list.querySelectorAll("[data-repeat-item]")];
  const add = list.querySelector("[data-repeat-add]") ?? document.querySelector(`[data-repeat-add="${name}"]`);
  const most = Number(list.dataset.most || Infinity);
  const tidy = () => {
    items().forEach((item, number) => renumber(item, name, number));
    for (const button of list.querySelectorAll("[data-repeat-remove]")) button.hidden = items().length < 2;
    if (add) add.disabled = items().length >= most;
  };
  add?.addEventListener("click", (event) => {
    event.preventDefault();
    const last = items().at(-1);
    const next = last.cloneNode(true);
    empty(next);
    renumber(next, name, items().length);
    last.after(next);
    tidy();
    next.querySelector("input:not([type=hidden]), textarea")?.focus();
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-repeat-remove]");
    if (!button || items().length < 2) return;
    event.preventDefault();
    button.closest("[data-repeat-item]").remove();
    tidy();
    items().at(-1).querySelector("input:not([type=hidden]), textarea")?.focus();
  });
  if (add) add.hidden = false;
  tidy();
}
