// The puzzle is solved in workers that are files of their own, since the page lets no other script run.
const { dataset } = document.querySelector("altcha-widget");
for (const size of ["256", "384", "512"]) {
  globalThis.$altcha.algorithms.set(`PBKDF2/SHA-${size}`, () => new Worker(dataset.workerPbkdf2));
  globalThis.$altcha.algorithms.set(`SHA-${size}`, () => new Worker(dataset.workerSha));
}
for (const instead of document.querySelectorAll("[data-no-script]")) {
  instead.hidden = true;
  for (const field of instead.querySelectorAll("input, select")) field.disabled = true;
}
