// Figures are drawn anew when they come into view, so that they tell what a pointer is on. Vega reads its expressions
// as trees (`ast`): the page's policy forbids to run text.
const charts = new Map();
// To a screen reader a drawing is one image: its label tells it, and a table or the text says the same in numbers.
const quiet = (drawing) => {
  for (const part of drawing.querySelectorAll("[role], [aria-roledescription]")) {
    part.removeAttribute("role");
    part.removeAttribute("aria-roledescription");
  }
};
const drawAnew = async (drawing) => {
  const name = drawing.dataset.figure;
  const given = JSON.parse(document.querySelector(`[data-spec="${name}"]`).textContent);
  const kept = [...drawing.childNodes];
  try {
    const found = await window.vegaEmbed(drawing, given.spec, { ast: true, renderer: "svg", actions: false, defaultStyle: false,
      formatLocale: given.formatLocale });
    charts.set(name, found.view);
    if (name === "calls" && state.calls) await found.view.signal("calls", state.calls).runAsync();
    quiet(drawing);
  } catch (error) {
    drawing.replaceChildren(...kept);
    console.warn(name, error.message);
  }
};

const showCharts = () => {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      seen.unobserve(entry.target);
      drawAnew(entry.target);
    }
  });
  for (const drawing of document.querySelectorAll("[data-figure]")) seen.observe(drawing);
};
