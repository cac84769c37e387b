// Both languages are in the file: the other one's body is unpacked where its button is pressed.
const bodies = new Map([[state.language, document.querySelector("#page").innerHTML]]);
const speak = async (language) => {
  if (!bodies.has(language)) bodies.set(language, await unpacked(`[data-body="${language}"]`));
  state.table?.destroy();
  for (const view of charts.values()) view.finalize();
  charts.clear();
  state.table = null;
  state.language = language;
  document.documentElement.lang = told().tag;
  document.querySelector("#page").innerHTML = bodies.get(language);
  const source = document.title.split(" · ").slice(1).join(" · ");
  document.title = `${told().title} · ${source}`;
  start();
  document.querySelector("[data-language]")?.focus();
};

const start = () => {
  for (const link of document.querySelectorAll(".sibling")) link.hidden = true;
  for (const button of document.querySelectorAll("[data-language]")) {
    button.hidden = false;
    button.addEventListener("click", () => speak(button.dataset.language));
  }
  showTable();
  showSlider();
  showCharts();
  openLead();
  document.body.dataset.ready = String(Math.round(performance.now()));
};

start();
addEventListener("hashchange", openLead);
