import type { Stage } from "../../call/progress.js";
import type { Language } from "../../caller/language.js";
import type { StatusIssueCode } from "../../monitoring/status/status-issues.js";
import type { StatusReport } from "../../monitoring/status/status-report.js";

/** All texts of the page for operators, except those of end causes. */
export interface StatusTexts {
  readonly title: string;
  readonly otherLanguage: string;
  readonly asOf: string;
  readonly runningSince: string;
  readonly refreshes: (seconds: number) => string;
  readonly pause: string;
  readonly refreshesNot: string;
  readonly resume: string;
  readonly states: Readonly<Record<StatusReport["state"], string>>;
  readonly findings: string;
  readonly nothingFound: string;
  readonly finding: Readonly<Record<StatusIssueCode, (subject: string) => string>>;
  readonly insecure: string;
  readonly callsNow: string;
  readonly ofMax: (calls: number, most: number) => string;
  readonly stages: Readonly<Record<Stage, string>>;
  readonly day: string;
  readonly noCalls: string;
  readonly plot: (calls: number, failed: number, refused: number) => string;
  readonly plotCaption: (minutes: number) => string;
  readonly results: Readonly<Record<"well" | "refused" | "failed", string>>;
  readonly causes: string;
  readonly cause: string;
  readonly howOften: string;
  readonly trunks: string;
  readonly engines: string;
  readonly servers: string;
  readonly calls: (count: number) => string;
  readonly numbers: (count: number) => string;
  readonly channels: (count: number, most: number) => string;
  readonly idleCpu: (percent: number) => string;
  readonly meetings: (count: number) => string;
  readonly callers: (count: number) => string;
  readonly answered: (time: string) => string;
  readonly neverAnswered: string;
  readonly webhooks: (time: string | undefined, refused: number) => string;
  readonly registeredSince: (time: string) => string;
  readonly registeredBy: (instance: string) => string;
  readonly instances: string;
  readonly instancesHint: string;
  readonly isDraining: string;
  readonly since: (time: string) => string;
  readonly registers: (trunks: string) => string;
  readonly isUp: string;
  readonly isDown: string;
  readonly fixedAddress: string;
  readonly answers: string;
  readonly synthetic: string;
  readonly syntheticHint: string;
  readonly noneYet: string;
  readonly works: (time: string) => string;
  readonly failed: (time: string) => string;
  readonly answeredAfter: (time: string) => string;
  readonly heardAfter: (time: string) => string;
  readonly store: string;
  readonly stores: Readonly<Record<StatusReport["store"]["kind"], string>>;
  readonly lastTrouble: (time: string) => string;
  readonly failures: string;
  readonly failuresHint: string;
  readonly noFailures: string;
  readonly gotTo: (stage: string) => string;
  readonly more: (count: number) => string;
}

