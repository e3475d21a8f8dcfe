import { Pool } from "undici";

/** One request of a load; `turn` counts up. */
export type Shot = (turn: number) => { readonly method: "GET" | "POST"; readonly path: string; readonly body?: string };

/** A load on one server: so many callers, each asking again as soon as it has its answer. */
export type Load = { readonly callers: number; readonly shot: Shot; readonly headers?: Readonly<Record<string, string>> };

/** Sends a load for some time; gives the number of answers. Throws at the first that is not 200. */
export async function closedLoop(url: string, { callers, shot, headers = {} }: Load, ms: number): Promise<number> {
  const pool = new Pool(url, { connections: callers, pipelining: 1 });
  const end = performance.now() + ms;
  let answers = 0;
  let turn = 0;
  const call = async (): Promise<void> => {
    while (performance.now() < end) {
      await send(pool, shot(turn++), headers);
      answers += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: callers }, call));
  } finally {
    await pool.destroy();
  }
  return answers;
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

async function send(pool: Pool, shot: ReturnType<Shot>, headers: Readonly<Record<string, string>>): Promise<void> {
  const { status, text } = await ask(pool, shot, headers);
  if (status !== 200) throw new Error(`answered ${status}: ${text.slice(0, 200)}`);
}

async function ask(pool: Pool, { method, path, body }: ReturnType<Shot>, headers: Readonly<Record<string, string>>) {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const answer = await pool.request({ method, path, body: body ?? null, headers: { ...type, ...headers } });
  const bytes = await answer.body.arrayBuffer();
  return { status: answer.statusCode, text: Buffer.from(bytes).toString("latin1", 0, 200) };
}
