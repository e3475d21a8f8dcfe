import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { gatewayError } from "../errors.ts";

export type Page = {
  readonly path: string;
  readonly html: string;
  /** The script that starts the page, at `boot.js` below it: the policy lets none stand in the page itself. */
  readonly boot: string;
  /** Names in the folder `assets`, which scripts/assets.ts fills out of the packages. */
  readonly files: readonly string[];
  readonly assets: URL;
  readonly policy: string;
};

const SCRIPT = "text/javascript; charset=utf-8";
const typeOf = (file: string): string => (file.endsWith(".css") ? "text/css; charset=utf-8" : SCRIPT);

/** Serves a page with all of its files, open to all: what it asks the gateway for needs a token like any other request. */
export function servePage(app: FastifyInstance, { path, html, boot, files, assets, policy }: Page): void {
  const own = { "content-security-policy": policy };
  // The page and its start are never kept by a browser, so that they are those of the gateway that runs; a package's files are large and change seldom.
  const kept = { ...own, "cache-control": "public, max-age=3600" };
  const hidden = { schema: { hide: true } };
  app.get(path, hidden, (_request, reply) => reply.headers(own).type("text/html; charset=utf-8").send(html));
  app.get(`${path}/boot.js`, hidden, (_request, reply) => reply.headers(own).type(SCRIPT).send(boot));
  for (const file of files) {
    // Read once, and the same bytes for all: nobody who asks needs a token, and the largest is three megabytes long.
    let bytes: Buffer | undefined;
    app.get(`${path}/${file}`, hidden, (_request, reply) => {
      bytes ??= read(new URL(file, assets));
      return reply.headers(kept).type(typeOf(file)).send(bytes);
    });
  }
}

function read(file: URL): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw gatewayError("ResourceNotFound", undefined, { cause });
  }
}
