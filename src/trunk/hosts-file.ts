import { readFile } from "node:fs/promises";
import { isIP } from "node:net";

/** The addresses of a name in a file such as /etc/hosts (hosts(5)); none if the file is unreadable. */
export async function addressesInHosts(file: string, host: string): Promise<readonly string[]> {
  const wanted = plainName(host);
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((name) => plainName(name) === wanted) ? [address] : [];
  });
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
