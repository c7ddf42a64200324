import type { Certificates } from "../../../src/simulators/certificates.js";
import { Kamailio } from "./kamailio.js";
import { missingPrograms } from "./missing-programs.js";
import type { Owner } from "./owner.js";
import { Rtpengine } from "./rtpengine.js";

let hasSaid = false;

/** The default carrier: Kamailio, and rtpengine with its default flags. `undefined`, with one comment per file, if they are not installed. */
export async function startCarrier(owner: Owner, certificates: Certificates): Promise<Kamailio | undefined> {
  const missing = missingPrograms("kamailio", "rtpengine");
  if (missing === false) return await Kamailio.start(owner, { certificates, mediaRelay: await Rtpengine.start(owner) });
  if (!hasSaid) owner.comment?.(`${missing}: phones call without a carrier`);
  hasSaid = true;
  return undefined;
}
