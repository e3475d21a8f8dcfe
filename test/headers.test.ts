import { test } from "tap";
import { readAccept, readRetryAfter } from "../src/headers.ts";
import { at, startBoth } from "./helpers/gateway.ts";

test("Accept takes a type by its name or by a range, and a weight of nothing excludes it", (t) => {
  const cases = [
    [undefined, "ranged"],
    ["*/*", "ranged"],
    ["application/*", "ranged"],
    ["application/json", "named"],
    ["text/html, Application/JSON ; charset=utf-8;q=0.001", "named"],
    ["application/json;q=0", undefined],
    ["application/json; Q=0.000 ;x=1", undefined],
    ["application/json;q=0, */*", undefined],
    ["application/*;q=0, */*", undefined],
    ["*/*;q=0, application/json", "named"],
    ["application/json;q=0, application/json;q=1", "named"],
    ["application/json;x=q=0", "named"],
    ["application/json-seq, application/jsonl, text/*", undefined],
    ["", undefined],
  ] as const;
  for (const [accept, taken] of cases) t.equal(readAccept(accept, "application/json"), taken, String(accept));
  t.end();
});

test("Retry-After is whole seconds or an HTTP-date, with white space around it, and nothing else", (t) => {
  const now = Date.UTC(2026, 10, 6, 8, 49, 7);
  const cases = [
    ["3600", 3_600_000],
    ["3600 ", 3_600_000],
    ["60 \t ", 60_000],
    ["0", 0],
    ["Fri, 06 Nov 2026 08:49:37 GMT ", 30_000],
    ["Friday, 06-Nov-26 08:49:37 GMT", 30_000],
    ["Fri Nov  6 08:49:37 2026", 30_000],
    ["Fri, 06 Nov 2026 08:49:07 GMT", undefined],
    ["Fri, 99 Nov 2026 08:49:37 GMT", undefined],
    ["2027-01-01", undefined],
    ["2027-01-01T00:00:00Z", undefined],
    ["Fri, 06 Nov 2026 09:49:37 +0100", undefined],
    ["+3600", undefined],
    ["3600.5", undefined],
    ["3600s", undefined],
    ["3600, 60", undefined],
    ["", undefined],
  ] as const;
  for (const [value, ms] of cases) t.equal(readRetryAfter({ "retry-after": value }, now), ms, JSON.stringify(value));
  const date = "Fri, 06 Nov 2026 08:49:27 GMT ";
  t.equal(readRetryAfter({ "retry-after": "Fri, 06 Nov 2026 08:49:37 GMT", date }, now), 10_000, "by the sender's clock");
  t.equal(
    readRetryAfter({ "retry-after": "Fri, 06 Nov 2026 08:49:37 GMT", date: "2025" }, now),
    30_000,
    "which is ours when it is no date",
  );
  t.equal(readRetryAfter({}, now), undefined);
  t.end();
});

test("nobody is answered with a type that he excludes", async (t) => {
  const { gateway } = await startBoth(t);
  const typeOf = async (accept: string, method: "GET" | "POST", path: string, query?: string) => {
    const body = query === undefined ? undefined : JSON.stringify({ query });
    const answer = await gateway.rest(method, path, body, { headers: { accept } });
    return [answer.status, answer.headers.get("content-type")?.split(";")[0], at(answer.body, "errors.0.extensions.code")];
  };
  const ask = (accept: string, query = "{ projects { id } }") => typeOf(accept, "POST", "/graphql", query);
  const [newer, older] = ["application/graphql-response+json", "application/json"];
  t.match(await ask(`${newer};q=0, ${older}`), [200, older]);
  t.match(await ask(`${older};q=0, */*`), [200, newer]);
  t.match(await ask(`${newer};q=0, ${older};q=0`), [406, older, "NotAcceptable"]);
  t.match(await ask("text/event-stream;q=0, */*", "subscription { events { id } }"), [406, older, "NotAcceptable"]);
  t.match(await typeOf("application/problem+json;q=0", "GET", "/nowhere"), [404, older]);
  t.match(await typeOf("text/event-stream;q=0", "GET", "/v1/events"), [200, older]);
});
