import { createHash } from "node:crypto";

/**
 * Sends the PIN in the fragment of a link by POST. Removes it from the address first: it stays in no history, and "back"
 * does not send it again.
 */
export const script = `
const show = () => {
  const pin = /^#([0-9]{5,11})$/.exec(location.hash)?.[1];
  const form = document.getElementById("pin-form");
  if (pin === undefined || form === null) return;
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.pin.value = pin;
  form.submit();
};
addEventListener("hashchange", show);
show();
`;

/** The Content-Security-Policy source that allows only this script. */
export const scriptSource = `'sha256-${createHash("sha256").update(script).digest("base64")}'`;
