// The guest's own page was opened in a browser. Said by script, since mail scanners follow links but seldom run pages.
const { opened } = document.querySelector("[data-opened]").dataset;
fetch(opened, { method: "POST", keepalive: true }).catch(() => {});