const de: StatusTexts = {
  title: "einwahl: Betrieb",
  otherLanguage: "English",
  asOf: "Stand",
  runningSince: "läuft seit",
  refreshes: (seconds) => `Die Seite lädt sich alle ${seconds} Sekunden neu.`,
  pause: "Anhalten",
  refreshesNot: "Die Seite ist angehalten.",
  resume: "Wieder von selbst neu laden",
  states: {
    ready: "Anrufe kommen durch",
    full: "Kein Platz für weitere Anrufe",
    "not-ready": "Anrufe kommen nicht durch",
  },
  findings: "Was zu tun ist",
  nothingFound: "Nichts. Alle Teile arbeiten.",
  finding: {
    draining: () =>
      "Neue Anrufe werden abgewiesen, laufende gehen weiter: So wurde es befohlen, oder einwahl fährt herunter.",
    "drachtio-down": () => "drachtio ist nicht verbunden: Es kommen keine Anrufe an.",
    "trunk-down": (name) => `Über die Leitung ${name} kommen keine Anrufe.`,
    "media-server-down": (name) => `Der Medienserver ${name} arbeitet nicht.`,
    "media-server-unusable": (name) => `Der Medienserver ${name} hat eine Version, die nicht zu gebrauchen ist.`,
    "bbb-server-down": (name) =>
      `Der BBB-Server ${name} gibt keine Liste seiner Konferenzen: Sie sind vielleicht nicht zu finden.`,
    "webhooks-refused": (name) =>
      `Webhooks des BBB-Servers ${name} sind nicht als seine bewiesen: Adresse oder Geheimnis in bbb-webhooks ist falsch.`,
    "store-down": () => "Der Speicher für PINs antwortet nicht: Webseiten bekommen keine neuen.",
    "store-trouble": () => "Der Speicher für PINs hatte eine Störung.",
    "instances-alike": (name) =>
      `Eine weitere Instanz mit demselben Redis heißt ${name}: Jede braucht einen eigenen Namen (instance).`,
    "log-down": () => "Das Log kann nicht geschrieben werden.",
    "synthetic-call-failed": (name) => `Der letzte Probeanruf in eine Konferenz auf ${name} ist gescheitert.`,
    "calls-full": () => "calls.max_concurrent ist erreicht.",
    "pins-guessed": () =>
      "Sehr viele falsche PINs: Jemand rät, oder eine Einladung nennt eine falsche. Alle Antworten kommen verzögert.",
    "withheld-slowed": (name) =>
      `Viele falsche PINs von unterdrückten Nummern über die Leitung ${name}: Antworten an sie kommen verzögert.`,
    "withheld-refused": (name) =>
      `Zu viele falsche PINs von unterdrückten Nummern über die Leitung ${name}: Ihre Anrufe werden abgewiesen.`,
    "media-full": () => "Alle Medienserver sind voll.",
    "media-server-busy": (name) =>
      `Der Medienserver ${name} hat zu viel zu tun: Er bekommt weniger neue Anrufe, die übrigen werden abgewiesen.`,
    "einwahl-busy": () => "einwahl hat zu viel zu tun: Neue Anrufe werden abgewiesen.",
    "trunk-unencrypted": (name) => `Die Leitung ${name} darf unverschlüsselt sein: Jeder auf dem Weg kann mithören.`,
    "bbb-unencrypted": (name) =>
      `Anrufe zum BBB-Server ${name} dürfen unverschlüsselt sein: Jeder auf dem Weg kann mithören.`,
    "api-unencrypted": (name) =>
      `Die API des BBB-Servers ${name} wird unverschlüsselt gefragt: Jeder auf dem Weg sieht ihr Geheimnis.`,
    "drachtio-plain": () =>
      "Die Verbindung zu drachtio verlässt diesen Rechner unverschlüsselt: Jeder auf dem Weg sieht Nummern und PINs.",
    "event-socket-plain": (name) =>
      `Die Verbindung zum Medienserver ${name} verlässt diesen Rechner unverschlüsselt: Jeder auf dem Weg sieht PINs.`,
    "redis-plain": () =>
      "Die Verbindung zu Redis verlässt diesen Rechner unverschlüsselt: Jeder auf dem Weg sieht PINs und das Passwort.",
  },
  insecure: "Unverschlüsselt",
  callsNow: "Anrufe jetzt",
  ofMax: (calls, most) => `${calls} von höchstens ${most}`,
  stages: {
    ringing: "klingelt",
    greeting: "Begrüßung",
    asking: "tippt die PIN",
    "looking-up": "PIN wird gesucht",
    waiting: "wartet auf Beginn",
    informing: "hört eine Auskunft",
    joining: "wird verbunden",
    talking: "in Konferenz",
    moving: "zieht auf einen anderen Medienserver um",
    ending: "endet",
  },
  day: "Die letzten 24 Stunden",
  noCalls: "In den letzten 24 Stunden ist kein Anruf zu Ende gegangen.",
  plot: (calls, failed, refused) =>
    `Anrufe der letzten 24 Stunden: ${calls}, davon ${failed} gescheitert und ${refused} abgewiesen`,
  plotCaption: (minutes) => `Zu Ende gegangene Anrufe je ${minutes} Minuten`,
  results: { well: "in Ordnung", refused: "abgewiesen", failed: "gescheitert" },
  causes: "Wie Anrufe endeten",
  cause: "Ursache",
  howOften: "Anrufe",
  trunks: "Leitungen",
  engines: "drachtio und Medienserver",
  servers: "BBB-Server",
  calls: (count) => (count === 1 ? "1 Anruf" : `${count} Anrufe`),
  numbers: (count) => (count === 1 ? "1 Nummer" : `${count} Nummern`),
  channels: (count, most) => `${count} von ${most} Kanälen`,
  idleCpu: (percent) => `${percent} % CPU frei`,
  meetings: (count) => (count === 1 ? "1 Konferenz" : `${count} Konferenzen`),
  callers: (count) => `${count} per Telefon`,
  answered: (time) => `zuletzt vor ${time}`,
  neverAnswered: "noch nie",
  webhooks: (time, refused) =>
    `Webhooks: ${time === undefined ? "noch kein gültiger" : `letzter gültiger vor ${time}`}${refused === 0 ? "" : `, ${refused} abgewiesen`}`,
  registeredSince: (time) => `registriert seit ${time}`,
  registeredBy: (instance) => `registriert von ${instance}`,
  instances: "Instanzen",
  instancesHint: "Sie teilen sich PINs, Grenzen und Leitungen; jede Leitung ist von einer registriert.",
  isDraining: "nimmt keine neuen Anrufe",
  since: (time) => `seit ${time}`,
  registers: (trunks) => `registriert ${trunks}`,
  isUp: "arbeitet",
  isDown: "Störung",
  fixedAddress: "feste Adresse",
  answers: "antwortet",
  synthetic: "Probeanrufe",
  syntheticHint:
    "einwahl ruft sich selbst mit zwei Telefonen an, die einander in einer eigens eröffneten Konferenz hören müssen.",
  noneYet: "noch keiner",
  works: (time) => `gelungen ${time}`,
  failed: (time) => `gescheitert ${time}`,
  answeredAfter: (time) => `abgenommen nach ${time}`,
  heardAfter: (time) => `einander gehört nach ${time}`,
  store: "Speicher für PINs",
  stores: {
    none: "Es gibt keinen: Keine Webseite hat ein Token, und keine PIN ist vergeben.",
    embedded: "auf der Platte dieser Maschine",
    redis: "Redis",
  },
  lastTrouble: (time) => `Letzte Störung ${time}`,
  failures: "Woran Anrufe scheiterten",
  failuresHint: "Unter seiner Kennung steht jeder Anruf im Log.",
  noFailures: "Seit dem Start ist kein Anruf gescheitert.",
  gotTo: (stage) => `zuletzt: ${stage}`,
  more: (count) => (count === 1 ? "und einer mehr" : `und ${count} mehr`),
};

