// Copy a link, or hand it to the device's own sharing. Both buttons are hidden where they would not work.
function said(button, text) {
  const before = button.dataset.before ?? button.lastChild.textContent;
  button.dataset.before = before;
  button.lastChild.textContent = text;
  setTimeout(() => { button.lastChild.textContent = before; }, 2500);
}

for (const button of document.querySelectorAll("[data-copy], [data-share]")) {
  if (button.dataset.share !== undefined && !navigator.share) {
    // no sharing here: the button copies instead
    button.dataset.copy = button.dataset.share;
    delete button.dataset.share;
  }
  button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-share]");
  if (!button) return;
  if (button.dataset.share !== undefined) {
    await navigator.share({ url: button.dataset.share, title: button.dataset.title ?? document.title }).catch(() => {});
    return;
  }
  const field = button.dataset.copyFrom ? document.getElementById(button.dataset.copyFrom) : null;
  const text = field ? field.value : button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // an http address has no clipboard: select the field, and let the browser copy it
    if (!field) return;
    field.select();
    if (!document.execCommand("copy")) return;
  }
  said(button, button.dataset.done);
});
