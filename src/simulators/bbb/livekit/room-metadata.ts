import type { Meeting } from "../meetings.js";

/** The room's metadata, which bbb-webrtc-sfu also sets on the rule (`_handleMeetingCreated`). */
export function metadataOf(meeting: Pick<Meeting, "internalMeetingID" | "name" | "voiceBridge">): string {
  return JSON.stringify({
    bbb_meetingId: meeting.internalMeetingID,
    bbb_meetingName: meeting.name,
    bbb_voiceConf: meeting.voiceBridge,
    bbb_muteOnStart: false,
    bbb_domain: "bbb.example.org",
    bbb_cameraBridge: "livekit",
    bbb_audioBridge: "livekit",
    bbb_screenShareBridge: "livekit",
  });
}
