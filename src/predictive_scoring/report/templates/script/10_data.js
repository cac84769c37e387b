// The leads and the words, unpacked once. Everything shown is set as text: nothing of a user's is ever read as markup.
const unpacked = async (id) => {
  const packed = document.querySelector(id).textContent.trim();
  const signs = atob(packed), bytes = new Uint8Array(signs.length);
  for (let i = 0; i < signs.length; i += 1) bytes[i] = signs.charCodeAt(i);
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

const parted = (flat, size) => Array.from({ length: flat.length / size }, (_, i) => flat.slice(size * i, size * (i + 1)));
// What is read at a glance: five numbers each.
const glanceOf = (lead) => parted(leads.glance[lead], 5).map(([said, points, width, past, also]) =>
  ({ said, points, width: Math.abs(width), raises: width > 0, past, also, alike: -1 }));
// What is read on demand: seven numbers each, after four for the lead; of the leads further down only what is read at a glance.
const reasonsOf = (lead) => {
  const [rest, together, base, total, ...flat] = leads.reasons[lead];
  const reasons = parted(flat, 7).map(([said, points, width, past, alike, sum, code]) =>
    ({ said, points, width: Math.abs(width), raises: width > 0, past, also: -1, alike, sum, code }));
  return { rest, together, base, total, reasons: reasons.length ? reasons : glanceOf(lead) };
};
