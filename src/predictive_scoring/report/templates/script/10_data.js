// The leads and the words, unpacked once. Everything shown is set as text: nothing of a user's is ever read as markup.
const unpacked = async (id) => {
  const packed = document.querySelector(id).textContent.trim();
  const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
};
const state = { language: document.documentElement.lang.split("-")[0], table: null, calls: null };
const { leads, words } = JSON.parse(await unpacked("#data"));
const text = (place) => leads.texts[state.language][place];
const say = (key, number = "") => words[state.language][key].replace("{number}", number);
const told = () => words[state.language];
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, told().table.thousands);

// An element with properties and children; children are nodes or text.
const made = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "role") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== "" && child !== null));
  return element;
};
const anchor = (lead) => `lead-${encodeURIComponent(leads.id[lead])}`;

// The reasons of a lead: five numbers each, after four for the lead.
const reasonsOf = (lead) => {
  const [rest, together, base, total, ...flat] = leads.reasons[lead];
  const reasons = [];
  for (let i = 0; i < flat.length; i += 5) {
    const [said, points, width, past, glance] = flat.slice(i, i + 5);
    reasons.push({ said, points, width: Math.abs(width), raises: width > 0, past, glance });
  }
  return { rest, together, base, total, reasons };
};
