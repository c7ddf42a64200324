import type { Language } from "../../caller/language.js";
import type { OperatorConfig, PageConfig } from "../../config/config.js";
import type { DialInNumber } from "../api-schemas.js";
import { formatPin, oneTapLink } from "../phone-numbers.js";
import { qrCode } from "../qr-code.js";
import type { PhoneDialogue, Promises } from "../services.js";
import { type Content, Html, html } from "./html.js";
import { script } from "./script.js";
import { style } from "./style.js";
import { type PageTexts, pageTexts } from "./texts.js";

export interface PageView {
  readonly language: Language;
  /** 5 to 11 digits. Never looked up: the page would be an oracle for PINs. */
  readonly pin: string | undefined;
  /** Whether the input was not a PIN. */
  readonly isPinWrong: boolean;
  /** Whether to show only the content for print. */
  readonly isPoster: boolean;
  readonly numbers: readonly DialInNumber[];
  readonly config: PageConfig;
  readonly promises: Promises;
  readonly dialogue: PhoneDialogue;
  readonly hasStatistics: boolean;
}

/** The complete page for people. Without its script only links with a PIN in the fragment do not work. */
export function renderPage(view: PageView): string {
  const texts = pageTexts[view.language];
  const { pin } = view;
  const title = view.config.title[view.language];
  const content = html`<!doctype html>
<html lang="${view.language}">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="${pin === undefined ? "index" : "noindex"}">
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body${view.isPoster ? new Html(' class="poster"') : ""}>
<header><div class="wide">
<h1>${title}</h1>
${view.isPoster ? undefined : languageSwitch(view, texts)}
</div></header>
<main><div class="wide">
${pin === undefined ? undefined : pinSection(pin, view, texts)}
${numbersSection(view, texts)}
${view.isPoster ? undefined : pinForm(view, texts)}
${howToSection(view, texts)}
${keysSection(view, texts)}
${view.isPoster ? undefined : privacySection(view, texts)}
</div></main>
${view.isPoster ? undefined : footer(view.config.operator, texts)}
${pin === undefined ? html`<script>${new Html(script)}</script>` : undefined}
</body>
</html>
`;
  return content.text;
}

/** A link to another view of the page. A PIN is sent by POST, so that it appears in no URL and no log. */
function link({ pin }: PageView, language: Language, isPoster: boolean, text: string): Html {
  const address = `?lang=${language}${isPoster ? "&view=print" : ""}`;
  if (pin === undefined) return html`<a href="${address}" hreflang="${language}">${text}</a>`;
  return html`<form method="post" action="${address}"><input type="hidden" name="pin" value="${pin}"><button class="link">${text}</button></form>`;
}

function languageSwitch(view: PageView, texts: PageTexts): Html {
  const other: Language = view.language === "de" ? "en" : "de";
  return html`<nav class="languages screen" aria-label="${texts.otherLanguage}" lang="${other}">${link(view, other, false, texts.otherLanguage)}</nav>`;
}

function pinSection(pin: string, view: PageView, texts: PageTexts): Html {
  const [first] = view.numbers;
  if (first === undefined) return html``;
  const calls = view.numbers.map(
    ({ number, international }) =>
      html`<li><a class="button" href="${oneTapLink(number, pin)}">${texts.callWithPin(international)}</a></li>`,
  );
  return html`<section class="card" aria-labelledby="pin">
<div class="with-code">
<div>
<h2 id="pin">${texts.yourPin}</h2>
<p class="pin"><span aria-hidden="true">${formatPin(pin)} <span class="hash">#</span></span><span class="unseen">${Array.from(pin).join(" ")}, ${texts.hashKey}</span></p>
${
  view.isPoster
    ? html`<div class="screen">${link(view, view.language, false, texts.backFromPoster)}</div>`
    : html`<div class="screen"><h3>${texts.callNow}</h3><p>${texts.callNowHint}</p><ul class="plain calls">${calls}</ul>${link(view, view.language, true, texts.posterLink)}</div>`
}
</div>
<figure><div role="img" aria-label="${texts.codeLabel(first.international)}">${new Html(qrCode(oneTapLink(first.number, pin)))}</div><figcaption id="code">${texts.scan(first.international)}</figcaption></figure>
</div>
</section>`;
}

function numbersSection({ numbers }: PageView, texts: PageTexts): Html {
  const countries = [...new Set(numbers.map(({ country }) => country.name))];
  const sections = countries.map(
    (country) => html`<h3>${country}</h3>
<ul class="plain numbers">${numbers.filter((each) => each.country.name === country).map((each) => numberItem(each, texts))}</ul>`,
  );
  return html`<section aria-labelledby="numbers"><h2 id="numbers">${texts.numbers}</h2>${sections}</section>`;
}

