import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { ERRORS, type GatewayError, gatewayError, type GatewayErrorCode, toGatewayError } from "../errors.ts";
import { readAccept } from "../headers.ts";

/** Sends `error` in Connect's envelope or, if the caller asks for it, as RFC 9457 problem details. */
function sendError(request: FastifyRequest, reply: FastifyReply, error: GatewayError): FastifyReply {
  if (error.retryAfter !== undefined) reply.header("retry-after", String(error.retryAfter));
  if (error.statusCode === 401) reply.header("www-authenticate", "Bearer");
  if (error.code === "AuthorizationError" && error.statusCode === 403)
    reply.header("www-authenticate", `Bearer error="insufficient_scope"${scopeOf(error)}`);
  reply.code(error.statusCode);
  if (readAccept(request.headers.accept, "application/problem+json") !== "named") return reply.send(error.toBody());
  const { code: _code, message: _message, ...fields } = error.errors[0] ?? { code: "", message: "" };
  const title = error.code in ERRORS ? ERRORS[error.code as GatewayErrorCode][1] : error.message;
  return reply.type("application/problem+json").send({
    // First: upstream's may have the names of ours.
    ...fields,
    type: "about:blank",
    title,
    status: error.statusCode,
    detail: error.message,
    code: error.code,
    errors: error.errors,
  });
}

function scopeOf(error: GatewayError): string {
  const scope = error.errors[0]?.["scope"];
  return typeof scope === "string" && /^[\w:-]+$/.test(scope) ? `, scope="${scope}"` : "";
}

/** One log line for each failure that is the gateway's or upstream's; callers' mistakes are in the access log. */
function logError(request: FastifyRequest, error: GatewayError): void {
  if (error.statusCode < 500) return;
  request.log.error({ err: error.cause ?? error, code: error.code }, "request failed");
}

/** Makes every error of the application an error of the table, also those that are raised before a route is found. */
export function registerErrors(app: FastifyInstance): void {
  const routes: { readonly method: string; readonly pattern: RegExp }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, pattern: toPattern(url) });
  });
  app.setErrorHandler((error, request, reply) => {
    const failure = toGatewayError(error);
    logError(request, failure);
    return sendError(request, reply, failure);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const allowed = routes.filter((route) => route.pattern.test(path)).map((route) => route.method);
    if (allowed.length === 0) return sendError(request, reply, gatewayError("ResourceNotFound"));
    reply.header("allow", [...new Set(allowed)].join(", "));
    return sendError(request, reply, gatewayError("MethodNotAllowed"));
  });
}

function toPattern(url: string): RegExp {
  const source = url.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replace(/:\w+/g, "[^/]+");
  return new RegExp(`^${source}$`);
}
