// One lead of the list: the same elements as in the list for readers without scripts.
const reasonLine = (reason) => {
  const bar = made("i");
  bar.style.width = `${reason.width}%`;
  const sign = told().chances ? text(reason.points) : reason.raises ? "▲" : "▼";
  return made("li", { className: `${reason.raises ? "up" : "down"}${reason.alike >= 0 ? " kin" : ""}` },
    made("span", { className: "text" }, made("bdi", {}, text(reason.said)),
      reason.code >= 0 ? made("small", { className: "code" }, ` ${text(reason.code)}`) : "",
      reason.also >= 0 ? made("small", { className: "past" }, text(reason.also)) : "",
      reason.past >= 0 ? made("small", { className: "past" }, text(reason.past)) : ""),
    made("span", { className: "bar", "aria-hidden": "true" }, bar),
    made("span", { className: "points" },
      made("span", { className: "vh" }, `${say(reason.raises ? "list.raises" : "list.lowers")} `), sign));
};

const side = (reasons, raises) => made("div", {},
  made("p", { className: "side" }, `${raises ? "▲" : "▼"} ${say(raises ? "list.raises_title" : "list.lowers_title")}`),
  made("ul", { className: "reasons" }, ...reasons.map(reasonLine)));

const endLine = (words_, points, className) => made("li", className ? { className } : {},
  made("span", { className: "text" }, words_), made("span", { className: "points" }, points));

const allReasons = (found) => made("ul", { className: "reasons all" },
  told().chances ? endLine(say("list.starts"), text(found.base)) : "",
  ...found.reasons.flatMap((reason, i) => {
    const begins = reason.alike >= 0 && reason.alike !== found.reasons[i - 1]?.alike;
    return begins ? [endLine(text(reason.alike), told().chances ? text(reason.sum) : "", "alike"), reasonLine(reason)] : [reasonLine(reason)];
  }),
  found.rest ? endLine(say("list.rest", grouped(found.rest)), told().chances ? text(found.together) : "") : "",
  told().chances ? endLine(say("list.ends"), text(found.total), "total") : "");

const pairs = (flat) => parted(flat, 2).map((pair) => pair.map(text));

// What changed since the scores before, and what one more activity went together with.
const ahead = (lead) => {
  const change = leads.change?.[lead] ?? [], possible = parted(leads.possible?.[lead] ?? [], 3);
  return [
    change.length ? made("div", { className: "ahead" }, made("h4", {}, say("list.change")), ...change.map((each) => made("p", {}, text(each)))) : "",
    possible.length ? made("div", { className: "ahead" }, made("h4", {}, say("list.possible")),
      made("ul", { className: "reasons" }, ...possible.map(([said, points, raises]) => made("li", { className: raises ? "up" : "down" },
        made("span", { className: "text" }, text(said)),
        made("span", { className: "points" }, made("span", { className: "vh" }, `${say(raises ? "list.raises" : "list.lowers")} `),
          text(points) || (raises ? "▲" : "▼"))))),
      made("p", { className: "small" }, say("list.possible_note"))) : "",
  ];
};

const known = (lead) => {
  const facts = pairs(leads.known[lead]).map(([name, value]) =>
    made("div", {}, made("dt", {}, name), made("dd", {}, made("bdi", {}, value))));
  const account = text(leads.account[lead]), others = text(leads.colleagues[lead]);
  if (account) {
    facts.unshift(made("div", {}, made("dt", {}, say("list.account_id")),
      made("dd", {}, made("bdi", {}, account), others ? made("small", {}, ` ${others}`) : "")));
  }
  return facts.length ? made("div", {}, made("h4", {}, say("list.known")), made("dl", { className: "known" }, ...facts)) : "";
};

const timeline = (lead) => {
  const lines = pairs(leads.timeline[lead]).map(([day, what]) =>
    made("li", {}, made("span", { className: "day" }, day), " ", made("bdi", {}, what)));
  return lines.length ? made("div", {}, made("h4", {}, say("list.timeline")),
    made("ol", { className: "timeline" }, ...lines), made("p", { className: "small" }, text(leads.n_activities[lead]))) : "";
};

const why = (lead) => {
  const glance = glanceOf(lead);
  const sides = [true, false].map((raises) => [raises, glance.filter((reason) => reason.raises === raises)]);
  const more = made("details", { className: "more" }, made("summary", {}, say("list.more")));
  more.addEventListener("toggle", () => {
    if (more.children.length > 1) return;
    more.append(made("div", { className: "behind" }, ...ahead(lead), known(lead), timeline(lead),
      made("div", { className: "every" }, allReasons(reasonsOf(lead))),
      made("p", { className: "small" }, made("a", { href: `#${anchor(lead)}` }, say("list.link")))));
  });
  return [glance.length ? made("div", { className: "sides" },
    ...sides.filter(([, reasons]) => reasons.length).map(([raises, reasons]) => side(reasons, raises)))
    : made("p", {}, say("list.none_stands_out")), more];
};

const chance = (lead) => {
  const [middle, low, high] = leads.bar[lead].map((share) => share / 10);
  const range = made("i"), mark = made("b");
  range.style.left = `${low}%`;
  range.style.width = `${Math.max(high - low, 0.5)}%`;
  mark.style.left = `${middle}%`;
  return [made("strong", {}, text(leads.chance[lead])), made("span", { className: "axis", "aria-hidden": "true" }, range, mark),
    made("small", {}, text(leads.range[lead])),
    ...(leads.value ? [made("small", {}, `${say("list.value")}: ${text(leads.money[lead])}`)] : [])];
};

const gradeMark = (lead) => {
  const grade = leads.grade[lead], place = told().grades.indexOf(grade) + 1;
  return [made("span", { className: `grade g${grade === "?" ? 0 : place}` }, grade)];
};

const name = (lead) => {
  const parts = [leads.channel, leads.segment, leads.stage].map((column) => text(column[lead])).filter(Boolean);
  return [made("bdi", {}, leads.id[lead]),
    made("small", {}, ...parts.map((part) => made("span", {}, made("bdi", {}, part))))];
};

const score = (lead) => [made("span", { className: "narrow" }, `${say("list.score")} `), made("strong", {}, String(leads.score[lead])),
  made("small", {}, `${say("list.fit")} ${leads.fit[lead]}`),
  told().engaged ? made("small", {}, `${say("list.engagement")} ${leads.engagement[lead]}`) : ""];
