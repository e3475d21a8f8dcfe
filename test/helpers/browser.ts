import { once } from "node:events";
import { existsSync } from "node:fs";
import type { Test } from "tap";
import { start } from "./command.ts";
import { at, type Json } from "./gateway.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path)) ?? "";

/** Why a test that needs a browser is left out, or false. */
export const noBrowser = CHROMIUM === "" ? "no Chromium on this machine: install it to include this test" : false;

const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --remote-debugging-port=0";

export type Page = {
  /** The addresses that the page asked for, in order. */
  readonly requests: readonly string[];
  /** Those that are not of the server that it came from. */
  requestsElsewhere(): readonly string[];
  /** Errors of its console: what its scripts raise, what its policy refuses, what could not be loaded. */
  readonly errors: readonly string[];
  /** Waits until an expression holds in the page, and gives its value. */
  until(expression: string): Promise<unknown>;
  /** Waits for what a selector finds, and clicks on it. */
  click(selector: string): Promise<void>;
  /** Waits for the field that a selector finds, and types into it. */
  type(selector: string, text: string): Promise<void>;
};

/** Opens an address in a browser of its own, which is ended with the test. */
export async function openPage(t: Test, url: string): Promise<Page> {
  const flags = [...FLAGS.split(" "), `--user-data-dir=${t.testdir()}`];
  const browser = await start(t, CHROMIUM, flags, {}, /DevTools listening on ws:\S+\n/);
  const [requests, errors]: [string[], string[]] = [[], []];
  const call = await connectTo(/ws:\S+/.exec(browser.output())?.[0] ?? "", (method, params) => {
    if (method === "Network.requestWillBeSent") requests.push(String(at(params, "request.url")));
    const error = errorIn(method, params);
    if (error !== undefined) errors.push(error);
  });
  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
  const ask = (method: string, params: object = {}): Promise<Json> => call(method, params, String(sessionId));
  for (const domain of ["Network", "Runtime", "Log", "Page"]) await ask(`${domain}.enable`);
  await ask("Page.navigate", { url });

  const until = async (expression: string): Promise<unknown> => {
    const answer = await ask("Runtime.evaluate", { expression: waitingFor(expression), awaitPromise: true, returnByValue: true });
    if (answer["exceptionDetails"] !== undefined) throw new Error(JSON.stringify(answer["exceptionDetails"]));
    return at(answer, "result.value");
  };
  const find = (selector: string): Promise<unknown> => until(`(found = document.querySelector(${JSON.stringify(selector)})) !== null`);
  return {
    requests,
    requestsElsewhere: () => requests.filter((each) => !each.startsWith("data:") && new URL(each).origin !== new URL(url).origin),
    errors,
    until,
    click: async (selector) => {
      await find(selector);
      // As with a mouse, the focus moves first: some fields tell only then what was typed into them.
      for (const act of ["focus", "click"]) await ask("Runtime.evaluate", { expression: `found.${act}()` });
    },
    type: async (selector, text) => {
      await find(selector);
      await ask("Runtime.evaluate", { expression: "found.focus()" });
      await ask("Input.insertText", { text });
    },
  };
}

/** A promise, in the page, for the first value of an expression that counts as true; it is looked at whenever the page changes. */
const waitingFor = (expression: string): string => `new Promise((resolve, reject) => {
  const look = () => {
    const value = ${expression};
    if (value) resolve(value);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  setTimeout(reject, 30_000, new Error("this never came true"));
  look();
})`;

/** What an event tells of an error in the page. */
function errorIn(method: string, params: unknown): string | undefined {
  if (method === "Runtime.exceptionThrown") return JSON.stringify(at(params, "exceptionDetails"));
  if (method === "Runtime.consoleAPICalled" && at(params, "type") === "error") return JSON.stringify(at(params, "args"));
  if (method === "Log.entryAdded" && at(params, "entry.level") === "error") return JSON.stringify(at(params, "entry"));
  return undefined;
}

type Call = (method: string, params: object, sessionId?: string) => Promise<Json>;

/** Speaks the browser's DevTools protocol: calls that are answered by number, and events. */
async function connectTo(address: string, heard: (method: string, params: unknown) => void): Promise<Call> {
  const socket = new WebSocket(address);
  await once(socket, "open");
  const waiting: PromiseWithResolvers<Json>[] = [];
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Json;
    if (typeof message["id"] !== "number") return heard(String(message["method"]), message["params"]);
    const call = waiting[message["id"]];
    if (message["error"] === undefined) call?.resolve(message["result"] as Json);
    else call?.reject(new Error(JSON.stringify(message["error"])));
  });
  socket.addEventListener("close", () => {
    for (const call of waiting) call.reject(new Error("the browser has ended"));
  });
  return (method, params, sessionId) => {
    const call = Promise.withResolvers<Json>();
    const id = waiting.push(call) - 1;
    socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    return call.promise;
  };
}
