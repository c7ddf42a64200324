import type { Config } from "../../config/config.js";
import { type ChannelDump, dumpChannels } from "../places/freeswitch.js";
import { asked } from "./dialogue.js";
import { bbbEvidence, callerEvidence, legsOf, ownToneHz } from "./encryption.js";
import { type Scenario, type ScenarioTools, went } from "./scenario.js";
import type { TestCall } from "./test-call.js";
import { Wire } from "./wire.js";

const toneLevel = 0.2;
const joinLooks = 60;
const joinLookMs = 400;
const talkMs = 2_000;
const afterPinMs = 150;

interface Joined {
  readonly server: Config["mediaServers"][number];
  readonly caller: ChannelDump;
  readonly bbb: ChannelDump;
}

export const whileTalking: Scenario = {
  title: "the right PIN, then hang-up in the conference",
  run: async (tools, caller) => {
    const wire = new Wire();
    return await asked(
      tools,
      caller,
      async (call) => {
        if (!(await call.types(`${tools.rightPin.reveal()}#`))) return went(false, "the PIN could not be typed");
        call.call.playTone(ownToneHz, toneLevel);
        const joined = await untilJoined(tools, call);
        if (joined === undefined) return went(false, "after the right PIN FreeSWITCH shows no leg to BBB");
        await call.stays(talkMs);
        await tools.plantOnChannel(joined.server, joined.caller.get("Unique-ID") ?? "");
        await tools.observe("talking");
        const { prompts } = tools.route;
        tools.noteEvidence([
          ...callerEvidence(
            call.call,
            wire.readAsPlain("out", ownToneHz, []),
            wire.readAsPlain("in", ownToneHz, prompts),
          ),
          ...bbbEvidence(joined.bbb),
        ]);
        return went(true, "talked");
      },
      { phone: { onWire: wire.tap } },
    );
  },
};

export const whileJoining: Scenario = {
  title: "the right PIN, then hang-up at once",
  run: async (tools, caller) =>
    await asked(tools, caller, async (call) => {
      const typed = await call.types(`${tools.rightPin.reveal()}#`);
      await call.stays(afterPinMs);
      return went(typed, "hung up while joining");
    }),
};

/** RFC 3323: a withheld identity must not be passed on. */
export const conferenceEnds: Scenario = {
  title: "a withheld number in a conference that ends",
  run: async (tools, caller) => {
    const number = caller.number.reveal();
    return await asked(
      tools,
      caller,
      async (call) => {
        if (!(await call.types(`${tools.rightPin.reveal()}#`))) return went(false, "the PIN could not be typed");
        if ((await untilJoined(tools, call)) === undefined)
          return went(false, "after the right PIN FreeSWITCH shows no leg to BBB");
        await tools.observe("talking, number withheld");
        await tools.endConference();
        return went(await call.hears("enter-pin"), "prompted for another PIN");
      },
      {
        dial: {
          number: "anonymous",
          fromHost: "anonymous.invalid",
          headers: [
            ["Privacy", "id"],
            ["P-Asserted-Identity", `"${caller.name.reveal()}" <sip:${number}@anonymous.invalid>`],
            ["Remote-Party-ID", `<sip:${number}@anonymous.invalid>;privacy=full`],
          ],
        },
      },
    );
  },
};

export const conferenceOver: Scenario = {
  title: "the PIN of a conference that is over",
  run: async (tools, caller) =>
    await asked(tools, caller, async (call) => {
      const typed = await call.types(`${tools.rightPin.reveal()}#`);
      return went(typed && (await call.hears("pin-unknown")), "told that it is unknown");
    }),
};

/** Polls FreeSWITCH until the call has an answered leg to BBB. */
async function untilJoined({ config, clock, stop }: ScenarioTools, call: TestCall): Promise<Joined | undefined> {
  const rtpPort = /^m=audio (\d+)/m.exec(call.call.localSdp)?.[1] ?? "";
  for (let look = 0; look < joinLooks && !stop.isSet; look++) {
    for (const server of config.mediaServers) {
      const dumps = await dumpChannels(server, clock);
      const legs = dumps.ok ? legsOf(dumps.value, rtpPort) : undefined;
      if (legs?.bbb?.get("Answer-State") === "answered") return { server, caller: legs.caller, bbb: legs.bbb };
    }
    if (!(await call.stays(joinLookMs))) return undefined;
  }
  return undefined;
}
