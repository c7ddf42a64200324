import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A certification authority made for one test, and a server certificate that it signed. All PEM. */
export interface TestCertificates {
  /** What a client must trust. */
  readonly caPem: string;
  readonly key: string;
  readonly cert: string;
}

/**
 * Makes a CA and a server certificate (prime256v1, valid for a day) with the openssl command line.
 *
 * @param dir a folder of this test alone, for example `t.testdir()`; openssl's files stay in it
 * @param subjectAltName the names that the certificate is good for
 */
export async function makeCertificates(
  dir: string,
  subjectAltName = "DNS:localhost,IP:127.0.0.1",
): Promise<TestCertificates> {
  mkdirSync(dir, { recursive: true });
  const file = (name: string): string => join(dir, name);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256"];
  writeFileSync(
    file("ca.cnf"),
    "[req]\ndistinguished_name=dn\nx509_extensions=ca\nprompt=no\n[dn]\nCN=einwahl test CA\n" +
      "[ca]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n",
  );
  writeFileSync(
    file("server.ext"),
    `basicConstraints=CA:false\nsubjectAltName=${subjectAltName}\nextendedKeyUsage=serverAuth,clientAuth\n`,
  );
  await run("openssl", [
    "req",
    "-x509",
    ...newKey,
    "-days",
    "1",
    "-config",
    file("ca.cnf"),
    "-keyout",
    file("ca.key"),
    "-out",
    file("ca.pem"),
  ]);
  await run("openssl", [
    "req",
    "-new",
    ...newKey,
    "-subj",
    "/CN=localhost",
    "-keyout",
    file("server.key"),
    "-out",
    file("server.csr"),
  ]);
  await run("openssl", [
    "x509",
    "-req",
    "-sha256",
    "-days",
    "1",
    "-in",
    file("server.csr"),
    "-CA",
    file("ca.pem"),
    "-CAkey",
    file("ca.key"),
    "-set_serial",
    "2",
    "-extfile",
    file("server.ext"),
    "-out",
    file("server.pem"),
  ]);
  return {
    caPem: readFileSync(file("ca.pem"), "utf8"),
    key: readFileSync(file("server.key"), "utf8"),
    cert: readFileSync(file("server.pem"), "utf8"),
  };
}
