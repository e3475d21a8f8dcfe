import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { type Test, test } from "tap";
import { createLog, createLogOutput } from "../src/log.ts";
import { createScrubber } from "../src/scrub/index.ts";

/** A pipe whose writer waits while it is full, with a reader that has not begun. */
function makePipe(t: Test) {
  const path = join(t.testdir(), "pipe");
  execFileSync("mkfifo", [path]);
  const openToRead = (): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const reader = openToRead();
  return { reader, writer: openSync(path, constants.O_WRONLY), openToRead };
}

test("a pipe that nobody reads keeps no process from its end, whoever decides whether it blocks", async (t) => {
  const { reader, writer } = makePipe(t);
  const script = `
    import { createLogOutput } from "./src/log.ts";
    const output = createLogOutput(1);
    for (let n = 0; n < 20_000; n++) output.write("{}".padEnd(99) + "\\n");
    await output.flush();
    process.exit(output.dropped() > 0 ? 0 : 1);`;
  const child = spawn("node", ["--input-type=module", "-e", script], { stdio: ["ignore", writer, "inherit"] });
  // With its reader the pipe ends, and whoever waits in it.
  t.teardown(() => closeSync(reader));
  t.same(await once(child, "exit"), [0, null]);
  closeSync(writer);
});

test("a reader that comes when another one is gone gets all lines, each whole", async (t) => {
  const { reader, writer, openToRead } = makePipe(t);
  const output = createLogOutput(writer);
  const last = 3_000;
  // Among them some that are longer than a piece, and of two bytes a character.
  for (let n = 0; n < last; n++) output.write(`${JSON.stringify({ n, text: "ü".repeat(n % 500 === 0 ? 20_000 : n % 150) })}\n`);
  await output.flush();
  closeSync(reader);
  output.write(`${JSON.stringify({ n: last })}\n`);
  const socket = new Socket({ fd: openToRead(), readable: true, writable: false }).setEncoding("utf8");
  let text = "";
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.endsWith(`${JSON.stringify({ n: last })}\n`)) break;
  }
  const lines = text.trimEnd().split("\n");
  t.same(
    lines.map((line) => (JSON.parse(line) as { n: number }).n),
    Array.from({ length: last + 1 }, (_, n) => n),
  );
  t.notOk(text.includes("\ufffd"), "no character is torn");
  t.equal(output.dropped(), 0);
  closeSync(writer);
});

test("what waits for a reader is bounded in bytes, whatever the characters take", async (t) => {
  const { reader, writer } = makePipe(t);
  const output = createLogOutput(writer);
  const line = `${"€".repeat(200_000)}\n`;
  output.write(line);
  t.equal(output.dropped(), 0);
  output.write(line);
  t.equal(output.dropped(), 1, "600,000 bytes and as many again are more than a mebibyte");
  let bytes = 0;
  for await (const chunk of new Socket({ fd: reader, readable: true, writable: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes === Buffer.byteLength(line)) break;
  }
  t.equal(bytes, Buffer.byteLength(line), "the first comes whole");
  closeSync(writer);
});

test("a socket that somebody else makes blocking holds nothing up, and loses no line", async (t) => {
  // To start a process with the same output is enough: it begins with one that blocks.
  const script = `
    import { spawnSync } from "node:child_process";
    import { createLogOutput } from "./src/log.ts";
    const output = createLogOutput(process.stdout.fd);
    let last = 0;
    const writeMore = (lines) => {
      for (let n = 0; n < lines; n++) output.write(JSON.stringify({ n: last++, text: "-".repeat(last % 500) }) + "\\n");
    };
    writeMore(2_000);
    spawnSync(process.execPath, ["-e", ""], { stdio: ["ignore", "inherit", "ignore"] });
    let beats = 0;
    const beating = setInterval(async () => {
      process.stderr.write(".");
      writeMore(20);
      if (++beats < 20) return;
      clearInterval(beating);
      writeMore(1);
      process.stdin.once("data", async () => { await output.flush(); process.exit(output.dropped()); });
    }, 10);`;
  const child = spawn("node", ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  let beats = 0;
  for await (const chunk of child.stderr) {
    beats += (chunk as Buffer).length;
    if (beats === 20) break;
  }
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => void (text += more));
  child.stdin.end("read");
  t.same(await once(child, "close"), [0, null]);
  t.same(
    text
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { n: number }).n),
    Array.from({ length: 2_401 }, (_, n) => n),
  );
});

test("an error that is its own cause is told", async (t) => {
  const lines: string[] = [];
  const error = new Error("itself");
  error.cause = error;
  createLog("info", createScrubber(), (line) => void lines.push(line)).warn({ err: error }, "went wrong");
  t.equal(lines.length, 1);
  t.match(JSON.parse(lines[0] ?? ""), { msg: "went wrong", err: { type: "Error", cause: { type: "Error" } } });
});
