import { isWhole, type PlaceRecord, type PlantRecord, type ProveReport } from "../../prove/report.js";
import { visible } from "../../util/plain-text.js";
import type { Style, Terminal } from "../terminal.js";

type Paint = Pick<Terminal, "style">;

/** The report. Prints no mark, because the output may end in a log that is searched. */
export function proveLines(report: ProveReport, terminal: Paint): readonly string[] {
  return [
    ...section(
      "Log levels",
      report.levels.map(
        ({ part, level, isRaised }) => `${part}: ${level}${isRaised ? " (raised for this, and restored)" : ""}`,
      ),
      terminal,
    ),
    ...section(
      "Calls",
      report.calls.map(
        ({ title, ok, what }) => `${word(ok, "as expected", "not as expected", terminal)}  ${title}: ${visible(what)}`,
      ),
      terminal,
    ),
    ...section(
      "Encryption",
      report.evidence.map(({ ok, what }) => `${word(ok, "encrypted", "unencrypted", terminal)}  ${visible(what)}`),
      terminal,
    ),
    ...section("Search patterns", marksLines(report), terminal),
    ...section(
      "Where",
      report.places.flatMap((place) => placeLines(place, terminal)),
      terminal,
    ),
    ...section(
      "Not searched",
      [
        ...report.faults.map((fault) => terminal.style("warning", visible(fault))),
        ...report.places.flatMap(({ name, unseen }) =>
          unseen.map((what) => terminal.style("warning", `${name}: ${visible(what)}`)),
        ),
        ...report.leftOut.map((id) => `${id}: left out by --without`),
        ...report.outOfReach.map((what) => `out of reach: ${what}`),
      ],
      terminal,
    ),
    ...verdictLines(report, terminal),
  ];
}

function section(title: string, lines: readonly string[], terminal: Paint): readonly string[] {
  return lines.length === 0 ? [] : [terminal.style("heading", title), ...lines.map((line) => `  ${line}`), ""];
}

function word(ok: boolean, good: string, bad: string, terminal: Paint): string {
  const [text, style]: readonly [string, Style] = ok ? [good, "good"] : [bad, "bad"];
  return terminal.style(style, text);
}

function marksLines({ marks, forms }: ProveReport): readonly string[] {
  return [
    `${marks.number} callers' numbers, ${marks.pin} PINs, ${marks.name} display names, each in these forms:`,
    ...forms.map((form) => `- ${form}`),
    "(the last four digits of a number alone are not a finding: they are visible in conferences)",
  ];
}

function placeLines(place: PlaceRecord, terminal: Paint): readonly string[] {
  const { name, looks, pieces, bytes, plants, hits, permitted } = place;
  const state =
    hits.length > 0
      ? terminal.style("bad", "FOUND")
      : isWhole(place)
        ? terminal.style("good", "nothing")
        : terminal.style("warning", "not all of it");
  return [
    `${state}  ${name}: ${looks} looks, ${pieces} pieces, ${bytes} bytes`,
    ...plants.map((plant) => `    planted ${visible(plant.how)}: ${plantText(plant, terminal)}`),
    ...permitted.map((what) => `    permitted: ${what}`),
    ...hits.flatMap(({ mark, form, source, around, stage }) => [
      terminal.style("bad", `    found: ${mark.title}, ${form}, in ${visible(source)} (${stage})`),
      ...(around === "" ? [] : [`      ${visible(around)}`]),
    ]),
  ];
}

function plantText({ outcome, why, removed }: PlantRecord, terminal: Paint): string {
  const gone = {
    removed: "; removed again",
    "ends-later": "; removed, the server forgets it later",
    stays: "; it stays there, and belongs to no real caller",
    "nothing-there": "",
    "still-there": `; ${terminal.style("bad", "could not be removed")}`,
  }[removed];
  switch (outcome) {
    case "found":
      return `${terminal.style("good", "found")}${gone}`;
    case "masked":
      return `${terminal.style("good", "its line was found with masked digits")}${gone}`;
    case "missing":
      return `${terminal.style("bad", "not found: check the path of its output")}${gone}`;
    case "not-planted":
      return terminal.style("warning", `could not be planted: ${visible(why)}`);
  }
}

function verdictLines({ verdict, places, evidence, totalMs }: ProveReport, terminal: Paint): readonly string[] {
  const seconds = Math.round(totalMs / 1_000);
  switch (verdict) {
    case "clean":
      return [terminal.style("good", `Nothing was found, and the search was complete (${seconds} s).`)];
    case "found": {
      const hits = places.reduce((sum, place) => sum + place.hits.length, 0);
      const open = evidence.filter(({ ok }) => !ok).length;
      return [terminal.style("bad", `${hits} marks were found, ${open} signs of missing encryption (${seconds} s).`)];
    }
    case "incomplete":
      return [terminal.style("warning", `Nothing was found, but the search was incomplete (${seconds} s).`)];
  }
}

/** The report as JSON. */
export function proveJson({
  verdict,
  levels,
  calls,
  evidence,
  places,
  leftOut,
  faults,
  marks,
  forms,
  outOfReach,
  totalMs,
}: ProveReport): Readonly<Record<string, unknown>> {
  return {
    verdict,
    levels: levels.map(({ part, level, isRaised }) => ({ part, level, raised: isRaised })),
    calls,
    encryption: evidence,
    marks,
    forms,
    places: places.map((place) => ({
      id: place.id,
      name: place.name,
      whole: isWhole(place),
      looks: place.looks,
      pieces: place.pieces,
      bytes: place.bytes,
      plants: place.plants,
      permitted: place.permitted,
      found: place.hits.map(({ mark, form, source, around, stage }) => ({
        mark: mark.title,
        kind: mark.kind,
        form,
        source,
        around,
        stage,
      })),
      unseen: place.unseen,
    })),
    left_out: leftOut,
    faults,
    out_of_reach: outOfReach,
    total_ms: totalMs,
  };
}
