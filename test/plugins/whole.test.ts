import type { IncomingMessage } from "node:http";
import { test } from "tap";
import { isReadFrom, seemsWhole } from "../../src/plugins/whole.ts";

const text = (...lines: readonly string[]): string => lines.join("\r\n");
const GET = text("GET /a HTTP/1.1", "Host: x", "", "");
const POST = text("POST /a HTTP/1.1", "Host: x", "Content-Length: 3", "", "abc");

test("what is one request for an answer, and all of it", (t) => {
  const cases: readonly (readonly [name: string, bytes: string, is: boolean])[] = [
    ["a read", GET, true],
    ["with a body", POST, true],
    ["with a length in small letters and no blank", POST.replace("Content-Length: ", "content-length:"), true],
    ["a part of a head", GET.slice(0, -1), false],
    ["a part of a body", POST.slice(0, -1), false],
    ["and the beginning of another", `${GET}G`, false],
    ["two", GET + GET, false],
    ["after an empty line", `\r\n${GET}`, false],
    ["another method", GET.replace("GET", "HEAD"), false],
    ["a tunnel", GET.replace("GET /a", "CONNECT a:1"), false],
    ["in chunks", POST.replace("Content-Length: 3", "Transfer-Encoding: chunked"), false],
    ["with an expectation", POST.replace("Host: x", "Expect: 100-continue"), false],
    ["with another protocol", GET.replace("Host: x", "Upgrade: websocket"), false],
  ];
  for (const [name, bytes, is] of cases) t.equal(seemsWhole(Buffer.from(bytes)), is, name);
  t.end();
});

test("a request is one that bytes look like when all of its head is the same, and it came whole", (t) => {
  const read = { complete: true, method: "POST", url: "/a", httpVersion: "1.1", rawHeaders: ["Host", "x", "Content-Length", "3"] };
  const cases: readonly (readonly [name: string, other: Partial<IncomingMessage>, is: boolean])[] = [
    ["the same", {}, true],
    ["not all of it", { complete: false }, false],
    ["another method", { method: "GET" }, false],
    ["another target", { url: "/ab" }, false],
    ["another version", { httpVersion: "1.0" }, false],
    ["another field", { rawHeaders: ["Host", "x", "Content-Lengths", "3"] }, false],
    ["another value", { rawHeaders: ["Host", "xy", "Content-Length", "3"] }, false],
    ["one field more", { rawHeaders: [...read.rawHeaders, "A", "b"] }, false],
    ["one field less", { rawHeaders: ["Host", "x"] }, false],
    ["in another order", { rawHeaders: ["Content-Length", "3", "Host", "x"] }, false],
  ];
  for (const [name, other, is] of cases) t.equal(isReadFrom({ ...read, ...other } as IncomingMessage, Buffer.from(POST)), is, name);
  t.end();
});
