// Plus and minus beside a small number; without scripts the number is typed.
for (const stepper of document.querySelectorAll("[data-stepper]")) {
  const input = stepper.querySelector("input");
  const [less, more] = [stepper.querySelector("[data-less]"), stepper.querySelector("[data-more]")];
  const bounds = () => {
    less.disabled = input.min !== "" && input.valueAsNumber <= Number(input.min);
    more.disabled = input.max !== "" && input.valueAsNumber >= Number(input.max);
  };
  const step = (by) => {
    if (Number.isNaN(input.valueAsNumber)) input.value = input.min || "0";
    else input.value = String(Math.min(Number(input.max || Infinity), Math.max(Number(input.min || -Infinity), input.valueAsNumber + by)));
    input.dispatchEvent(new Event("input", { bubbles: true }));
    bounds();
  };
  less.addEventListener("click", () => step(-1));
  more.addEventListener("click", () => step(1));
  input.addEventListener("input", bounds);
  less.hidden = more.hidden = false;
  bounds();
}
