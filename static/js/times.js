// Beside an event's time in its own zone: the same moment where the reader is, if that is another hour.
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const city = (zone) => (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");

function parts(moment, timeZone) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang || "en", {
    timeZone, weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
}

for (const place of document.querySelectorAll("[data-own-time]")) {
  const moment = new Date(place.dataset.ownTime);
  if (!here || place.dataset.zone === here || Number.isNaN(moment.getTime())) continue;
  let there;
  try { there = parts(moment, place.dataset.zone); } catch { continue; }
  const mine = parts(moment, here);
  const time = `${mine.hour}:${mine.minute}`;
  if (mine.day === there.day && time === `${there.hour}:${there.minute}`) continue;
  const text = mine.day === there.day ? time : `${mine.weekday} ${mine.day} ${mine.month}, ${time}`;
  place.textContent = place.dataset.text.replace("TIME", text).replace("ZONE", city(here));
  place.hidden = false;
}
