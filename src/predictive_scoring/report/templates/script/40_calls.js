// The slider over the number of calls: every sentence was made with the page, this only chooses one.
const onlyCalls = (wanted) => {
  const button = document.querySelector("#calls-only");
  if (!button || !state.table) return;
  button.setAttribute("aria-pressed", String(wanted));
  shown.calls = wanted ? state.calls : null;
};

const showSlider = () => {
  const slider = document.querySelector("#calls");
  if (!slider) return;
  const steps = JSON.parse(document.querySelector("#calling-steps").textContent);
  const choose = () => {
    const step = steps[slider.value];
    state.calls = step.calls;
    slider.setAttribute("aria-valuetext", step.number);
    document.querySelector("#calls-number").textContent = step.number;
    document.querySelector("#calls-said").textContent = step.said;
    charts.get("calls")?.signal("calls", step.calls).runAsync().then(() => quiet(document.querySelector("[data-figure=calls]")));
    const button = document.querySelector("#calls-only");
    if (button.getAttribute("aria-pressed") === "true") { onlyCalls(true); state.table.draw(); }
  };
  slider.closest(".slider").hidden = false;
  slider.addEventListener("input", choose);
  document.querySelector("#calls-only").addEventListener("click", (event) => {
    onlyCalls(event.currentTarget.getAttribute("aria-pressed") !== "true");
    state.table.draw();
  });
  choose();
};
