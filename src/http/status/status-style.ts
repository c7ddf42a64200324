import { createHash } from "node:crypto";

import { style } from "../page/style.js";

/** Styles of the page for operators, in addition to those of the page for people. */
export const statusStyle = `${style}
:root { --good: #0a6b32; --bad: #b3141d; --warn: #8a5300; --bar: #5585c4; --bar-refused: #b57a12; --bar-failed: #b3141d; }
@media (prefers-color-scheme: dark) { :root { --good: #6fd08f; --bad: #ff8f86; --warn: #f0b95b; --bar: #5b8ecb; --bar-refused: #d9a441; --bar-failed: #ff6b60; } }
.meta { font-size: .95rem; margin: .25rem 0 0; }
.banner { display: flex; gap: .75rem; align-items: center; font-size: clamp(1.2rem, 4.5vw, 1.6rem); font-weight: 700; line-height: 1.25; border: 2px solid; border-radius: .75rem; padding: .8rem 1.1rem; margin: 1.25rem 0; background: var(--soft); }
.ready, .up { color: var(--good); }
.not-ready, .down, .insecure { color: var(--bad); }
.full, .impaired { color: var(--warn); }
.mark { flex: none; width: 1.4em; text-align: center; font-weight: 700; }
.finding { display: flex; gap: .6rem; padding: .55rem 0; border-top: 1px solid var(--line); }
.finding .detail { display: block; color: var(--ink); font-size: .95rem; }
.finding strong { font-weight: 600; }
.stages { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.2rem, 1fr)); gap: .6rem; margin: .75rem 0 0; }
.stages div { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .7rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.stages dt { font-size: .9rem; line-height: 1.3; }
.stages dd { margin: 0; font-size: 1.5rem; font-weight: 700; line-height: 1.2; font-variant-numeric: tabular-nums; }
.stages .some { border-color: var(--link); background: var(--soft); }
figure.plot { width: 100%; }
.frame { display: flex; }
.frame svg { flex: 1 1 auto; width: auto; min-width: 0; height: 13rem; border-radius: 0; overflow: visible; }
.frame .scale { flex: 0 0 2.6rem; }
.plot .well { fill: var(--bar); }
.plot .refused { fill: var(--bar-refused); }
.plot .failed { fill: var(--bar-failed); }
.plot line { stroke: var(--line); stroke-width: 1; }
.plot text { fill: var(--ink); font-size: .8rem; font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; margin-top: .2rem; }
.legend svg { display: inline-block; width: .8rem; height: .8rem; vertical-align: -.05rem; margin-right: .35rem; border-radius: 0; }
.causes { margin-top: 1.25rem; max-width: 40rem; }
.causes caption { text-align: left; font-weight: 700; padding-bottom: .4rem; }
.causes th[scope=row] { width: auto; font-weight: 400; }
.causes th.down { font-weight: 700; }
.causes td { text-align: right; padding-right: 0; font-variant-numeric: tabular-nums; }
.part { display: flex; flex-wrap: wrap; gap: .15rem 1.5rem; padding: .6rem 0; border-top: 1px solid var(--line); }
.part-name { flex: 1 1 11rem; min-width: 0; }
.part-state { flex: 3 1 18rem; min-width: 0; }
.part-facts { flex: 0 1 12rem; display: flex; flex-wrap: wrap; gap: 0 1rem; align-content: flex-start; font-variant-numeric: tabular-nums; }
.why { display: block; font-size: .95rem; }
.down .why, .up .why { color: var(--ink); }
code { font: .9em ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace; }
h3 code { font-weight: 400; color: var(--ink); white-space: nowrap; }
.failure { display: flex; flex-wrap: wrap; gap: 0 1.25rem; padding: .35rem 0; border-top: 1px solid var(--line); }
.failure code { min-width: 5.5rem; align-self: center; }
time { font-variant-numeric: tabular-nums; white-space: nowrap; }
`;

/** The Content-Security-Policy source that allows only this style. */
export const statusStyleSource = `'sha256-${createHash("sha256").update(statusStyle).digest("base64")}'`;
