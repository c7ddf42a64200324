import { createHash } from "node:crypto";

/** The style sheet, inline: one request, no external resources. */
export const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #f2f4f7; --line: #c4cad3; --link: #0b4f9e; --button: #0b4f9e; --on-button: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --paper: #14171b; --soft: #1f242b; --line: #48515d; --link: #8ab8f5; --button: #8ab8f5; --on-button: #10141a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: break-word; }
.wide { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem; }
header .wide { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; justify-content: space-between; padding-top: 1.25rem; }
h1 { font-size: clamp(1.5rem, 5vw, 2.1rem); line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 2.25rem 0 .75rem; }
h3 { font-size: 1.05rem; margin: 1.25rem 0 .4rem; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, button:focus-visible, input:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.languages a { display: inline-block; padding: .5rem 0; }
.link { background: none; border: 0; padding: .5rem 0; font: inherit; color: var(--link); text-decoration: underline; text-underline-offset: .15em; cursor: pointer; }
.card { background: var(--soft); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; margin: 1.25rem 0; }
.card h2 { margin-top: .25rem; }
.with-code { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
.with-code > :first-child { flex: 1 1 18rem; min-width: 0; }
.pin { font-size: clamp(1.9rem, 9vw, 3rem); font-weight: 700; font-variant-numeric: tabular-nums; letter-spacing: .02em; margin: .1rem 0 .5rem; line-height: 1.2; }
.pin .hash { font-weight: 400; }
figure { margin: 0; width: 13rem; max-width: 100%; }
figure svg { display: block; width: 100%; height: auto; border-radius: .5rem; }
figcaption { font-size: .9rem; margin-top: .4rem; }
ul.plain { list-style: none; margin: 0; padding: 0; }
.numbers li { display: flex; flex-wrap: wrap; gap: .1rem 1rem; align-items: baseline; padding: .5rem 0; border-top: 1px solid var(--line); }
.number { font-size: 1.15rem; font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums; }
.button { display: inline-block; background: var(--button); color: var(--on-button); text-decoration: none; font: inherit; font-weight: 600; border: 0; border-radius: .5rem; padding: .6rem 1rem; margin: .25rem 0; cursor: pointer; }
.calls li { padding: .2rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-top: 1px solid var(--line); }
th[scope=row] { width: 13rem; }
@media (max-width: 30rem) { th[scope=row] { width: 7rem; } }
kbd { display: inline-block; min-width: 2rem; text-align: center; border: 1px solid var(--line); border-radius: .35rem; padding: .05rem .45rem; background: var(--paper); font: inherit; font-weight: 700; }
label { display: block; font-weight: 600; margin-bottom: .3rem; }
input { font: inherit; font-size: 1.2rem; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; width: 14rem; max-width: 100%; margin-right: .5rem; }
footer { border-top: 1px solid var(--line); margin-top: 2.5rem; padding: 1.25rem 0 2rem; font-size: .95rem; }
address { font-style: normal; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.poster { --ink: #000; --paper: #fff; --soft: #fff; --line: #000; --link: #000; color-scheme: light; background: #fff; }
.poster .number { font-size: 1.6rem; }
.poster .pin { font-size: 3.2rem; }
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #fff; --line: #000; --link: #000; }
  body { font-size: 11.5pt; }
  .screen { display: none; }
  a { text-decoration: none; }
  .card, li, tr, figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`;

/** The Content-Security-Policy source that allows only this style. */
export const styleSource = `'sha256-${createHash("sha256").update(style).digest("base64")}'`;
