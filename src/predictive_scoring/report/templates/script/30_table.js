// The list as a table that searches, sorts, filters and pages. DataTables asks for one page at a time, as it would ask a
// server, so that nothing is made of leads that nobody looks at; `asked` answers from the data that are in the page.
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;
const inert = (value) => (typeof value === "string" && FORMULA.test(value) ? `'${value}` : value);
const ranked = leads.id.map((_, lead) => lead);
const shown = { leads: ranked, calls: null };  // what fits the filters, in the chosen order

const reasonText = (lead) => glanceOf(lead).map((reason) => `${reason.raises ? "▲" : "▼"} ${text(reason.said)}`).join("; ");

// A column: what it shows, what it sorts by, what is carried into a file.
const column = (cells, sorted, written, also = {}) => ({
  data: null,
  render: () => "",
  createdCell: (cell, _, lead) => cell.replaceChildren(...cells(lead)),
  sorted, written, ...also,
});
const number = (values, also) => column((lead) => [String(values[lead])], (lead) => values[lead], (lead) => values[lead],
  { className: "n", ...also });
const phrase = (places, sorted, also) => column((lead) => [made("bdi", {}, text(places[lead]))], sorted ?? ((lead) => text(places[lead])),
  (lead) => text(places[lead]), { visible: false, ...also });

const columns = () => {
  const has = (which) => document.querySelector(`[data-filter="${which}"]`) !== null;
  const absent = (which) => (has(which) ? {} : { className: "absent" });
  const rank = (lead) => lead + 1;
  return [
    column((lead) => [grouped(rank(lead))], rank, rank, { className: "n rank fixed" }),
    column(name, (lead) => leads.id[lead], (lead) => leads.id[lead], { cellType: "th", className: "fixed" }),
    column(gradeMark, (lead) => told().grades.indexOf(leads.grade[lead]), (lead) => leads.grade[lead]),
    column(chance, (lead) => leads.p[lead], (lead) => text(leads.chance[lead]),
      { className: told().chances ? "chance" : "absent", visible: told().chances }),
    ...(leads.value ? [column((lead) => [text(leads.money[lead])], (lead) => leads.value[lead], (lead) => leads.value[lead],
      { className: "n", visible: false })] : []),
    column(score, (lead) => leads.score[lead], (lead) => leads.score[lead], { className: "n ranks" }),
    number(leads.fit, { visible: false }),
    number(leads.engagement, { visible: false, className: told().engaged ? "n" : "absent" }),
    phrase(leads.channel, null, absent("channel")),
    phrase(leads.segment, null, absent("segment")),
    phrase(leads.stage, null, absent("stage")),
    phrase(leads.created, (lead) => leads.created_day[lead] ?? -1, absent("from")),
    phrase(leads.latest, (lead) => leads.latest_day[lead] ?? -1, absent("from")),
    column(why, rank, reasonText, { className: "why fixed", orderable: false }),
  ];
};

// What can be searched of a lead, folded once a language and only if somebody searches.
const plain = (words_) => words_.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const searched = new Map();
const searchable = () => {
  if (!searched.has(state.language)) {
    const columns_ = [leads.channel, leads.segment, leads.stage, leads.account];
    searched.set(state.language, ranked.map((lead) => plain([leads.id[lead], ...columns_.map((each) => text(each[lead])), reasonText(lead)].join(" "))));
  }
  return searched.get(state.language);
};

const dayNumber = (input) => (input && input.value ? Date.parse(`${input.value}T00:00:00Z`) / 86400000 : null);
// Each filter that is set, as a question about a lead.
const questions = (wanted) => {
  const form = document.querySelector(".filters"), field = (which) => form.querySelector(`[data-filter="${which}"]`);
  const asked_ = [];
  for (const which of ["grade", "channel", "segment", "stage"]) {
    const value = field(which)?.value, values = leads[which];
    if (value) asked_.push((lead) => String(values[lead]) === value);
  }
  const from = dayNumber(field("from")), until = dayNumber(field("until"));
  if (from !== null) asked_.push((lead) => (leads.created_day[lead] ?? -1) >= from);
  if (until !== null) asked_.push((lead) => (leads.created_day[lead] ?? Infinity) <= until);
  if (shown.calls !== null) asked_.push((lead) => lead < shown.calls);
  const parts = plain(wanted).split(/\s+/).filter(Boolean);
  if (parts.length) {
    const all = searchable();
    asked_.push((lead) => parts.every((part) => all[lead].includes(part)));
  }
  return asked_;
};

