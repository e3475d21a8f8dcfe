import { connect } from "node:net";
import { Pool } from "undici";

/** One request of a load; `turn` counts up. */
export type Shot = (turn: number) => { readonly method: "GET" | "POST"; readonly path: string; readonly body?: string };

/** A load on one server: so many callers, each asking again as soon as it has its answer. */
export type Load = { readonly callers: number; readonly shot: Shot; readonly headers?: Readonly<Record<string, string>> };

/** Sends a load for some time; gives the number of answers. Throws at the first that is not 200. */
export async function closedLoop(url: string, { callers, shot, headers = {} }: Load, ms: number): Promise<number> {
  const { host } = new URL(url);
  const fields = Object.entries({ host, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
  let end = performance.now() + ms;
  let [answers, turn] = [0, 0];
  const next = (): string | undefined => (performance.now() < end ? printRequest(shot(turn++), fields) : undefined);
  const counted = (): void => void (answers += 1);
  try {
    await Promise.all(Array.from({ length: callers }, () => call(new URL(url), next, counted)));
  } finally {
    // One has failed: the others end as well.
    end = 0;
  }
  return answers;
}

function printRequest({ method, path, body }: ReturnType<Shot>, fields: string): string {
  const about = body === undefined ? "" : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\n${fields}${about}\r\n${body ?? ""}`;
}

/**
 * One caller with a connection of its own. It reads no more of an answer than it takes to know its end: a client that does more costs as much as the
 * fastest contenders, and they would be measured while they wait for it.
 */
function call({ hostname, port }: URL, next: () => string | undefined, counted: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let rest = readAnswer();
    const ask = (): void => {
      const request = next();
      if (request !== undefined) return void socket.write(request);
      socket.destroy();
      resolve();
    };
    socket.once("connect", ask).once("error", reject);
    socket.setTimeout(LONGEST_MS, () => socket.destroy(new Error("no answer")));
    socket.once("close", () => reject(new Error("a connection was closed")));
    socket.on("data", (chunk) => {
      const found = rest(chunk);
      if (found === "more") return;
      if (found === "whole") {
        counted();
        rest = readAnswer();
        ask();
      } else socket.destroy(new Error(`answered ${found}`));
    });
  });
}

/** The longest wait for anything of an answer, in milliseconds. */
const LONGEST_MS = 20_000;
const LAST_CHUNK = "0\r\n\r\n";

/** Reads one answer as it comes, up to its end; gives the beginning of one that is not 200. Its head comes in one piece from all of the contenders. */
function readAnswer(): (chunk: Buffer) => string {
  let started = false;
  let left = Number.NaN;
  let last = "";
  return (chunk) => {
    let body = chunk;
    if (!started) {
      const head = chunk.toString("latin1", 0, 4_096).split("\r\n\r\n", 1)[0] ?? "";
      if (!head.startsWith("HTTP/1.1 200 ")) return head;
      started = true;
      left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
      body = chunk.subarray(head.length + 4);
    }
    left -= body.length;
    if (left < 0) return "more than it said";
    if (left >= 0) return left === 0 ? "whole" : "more";
    last = (last + body.toString("latin1", Math.max(body.length - LAST_CHUNK.length, 0))).slice(-LAST_CHUNK.length);
    return last === LAST_CHUNK ? "whole" : "more";
  };
}

/** How a request was answered, and how long that took, in milliseconds. */
export type Shown = { readonly status: number; readonly ms: number };

/** Sends so many requests a second whether answers come or not. */
export async function openLoop(
  url: string,
  { shot, headers = {} }: Omit<Load, "callers">,
  perSecond: number,
  ms: number,
): Promise<Shown[]> {
  const pool = new Pool(url, { connections: 1_024, pipelining: 1 });
  const started = performance.now();
  const waiting: Promise<Shown>[] = [];
  const total = Math.round((perSecond * ms) / 1_000);
  while (waiting.length < total) {
    const due = Math.floor(((performance.now() - started) / 1_000) * perSecond);
    while (waiting.length < Math.min(due, total)) waiting.push(timed(pool, shot(waiting.length), headers));
    await new Promise((resolve) => void setTimeout(resolve, 1));
  }
  const shown = await Promise.all(waiting);
  await pool.destroy();
  return shown;
}

/** The time that this share of requests took at most, in milliseconds. */
export function quantile(shown: readonly Shown[], share: number): number {
  const times = shown.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return times[Math.min(Math.floor(times.length * share), times.length - 1)] ?? Number.NaN;
}

async function timed(pool: Pool, shot: ReturnType<Shot>, headers: Readonly<Record<string, string>>): Promise<Shown> {
  const began = performance.now();
  const { status } = await ask(pool, shot, headers);
  return { status, ms: performance.now() - began };
}

async function ask(pool: Pool, { method, path, body }: ReturnType<Shot>, headers: Readonly<Record<string, string>>) {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const answer = await pool.request({ method, path, body: body ?? null, headers: { ...type, ...headers } });
  await answer.body.arrayBuffer();
  return { status: answer.statusCode };
}