function numberItem({ tel, international, city, tollFree, languages }: DialInNumber, texts: PageTexts): Html {
  const spoken = languages.map((each) => texts.languageNames[each]).join(", ");
  return html`<li><a class="number" href="${tel}">${international}</a>${city === null ? undefined : html`<span>${city}</span>`}<span>${texts.speaks(spoken)}</span>${tollFree ? html`<span>${texts.tollFree}</span>` : undefined}</li>`;
}

function pinForm(view: PageView, texts: PageTexts): Content {
  if (view.pin !== undefined) return undefined;
  const isWrong = view.isPinWrong;
  return html`<section class="card screen" aria-labelledby="form"><h2 id="form">${texts.pinForm}</h2><p id="form-hint">${texts.pinFormHint}</p>
<form id="pin-form" method="post" action="?lang=${view.language}" autocomplete="off">
<label for="pin-field">${texts.pinLabel}</label>
${isWrong ? html`<p id="form-error"><strong>${texts.noPin}</strong></p>` : undefined}
<input id="pin-field" name="pin" inputmode="numeric" required maxlength="20" aria-describedby="form-hint${isWrong ? " form-error" : ""}"${isWrong ? new Html(' aria-invalid="true"') : ""}>
<button class="button">${texts.pinButton}</button></form></section>`;
}

function howToSection({ pin, dialogue }: PageView, texts: PageTexts): Html {
  const notBegun = dialogue.waitsForStart ? texts.notBegun.waits : texts.notBegun.told;
  const steps = [
    texts.dial,
    texts.typePin(pin === undefined ? undefined : formatPin(pin)),
    `${texts.connected} ${notBegun}`,
  ];
  return html`<section aria-labelledby="how"><h2 id="how">${texts.howTo}</h2><ol>${steps.map((step) => html`<li>${step}</li>`)}</ol></section>`;
}

function keysSection({ dialogue }: PageView, texts: PageTexts): Html {
  const { leaveKey } = dialogue;
  const meanings = [...texts.keyMeanings, ...(leaveKey === undefined ? [] : [texts.leaveKey(leaveKey)])];
  const rows = meanings.map(
    ([key, spoken, meaning]) =>
      html`<tr><th scope="row"><kbd aria-hidden="true">${key}</kbd> ${spoken}</th><td>${meaning}</td></tr>`,
  );
  return html`<section aria-labelledby="keys"><h2 id="keys">${texts.keys}</h2><table><thead><tr><th scope="col">${texts.keyColumn}</th><th scope="col">${texts.meaningColumn}</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function privacySection({ language, config, promises, hasStatistics }: PageView, texts: PageTexts): Html {
  const items = [
    `${promises.showsLastFour ? texts.lastFour : texts.nothingShown} ${texts.withheld(promises.anonymous[language])}`,
    texts.numberStored,
    texts.pseudonym,
    promises.isEncrypted ? texts.encrypted : texts.notEncrypted,
    texts.notRecorded,
    hasStatistics ? texts.statistics : texts.noStatistics,
    texts.thisPage,
  ];
  return html`<section aria-labelledby="privacy"><h2 id="privacy">${texts.privacy}</h2><p>${texts.privacyIntroduction}</p><ul>${items.map((item) => html`<li>${item}</li>`)}</ul>
${config.privacyNote[language].map((paragraph) => html`<p>${paragraph}</p>`)}</section>`;
}

function footer(operator: OperatorConfig | undefined, texts: PageTexts): Html {
  if (operator === undefined)
    return html`<footer><div class="wide"><h2>${texts.operator}</h2><p>${texts.noOperator}</p></div></footer>`;
  const { name, address, email, phone, dataProtection, privacyUrl, imprintUrl } = operator;
  const lines: Content[] = [html`<strong>${name}</strong>`, ...address];
  if (email !== undefined) lines.push(html`<a href="mailto:${email}">${email}</a>`);
  if (phone !== undefined) lines.push(html`<a href="tel:${phone.replace(/[^+0-9]/g, "")}">${phone}</a>`);
  if (dataProtection !== undefined) lines.push(`${texts.dataProtection}: ${dataProtection}`);
  const links = [
    ...(privacyUrl === undefined ? [] : [html`<li><a href="${privacyUrl}">${texts.privacyPolicy}</a></li>`]),
    ...(imprintUrl === undefined ? [] : [html`<li><a href="${imprintUrl}">${texts.imprint}</a></li>`]),
  ];
  return html`<footer><div class="wide"><h2>${texts.operator}</h2><address>${lines.map((line, place) => html`${place === 0 ? undefined : html`<br>`}${line}`)}</address>
${links.length === 0 ? undefined : html`<ul class="plain">${links}</ul>`}</div></footer>`;
}