const inOrder = (chosen, order) => {
  const by = order.map(({ column: at, dir }) => [state.columns[at].sorted, dir === "desc" ? -1 : 1]);
  const [[first, sign] = []] = by;
  if (!first || (by.length === 1 && first === state.columns[0].sorted && sign > 0)) return chosen;
  const words_ = new Intl.Collator(state.language, { numeric: true });
  const compared = (one, other) => (typeof one === "string" ? words_.compare(one, other) : one - other);
  const keys = by.map(([sorted]) => ranked.map(sorted));
  return [...chosen].sort((one, other) => {
    for (let i = 0; i < keys.length; i += 1) {
      const found = by[i][1] * compared(keys[i][one], keys[i][other]);
      if (found) return found;
    }
    return one - other;
  });
};

const asked = (wish, answer) => {
  const all = questions(wish.search.value);
  const chosen = all.length ? ranked.filter((lead) => all.every((question) => question(lead))) : ranked;
  shown.leads = inOrder(chosen, wish.order);
  answer({ draw: wish.draw, recordsTotal: ranked.length, recordsFiltered: chosen.length,
    data: shown.leads.slice(wish.start, wish.start + wish.length) });
};

// A file holds every lead that fits the filters, not the page alone.
const whole = (file) => {
  const visible = state.table.columns(":visible").indexes().toArray().map((at) => state.columns[at]);
  file.body = shown.leads.map((lead) => visible.map((each) => inert(each.written(lead))));
};
const buttons = () => {
  const exported = { columns: ":visible", customizeData: whole };
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
  showFilters(live);
  state.columns = columns();
  state.table = new DataTable("#leads", {
    serverSide: true,
    ajax: asked,
    columns: state.columns.map(({ sorted, written, ...each }) => each),
    order: [[0, "asc"]],
    autoWidth: false,
    pageLength: 25,
    lengthMenu: [10, 25, 50, 100],
    searchDelay: 120,
    language: told().table,
    createdRow: (row, lead) => { row.classList.add("lead"); row.id = anchor(lead); },
    layout: { topStart: { buttons: buttons() }, topEnd: "search", bottomStart: ["info", "pageLength"], bottomEnd: "paging" },
  });
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
  form.addEventListener("input", () => state.table.draw());
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => requestAnimationFrame(() => { clearSearch(); state.table.draw(); }));
};

const clearSearch = () => { state.table.search(""); onlyCalls(false); };

// A link to one lead: its page is turned up and it is opened, whatever was filtered.
const openLead = () => {
  const wanted = location.hash.slice(1);
  if (!wanted.startsWith("lead-") || !state.table) return;
  const said = document.querySelector("#live-said");
  const lead = leads.id.findIndex((_, each) => anchor(each) === wanted || `lead-${leads.id[each]}` === wanted);
  if (lead < 0) { said.textContent = say("live.not_here"); said.classList.remove("vh"); return; }
  said.classList.add("vh");
  for (const field of document.querySelectorAll("[data-filter]")) field.value = "";
  clearSearch();
  state.table.draw();
  state.table.page(Math.floor(shown.leads.indexOf(lead) / state.table.page.len())).draw("page");
  const row = document.getElementById(anchor(lead)), more = row.querySelector("details.more");
  more.open = true;
  row.scrollIntoView({ block: "start" });
  more.querySelector("summary").focus({ preventScroll: true });
  said.textContent = say("live.opened");
};

// On paper there are no pages of the list: as many leads as the page explains, of those that are shown.
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
