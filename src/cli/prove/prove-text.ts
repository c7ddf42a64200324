import { isWhole, type PlaceRecord, type PlantRecord, type ProveReport } from "../../prove/report.js";
import { visible } from "../../util/plain-text.js";
import type { Style, Terminal } from "../terminal.js";

type Paint = Pick<Terminal, "style">;

/** What was done, looked at and found. No mark is printed: the output may end in a log that is searched. */
export function proveLines(report: ProveReport, terminal: Paint): readonly string[] {
  return [
    ...section(
      "How talkative the parts were",
      report.levels.map(
        ({ part, level, isRaised }) => `${part}: ${level}${isRaised ? " (raised for this, and restored)" : ""}`,
      ),
      terminal,
    ),
    ...section(
      "Calls",
      report.calls.map(
        ({ title, ok, what }) =>
          `${word(ok, "as it has to be", "not as it has to be", terminal)}  ${title}: ${visible(what)}`,
      ),
      terminal,
    ),
    ...section(
      "Encryption",
      report.evidence.map(({ ok, what }) => `${word(ok, "encrypted", "in the open", terminal)}  ${visible(what)}`),
      terminal,
    ),
    ...section("What was looked for", marksLines(report), terminal),
    ...section(
      "Where",
      report.places.flatMap((place) => placeLines(place, terminal)),
      terminal,
    ),
    ...section(
      "What was not looked at",
      [
        ...report.faults.map((fault) => terminal.style("warning", visible(fault))),
        ...report.places.flatMap(({ name, unseen }) =>
          unseen.map((what) => terminal.style("warning", `${name}: ${visible(what)}`)),
        ),
        ...report.leftOut.map((id) => `${id}: left out on your word`),
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
    "(the last four digits of a number alone are no finding: a conference may see them)",
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
    ...permitted.map((what) => `    where it has to be: ${what}`),
    ...hits.flatMap(({ mark, form, source, around, stage }) => [
      terminal.style("bad", `    found: ${mark.title}, ${form}, in ${visible(source)} (${stage})`),
      ...(around === "" ? [] : [`      ${visible(around)}`]),
    ]),
  ];
}

function plantText({ outcome, why, removed }: PlantRecord, terminal: Paint): string {
  const gone = {
    removed: "; removed again",
    "ends-later": "; removed, and gone as soon as the server forgets it",
    stays: "; it stays there, and is nobody's number",
    "nothing-there": "",
    "still-there": `; ${terminal.style("bad", "could not be removed")}`,
  }[removed];
  switch (outcome) {
    case "found":
      return `${terminal.style("good", "found")}${gone}`;
    case "masked":
      return `${terminal.style("good", "its line is there with its digits masked")}${gone}`;
    case "missing":
      return `${terminal.style("bad", "not found: is that where it prints to?")}${gone}`;
    case "not-planted":
      return terminal.style("warning", `could not be planted: ${visible(why)}`);
  }
}

function verdictLines({ verdict, places, evidence, totalMs }: ProveReport, terminal: Paint): readonly string[] {
  const seconds = Math.round(totalMs / 1_000);
  switch (verdict) {
    case "clean":
      return [terminal.style("good", `Nothing was found, and everything was looked at (${seconds} s).`)];
    case "found": {
      const hits = places.reduce((sum, place) => sum + place.hits.length, 0);
      const open = evidence.filter(({ ok }) => !ok).length;
      return [terminal.style("bad", `${hits} marks were found, ${open} signs of missing encryption (${seconds} s).`)];
    }
    case "incomplete":
      return [terminal.style("warning", `Nothing was found, but not everything could be looked at (${seconds} s).`)];
  }
}

/** The same for programs. */
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