const en: StatusTexts = {
  title: "einwahl: operation",
  otherLanguage: "Deutsch",
  asOf: "As of",
  runningSince: "running since",
  refreshes: (seconds) => `This page reloads itself every ${seconds} seconds.`,
  pause: "Pause",
  refreshesNot: "This page is paused.",
  resume: "Reload by itself again",
  states: { ready: "Calls get through", full: "No capacity for more calls", "not-ready": "Calls do not get through" },
  findings: "What needs doing",
  nothingFound: "Nothing. Every part works.",
  finding: {
    draining: () => "New calls are refused, those that are up go on: einwahl was told to drain, or is shutting down.",
    "drachtio-down": () => "drachtio is not connected: no calls come in.",
    "trunk-down": (name) => `No calls come in over the trunk ${name}.`,
    "media-server-down": (name) => `The media server ${name} does not work.`,
    "media-server-unusable": (name) => `The media server ${name} has a version that must not be used.`,
    "bbb-server-down": (name) => `The BBB server ${name} gives no list of its conferences: they may not be found.`,
    "webhooks-refused": (name) =>
      `Webhooks of the BBB server ${name} do not prove to be its own: the address or the secret in bbb-webhooks is wrong.`,
    "store-down": () => "The PIN store is unavailable: front ends get no new PINs.",
    "store-trouble": () => "The store of PINs was in trouble.",
    "instances-alike": (name) =>
      `Another instance on the same Redis is called ${name}: each needs a name of its own (instance).`,
    "log-down": () => "The log can't be written.",
    "synthetic-call-failed": (name) => `The last test call to a conference on ${name} failed.`,
    "calls-full": () => "calls.max_concurrent is reached.",
    "pins-guessed": () =>
      "Very many wrong PINs: they are being guessed, or an invitation has a wrong one. All answers are delayed.",
    "withheld-slowed": (name) =>
      `Many wrong PINs from withheld numbers over the trunk ${name}: answers to them are delayed.`,
    "withheld-refused": (name) =>
      `Too many wrong PINs from withheld numbers over the trunk ${name}: their calls are refused.`,
    "media-full": () => "All media servers are full.",
    "media-server-busy": (name) =>
      `The media server ${name} has too much to do: it gets fewer new calls, the others are refused.`,
    "einwahl-busy": () => "einwahl has too much to do: new calls are refused.",
    "trunk-unencrypted": (name) => `The trunk ${name} may be unencrypted: everybody on the way can listen.`,
    "bbb-unencrypted": (name) => `Calls to the BBB server ${name} may be unencrypted: everybody on the way can listen.`,
    "api-unencrypted": (name) =>
      `The API of the BBB server ${name} is asked without encryption: everybody on the way sees its secret.`,
    "drachtio-plain": () =>
      "The connection to drachtio leaves this machine without encryption: everybody on the way sees numbers and PINs.",
    "event-socket-plain": (name) =>
      `The connection to the media server ${name} leaves this machine without encryption: everybody on the way sees PINs.`,
    "redis-plain": () =>
      "The connection to Redis leaves this machine without encryption: everybody on the way sees PINs and the password.",
  },
  insecure: "Unencrypted",
  callsNow: "Calls now",
  ofMax: (calls, most) => `${calls} of at most ${most}`,
  stages: {
    ringing: "ringing",
    greeting: "greeting",
    asking: "typing the PIN",
    "looking-up": "PIN looked up",
    waiting: "waiting for start",
    informing: "being told",
    joining: "being connected",
    talking: "in conference",
    moving: "moving to another media server",
    ending: "ending",
  },
  day: "The last 24 hours",
  noCalls: "No call has ended in the last 24 hours.",
  plot: (calls, failed, refused) =>
    `Calls of the last 24 hours: ${calls}, of which ${failed} failed and ${refused} were refused`,
  plotCaption: (minutes) => `Calls that ended, per ${minutes} minutes`,
  results: { well: "in order", refused: "refused", failed: "failed" },
  causes: "How calls ended",
  cause: "Cause",
  howOften: "Calls",
  trunks: "Trunks",
  engines: "drachtio and media servers",
  servers: "BBB servers",
  calls: (count) => (count === 1 ? "1 call" : `${count} calls`),
  numbers: (count) => (count === 1 ? "1 number" : `${count} numbers`),
  channels: (count, most) => `${count} of ${most} channels`,
  idleCpu: (percent) => `${percent} % CPU idle`,
  meetings: (count) => (count === 1 ? "1 meeting" : `${count} meetings`),
  callers: (count) => `${count} by telephone`,
  answered: (time) => `last ${time} ago`,
  neverAnswered: "never yet",
  webhooks: (time, refused) =>
    `webhooks: ${time === undefined ? "no valid one yet" : `last valid one ${time} ago`}${refused === 0 ? "" : `, ${refused} refused`}`,
  registeredSince: (time) => `registered since ${time}`,
  registeredBy: (instance) => `registered by ${instance}`,
  instances: "Instances",
  instancesHint: "They share PINs, limits and trunks; one of them registers each trunk.",
  isDraining: "takes no new calls",
  since: (time) => `since ${time}`,
  registers: (trunks) => `registers ${trunks}`,
  isUp: "works",
  isDown: "fault",
  fixedAddress: "fixed address",
  answers: "answers",
  synthetic: "Test calls",
  syntheticHint:
    "einwahl calls itself with two telephones, which have to hear each other in a conference that is opened for them.",
  noneYet: "none yet",
  works: (time) => `worked ${time}`,
  failed: (time) => `failed ${time}`,
  answeredAfter: (time) => `answered after ${time}`,
  heardAfter: (time) => `heard each other after ${time}`,
  store: "Store of PINs",
  stores: {
    none: "There is none: no front end has a token, and no PIN is reserved.",
    embedded: "on this machine's disk",
    redis: "Redis",
  },
  lastTrouble: (time) => `Last trouble ${time}`,
  failures: "What calls failed for",
  failuresHint: "The log has each call under its id.",
  noFailures: "No call has failed since the start.",
  gotTo: (stage) => `last: ${stage}`,
  more: (count) => `and ${count} more`,
};

export const statusTexts: Readonly<Record<Language, StatusTexts>> = { de, en };
