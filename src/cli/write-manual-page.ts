import { writeFileSync } from "node:fs";

import { packageVersion } from "../util/package-version.js";
import { commands } from "./commands.js";
import { manualPage } from "./manual-page.js";

// Run in the root of the package after each change of a command: npm run man
writeFileSync("docs/einwahl.1", manualPage(commands, packageVersion()));
