/** BBB up to 2.2 writes the key as an attribute of this element (respondWithErrors of its ApiController). */
const keyedElement = "response/errors/error";
const maxKeyLength = 60;

/** Collects the first error key of a refusal by the BBB API from the events of an XML parser. */
export class ApiRefusal {
  #key = "";
  #isRead = false;

  /** @param path the open elements, outermost first; likewise below */
  attribute(path: readonly string[], name: string, value: string): void {
    if (name !== "key" || this.#isRead || path.join("/") !== keyedElement) return;
    this.#key = value;
    this.#isRead = true;
  }

  text(path: readonly string[], text: string): void {
    if (!this.#isRead && isKeyElement(path) && this.#key.length <= maxKeyLength) this.#key += text;
  }

  /** The last element of the path is closed. */
  closed(path: readonly string[]): void {
    if (this.#key.trim() !== "" && isKeyElement(path)) this.#isRead = true;
  }

  /** One line; letters only from the response, so that it contains no names. */
  get fault(): string {
    const key = this.#key.trim();
    return `the API refused: ${/^[A-Za-z]+$/.test(key) ? key.slice(0, maxKeyLength) : "without a reason"}`;
  }
}

/** The elements with the reason: api-error.ftlx and api-errors.ftlx of bigbluebutton-web. */
function isKeyElement(path: readonly string[]): boolean {
  if (path.length === 2) return path[1] === "messageKey";
  return path.length === 4 && path[1] === "errors" && path[2] === "error" && path[3] === "key";
}
