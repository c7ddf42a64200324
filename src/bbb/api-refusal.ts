/** BBB up to 2.2 writes the key as an attribute of this element (respondWithErrors of its ApiController). */
const keyedElement = "response/errors/error";
const maxKeyLength = 60;

/** Reads, from the events of an XML parser, why BBB's API refuses: the first key that it names. */
export class ApiRefusal {
  #key = "";
  #isRead = false;

  /** @param path the open elements, the outermost first; likewise below */
  attribute(path: readonly string[], name: string, value: string): void {
    if (name !== "key" || this.#isRead || path.join("/") !== keyedElement) return;
    this.#key = value;
    this.#isRead = true;
  }

  text(path: readonly string[], text: string): void {
    if (!this.#isRead && isKeyElement(path) && this.#key.length <= maxKeyLength) this.#key += text;
  }

  /** The element at the end of the path ends. */
  closed(path: readonly string[]): void {
    if (this.#key.trim() !== "" && isKeyElement(path)) this.#isRead = true;
  }

  /** In one line, with nothing of the answer that could be a name. */
  get fault(): string {
    const key = this.#key.trim();
    return `the API refused: ${/^[A-Za-z]+$/.test(key) ? key.slice(0, maxKeyLength) : "without a reason"}`;
  }
}

/** Where bigbluebutton-web names the reason: api-error.ftlx and api-errors.ftlx. */
function isKeyElement(path: readonly string[]): boolean {
  if (path.length === 2) return path[1] === "messageKey";
  return path.length === 4 && path[1] === "errors" && path[2] === "error" && path[3] === "key";
}
