// A destructive act asks inside a <details>; with scripts the question becomes a dialog that takes the whole attention.
function ask(details) {
  const question = details.querySelector(".confirm");
  const dialog = document.createElement("dialog");
  const heading = question.querySelector("h2, h3");
  dialog.className = "confirm-dialog";
  if (heading?.id) dialog.setAttribute("aria-labelledby", heading.id);
  for (const button of question.querySelectorAll("[data-keep]")) {
    button.hidden = false;
    button.onclick = () => dialog.close();
  }
  dialog.append(question);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    details.append(question);
    dialog.remove();
    details.open = false;
    details.querySelector("summary").focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

// toggle does not bubble, so it is caught on its way down
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details[data-confirm]") && event.target.open) ask(event.target);
}, true);
