import { Buffer } from "node:buffer";

import type { Clock } from "../util/clock.js";
import { sleep } from "../util/wait.js";
import type { Mark } from "./mark.js";
import { type Place, type Plant, plantWord, type Removal } from "./place.js";
import type { PlaceRecord, PlantRecord } from "./report.js";
import { type Hit, type Piece, Search } from "./search.js";

/** The maximum delay of a planted line through Docker or journald. */
const plantLooks = 40;
const plantLookMs = 250;

interface Seen {
  looks: number;
  pieces: number;
  bytes: number;
  readonly hits: Map<string, Hit & { readonly stage: string }>;
  readonly permitted: Set<string>;
  readonly unseen: Set<string>;
  readonly plants: PlantRecord[];
}

/** Repeated searches of one place, with all hits. */
export class Watch {
  readonly place: Place;
  readonly #clock: Clock;
  readonly #seen: Seen = {
    looks: 0,
    pieces: 0,
    bytes: 0,
    hits: new Map(),
    permitted: new Set(),
    unseen: new Set(),
    plants: [],
  };

  constructor(place: Place, clock: Clock) {
    this.place = place;
    this.#clock = clock;
  }

  get record(): PlaceRecord {
    const { id, name } = this.place;
    const { looks, pieces, bytes, hits, permitted, unseen, plants } = this.#seen;
    return {
      id,
      name,
      looks,
      pieces,
      bytes,
      plants,
      hits: [...hits.values()],
      permitted: [...permitted],
      unseen: [...unseen],
    };
  }

  /** Searches for the marks of the calls. @param stage of a call, or `undefined` after all calls */
  async look(marks: readonly Mark[], stage: string | undefined): Promise<void> {
    const { pieces, unseen } = await this.place.look();
    this.#seen.looks += 1;
    this.#seen.pieces += pieces.length;
    this.#seen.bytes += sizeOf(pieces);
    for (const what of unseen) this.#seen.unseen.add(what);
    for (const hit of new Search(marks).in(pieces)) {
      const why = this.place.permits(hit.mark, stage !== undefined);
      if (why !== undefined) this.#seen.permitted.add(`${hit.mark.title}: ${why}`);
      else
        this.#seen.hits.set(`${hit.mark.title}|${hit.form}|${hit.source.replace(/[0-9a-f-]{36}/, "UUID")}`, {
          ...hit,
          stage: stage ?? "after the calls",
        });
    }
  }

  /** Plants a mark by each method, searches for it, and removes it. */
  async tryPlants(newMark: () => Mark): Promise<void> {
    for (const plant of this.place.plants) await this.tryPlant(plant, newMark());
    if (this.place.plants.length === 0 && this.place.id !== "freeswitch-channels") await this.#tryCopy(newMark());
  }

  async tryPlant(plant: Plant, mark: Mark): Promise<void> {
    const { how } = plant;
    const wordsBefore = plantWordsIn((await this.place.look()).pieces);
    const put = await plant.put(mark);
    if (!put.ok) {
      this.#seen.plants.push({ how, outcome: "not-planted", why: put.failure, removed: "nothing-there" });
      return;
    }
    const search = new Search([mark]);
    const outcome = await this.#untilFound(search, wordsBefore);
    this.#seen.plants.push({ how, outcome, why: "", removed: await this.#remove(put.value, search) });
    // The filter masked the digits: test the search for digits on a copy.
    if (outcome === "masked") await this.#tryCopy(mark);
  }

  async #remove(removal: Removal | undefined, search: Search): Promise<PlantRecord["removed"]> {
    if (removal === undefined) return "stays";
    await removal.remove();
    if (removal.isGone === "later") return "ends-later";
    const { pieces } = await this.place.look();
    return search.in(pieces).length === 0 ? "removed" : "still-there";
  }

  /** @param wordsBefore previous number of planted words, because einwahl writes each mark to all its outputs */
  async #untilFound(search: Search, wordsBefore: number): Promise<PlantRecord["outcome"]> {
    for (let look = 0, arrivals = 0; look < plantLooks; look++) {
      const { pieces } = await this.place.look();
      if (search.in(pieces).length > 0) return "found";
      // The line may be incomplete or an earlier one: the digits count as masked if the next search also misses them.
      if (plantWordsIn(pieces) > wordsBefore) arrivals += 1;
      if (arrivals > 1) return "masked";
      await sleep(this.#clock, plantLookMs);
    }
    return "missing";
  }

  async #tryCopy(mark: Mark): Promise<void> {
    const { pieces } = await this.place.look();
    const copy: readonly Piece[] = [
      { source: "a copy", bytes: Buffer.concat([...pieces.map(({ bytes }) => bytes), Buffer.from(mark.reveal())]) },
    ];
    const found = new Search([mark]).in(copy).length > 0;
    this.#seen.plants.push({
      how: "in a copy of the data",
      outcome: found ? "found" : "missing",
      why: "",
      removed: "nothing-there",
    });
  }
}

function plantWordsIn(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes.toString("latin1").split(plantWord).length - 1, 0);
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
