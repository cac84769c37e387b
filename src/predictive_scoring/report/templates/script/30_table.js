// The list as a table that searches, sorts, filters and pages: DataTables does it, this says of what.
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;
const inert = (value) => (typeof value === "string" && FORMULA.test(value) ? `'${value}` : value);

const reasonText = (lead) => reasonsOf(lead).reasons.filter((reason) => reason.glance)
  .map((reason) => `${reason.raises ? "▲" : "▼"} ${text(reason.said)}`).join("; ");

// A column: what it shows, what it sorts by, what is searched and carried into a file.
const column = (shown, sorted, written, also = {}) => ({
  data: null,
  render: (_, type, lead) => (type === "display" ? "" : type === "sort" || type === "type" ? sorted(lead) : written(lead)),
  createdCell: (cell, _, lead) => cell.replaceChildren(...shown(lead)),
  ...also,
});
const number = (values, also) => column((lead) => [String(values[lead])], (lead) => values[lead], (lead) => values[lead],
  { type: "num", className: "n", ...also });
const phrase = (places, sorted, also) => column((lead) => [made("bdi", {}, text(places[lead]))], sorted ?? ((lead) => text(places[lead])),
  (lead) => text(places[lead]), { type: sorted ? "num" : "string", visible: false, ...also });

const columns = () => {
  const has = (which) => document.querySelector(`[data-filter="${which}"]`) !== null;
  const absent = (which) => (has(which) ? {} : { className: "absent" });
  const rank = (lead) => lead + 1;
  return [
    column((lead) => [grouped(rank(lead))], rank, rank, { type: "num", className: "n rank fixed" }),
    column(name, (lead) => leads.id[lead], (lead) => leads.id[lead], { type: "string", cellType: "th", className: "fixed" }),
    column(gradeMark, (lead) => told().grades.indexOf(leads.grade[lead]), (lead) => leads.grade[lead], { type: "num" }),
    column(chance, (lead) => leads.p[lead], (lead) => text(leads.chance[lead]),
      { type: "num", className: told().chances ? "chance" : "absent", visible: told().chances }),
    column(score, (lead) => leads.score[lead], (lead) => leads.score[lead], { type: "num", className: "n ranks" }),
    number(leads.fit, { visible: false }),
    number(leads.engagement, { visible: false, className: told().engaged ? "n" : "absent" }),
    phrase(leads.channel, null, absent("channel")),
    phrase(leads.segment, null, absent("segment")),
    phrase(leads.stage, null, absent("stage")),
    phrase(leads.created, (lead) => leads.created_day[lead] ?? -1, absent("from")),
    phrase(leads.latest, (lead) => leads.latest_day[lead] ?? -1, absent("from")),
    column(why, rank, reasonText, { type: "string", className: "why fixed", orderable: false }),
  ];
};

const buttons = () => {
  const exported = { columns: ":visible", orthogonal: "export", format: { body: inert } };
  return [
    { extend: "csvHtml5", text: say("live.csv"), filename: say("live.file"), title: null, messageTop: null, exportOptions: exported, bom: true },
    { extend: "excelHtml5", text: say("live.excel"), filename: say("live.file"), title: null, messageTop: null, exportOptions: exported },
    { extend: "colvis", text: say("live.columns"), columns: ":not(.fixed):not(.absent)", popoverTitle: say("live.column_list") },
  ];
};

const showTable = () => {
  const live = document.querySelector("#live");
  if (!live) return;
  document.querySelector("#static").hidden = true;
  live.hidden = false;
  state.table = new DataTable("#leads", {
    data: leads.id.map((_, lead) => lead),
    columns: columns(),
    order: [[0, "asc"]],
    autoWidth: false,
    deferRender: true,
    pageLength: 25,
    lengthMenu: [10, 25, 50, 100],
    language: told().table,
    createdRow: (row, lead) => { row.classList.add("lead"); row.id = anchor(lead); },
    layout: { topStart: { buttons: buttons() }, topEnd: "search", bottomStart: ["info", "pageLength"], bottomEnd: "paging" },
  });
  showFilters(live);
};

const option = (value, label) => made("option", { value }, label);
const byLabel = (one, other) => one[1].localeCompare(other[1], state.language);

const showFilters = (live) => {
  const form = live.querySelector(".filters");
  for (const select of form.querySelectorAll("select")) {
    const which = select.dataset.filter;
    const values = which === "grade" ? told().grades.filter((grade) => leads.grade.includes(grade)).map((grade) => [grade, grade])
      : [...new Set(leads[which])].map((place) => [String(place), text(place) || say("live.unknown")]).sort(byLabel);
    select.replaceChildren(option("", say("live.any")), ...values.map(([value, label]) => option(value, label)));
  }
  form.addEventListener("input", applyFilters);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => requestAnimationFrame(() => { clearSearch(); applyFilters(); }));
};

const clearSearch = () => { state.table.search(""); onlyCalls(false); };
const dayNumber = (input) => (input && input.value ? Date.parse(`${input.value}T00:00:00Z`) / 86400000 : null);

const applyFilters = () => {
  const form = document.querySelector(".filters"), field = (which) => form.querySelector(`[data-filter="${which}"]`);
  const chosen = ["grade", "channel", "segment", "stage"].map((which) => [leads[which], field(which)?.value])
    .filter(([, value]) => value);
  const from = dayNumber(field("from")), until = dayNumber(field("until"));
  state.table.search.fixed("filters", (_, __, lead) => chosen.every(([values, value]) => String(values[lead]) === value)
    && (from === null || (leads.created_day[lead] ?? -1) >= from)
    && (until === null || (leads.created_day[lead] ?? Infinity) <= until));
  state.table.draw();
};

// A link to one lead: its sheet is turned up and it is opened, whatever was filtered.
const openLead = () => {
  const wanted = location.hash.slice(1);
  if (!wanted.startsWith("lead-") || !state.table) return;
  const said = document.querySelector("#live-said");
  const lead = leads.id.findIndex((_, each) => anchor(each) === wanted || `lead-${leads.id[each]}` === wanted);
  if (lead < 0) { said.textContent = say("live.not_here"); said.classList.remove("vh"); return; }
  said.classList.add("vh");
  for (const field of document.querySelectorAll("[data-filter]")) field.value = "";
  clearSearch();
  applyFilters();
  const place = state.table.rows({ order: "applied", search: "applied" }).indexes().toArray().indexOf(lead);
  state.table.page(Math.floor(place / state.table.page.len())).draw("page");
  const row = state.table.row(lead).node(), more = row.querySelector("details.more");
  more.open = true;
  row.scrollIntoView({ block: "start" });
  more.querySelector("summary").focus({ preventScroll: true });
  said.textContent = say("live.opened");
};

// On paper there are no sheets: as many leads as the page explains, of those that are shown.
let before = null;
addEventListener("beforeprint", () => {
  if (!state.table) return;
  before = [state.table.page.len(), state.table.page()];
  state.table.page.len(120).draw();
});
addEventListener("afterprint", () => {
  if (before) state.table.page.len(before[0]).page(before[1]).draw("page");
  before = null;
});
