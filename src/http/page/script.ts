import { createHash } from "node:crypto";

/**
 * Posts the PIN that a link carries behind `#`. The address loses it at once: it stays in no history, and "back" does not
 * post it again.
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

/** Lets this script run and no other, in a Content-Security-Policy. */
export const scriptSource = `'sha256-${createHash("sha256").update(script).digest("base64")}'`;
