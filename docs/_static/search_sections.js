// The search's results are sections, each with the words around what was found.
// SECTIONS comes from sections.js, which the build of the book writes.
"use strict";

const AROUND = 90; // letters shown on each side of what was found

Search.performTermsSearch = (searchTerms, excludedTerms) => {
  const stemmer = new Stemmer();
  const terms = [...searchTerms];
  const results = [];
  for (const [page, anchor, title, text] of SECTIONS) {
    const words = [...`${title} ${text}`.matchAll(/[\p{L}\p{N}_]+/gu)];
    const stems = words.map(([word]) => stemmer.stemWord(word.toLowerCase()));
    const first = terms.map((term) => stems.findIndex((stem) => stem.startsWith(term)));
    if (!terms.length || first.includes(-1)) continue;
    if ([...excludedTerms].some((term) => stems.includes(term))) continue;
    const inTitle = first.every((place) => words[place].index < title.length);
    const often = stems.filter((stem) => terms.some((term) => stem.startsWith(term)));
    const score = Scorer.term + (inTitle ? Scorer.title : 0) + Math.min(often.length, 9);
    // The first word found below the title, else the text's beginning.
    const below = words.findIndex(({ index }, i) =>
      index > title.length && terms.some((term) => stems[i].startsWith(term)));
    const at = below < 0 ? 0 : words[below].index - title.length - 1;
    const start = Math.max(0, text.lastIndexOf(" ", Math.max(0, at - AROUND)));
    const around = text.slice(start, at + AROUND).trim();
    const more = at + AROUND < text.length ? " …" : "";
    const words_around = around && `${start > 0 ? "… " : ""}${around}${more}`;
    results.push([page, title, anchor, words_around, score, page, "text"]);
  }
  return results;
};

// A title that the search found by itself is a section that is found above.
const performSearch = Search._performSearch;
Search._performSearch = (...query) => {
  const results = performSearch(...query);
  const found = new Set(
    results.filter((one) => one[6] === "text").map((one) => one[0] + one[2]));
  return results.filter((one) => one[6] !== "title" || !found.has(one[0] + one[2]));
};

const ngettext = Documentation.ngettext;
Documentation.ngettext = (one, many, number) =>
  ngettext(one.replace("page", "place"), many.replace("pages", "places"), number);
