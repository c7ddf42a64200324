import t from "tap";

import { promptNames } from "../../src/call/prompts.js";
import { playbackArgument } from "../../src/media/sounds.js";

const directory = "/usr/share/einwahl/sounds";

await t.test("a sequence of sounds is one playback", (t) => {
  t.equal(
    playbackArgument(
      [{ prompt: "welcome", language: "de" }, { silenceMs: 300 }, { prompt: "enter-pin", language: "en" }],
      directory,
    ),
    `file_string://${directory}/de/welcome.wav!silence_stream://300!${directory}/en/enter-pin.wav`,
  );
  t.end();
});

await t.test("music is repeated", (t) => {
  const files = playbackArgument([{ prompt: "please-wait", language: "de" }, { music: "hold" }], directory)
    .replace("file_string://", "")
    .split("!");
  t.equal(files[0], `${directory}/de/please-wait.wav`);
  t.ok(files.length > 2);
  t.ok(files.slice(1).every((file) => file === `${directory}/music/hold.wav`));
  t.end();
});

await t.test("prompt names cannot break the sequence", (t) => {
  for (const prompt of promptNames)
    t.match(
      playbackArgument([{ prompt, language: "en" }], directory),
      /^file_string:\/\/[a-z/]+\/en\/[a-z0-9-]+\.wav$/,
    );
  t.end();
});
