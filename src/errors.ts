/** The gateway's own error codes: HTTP status and the message used when no better one is at hand. Upstream's codes pass verbatim. */
export const ERRORS = {
  AuthenticationError: [401, "The bearer token is missing or not valid."],
  AuthorizationError: [403, "The token does not hold the scope that this operation needs."],
  ResourceNotFound: [404, "The resource was not found."],
  InvalidJsonInput: [400, "Request body does not contain valid JSON."],
  InvalidPathParam: [400, "Request path param is not valid."],
  InvalidQueryParam: [400, "Request query param is not valid."],
  InvalidHeader: [400, "A request header is not valid."],
  ProjectRequired: [400, "Name the project: the token grants none or several in this region."],
  MaskedValue: [400, "A secured value consists of asterisks only: it is a mask on its way back."],
  LimitExceeded: [400, "The request is larger than a limit allows."],
  MethodNotAllowed: [405, "The method is not allowed on this path."],
  NotAcceptable: [406, "None of the accepted media types can be produced."],
  RequestTimeout: [408, "The request did not arrive in time."],
  ConcurrentModification: [409, "The resource has a different version than expected."],
  IdempotencyKeyInUse: [409, "A request with this Idempotency-Key is still being worked on."],
  LogsRemoved: [410, "The Connect API no longer serves deployment logs."],
  PreconditionFailed: [412, "The resource has another version than If-Match names."],
  PayloadTooLarge: [413, "The request body is too large."],
  UriTooLong: [414, "The request path is too long."],
  UnsupportedMediaType: [415, "The media type of the request body is not supported; send application/json."],
  MisdirectedRequest: [421, "This host name is not served here."],
  IdempotencyKeyReused: [422, "This Idempotency-Key was used with another request."],
  RateLimited: [429, "Too many requests; wait as Retry-After says."],
  HeaderFieldsTooLarge: [431, "The request headers are too large."],
  General: [500, "Something went wrong in the gateway; the correlation id leads to its log line."],
  UpstreamBadResponse: [502, "The Connect API answered in a form that cannot be understood."],
  UpstreamAuthFailed: [502, "The Connect API refused the gateway's own credentials for this operation."],
  Overloaded: [503, "The gateway is at its limit; try again shortly."],
  Draining: [503, "The gateway is shutting down; try again shortly."],
  UpstreamUnavailable: [503, "The Connect API cannot be reached or is failing; try again shortly."],
  UpstreamThrottled: [503, "The Connect API is throttling the gateway; wait as Retry-After says."],
  StorageUnavailable: [503, "The gateway's store cannot be used at the moment."],
  UpstreamTimeout: [504, "The Connect API did not answer in time."],
  UpstreamOutcomeUnknown: [504, "The write was sent and no answer came: read the resource before you repeat it."],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type GatewayErrorCode = keyof typeof ERRORS;

/** One entry of Connect's error envelope; codes may carry fields of their own, such as `currentVersion`. */
export type ErrorEntry = {
  readonly code: string;
  readonly message: string;
  readonly [field: string]: unknown;
};

/** Connect's error envelope, the default body of every REST error. */
export type ErrorBody = {
  readonly statusCode: number;
  readonly message: string;
  readonly errors: readonly ErrorEntry[];
};

type Options = {
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Seconds after which another try makes sense. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
};

/** Every failure a caller may see. Messages never quote what the caller sent. */
export class GatewayError extends Error {
  readonly statusCode: number;
  /** The first entry's code, by which programs tell errors apart. */
  readonly code: string;
  readonly errors: readonly ErrorEntry[];
  readonly retryAfter: number | undefined;

  constructor(statusCode: number, errors: readonly ErrorEntry[], options: Options = {}) {
    super(errors[0]?.message ?? ERRORS.General[1], options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GatewayError";
    this.statusCode = statusCode;
    this.code = errors[0]?.code ?? "General";
    this.errors = errors;
    this.retryAfter = options.retryAfter;
  }

  /** The error as Connect's envelope. */
  toBody(): ErrorBody {
    return { statusCode: this.statusCode, message: this.message, errors: this.errors };
  }
}

/** Makes an error of the table; `message` replaces the default text, `fields` join the entry. */
export function gatewayError(code: GatewayErrorCode, message?: string, options: Options = {}): GatewayError {
  const [status, text] = ERRORS[code];
  return new GatewayError(status, [{ code, message: message ?? text, ...options.fields }], options);
}

/** A body that fails its schema. `detail` says what is wrong, where, and what would be right, and never quotes the input. */
export function invalidBody(detail: string): GatewayError {
  const message = `Request body is not valid: ${detail}`;
  return gatewayError("InvalidJsonInput", message, { fields: { detailedErrorMessage: detail } });
}

/** A query parameter that cannot be accepted; see {@link invalidBody} for `detail`. */
export function invalidQuery(detail: string): GatewayError {
  return gatewayError("InvalidQueryParam", `Request query param is not valid: ${detail}`, {
    fields: { detailedErrorMessage: detail },
  });
}

/** A path parameter that cannot be accepted; see {@link invalidBody} for `detail`. */
export function invalidPath(detail: string): GatewayError {
  return gatewayError("InvalidPathParam", `Request path param is not valid: ${detail}`, {
    fields: { detailedErrorMessage: detail },
  });
}

/** What the HTTP framework itself refuses, by its codes. */
const FRAMEWORK: Readonly<Record<string, GatewayErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "UnsupportedMediaType",
  FST_ERR_CTP_INVALID_TYPE: "UnsupportedMediaType",
  FST_ERR_CTP_BODY_TOO_LARGE: "PayloadTooLarge",
  FST_ERR_CTP_EMPTY_JSON_BODY: "InvalidJsonInput",
  FST_ERR_CTP_INVALID_JSON_BODY: "InvalidJsonInput",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "InvalidJsonInput",
  FST_ERR_BAD_URL: "InvalidPathParam",
  FST_ERR_MAX_PARAM_LENGTH: "InvalidPathParam",
};

/** Any thrown thing as a GatewayError. Messages of foreign errors never leave, they may quote what was sent: the original is the cause, for the log. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const known = error instanceof Error && "code" in error ? FRAMEWORK[String(error.code)] : undefined;
  if (known !== undefined) return gatewayError(known);
  if (isBrokenOff(error)) return gatewayError("InvalidJsonInput", "The request body broke off.");
  // Writing an absurdly deep answer of upstream runs out of stack.
  if (error instanceof RangeError && /call stack/i.test(error.message)) return gatewayError("UpstreamBadResponse");
  return gatewayError("General", undefined, { cause: error });
}

/** Whether a caller has broken off its body, or sent it in chunks that cannot be read: of such an error the framework says that it is the caller's. */
function isBrokenOff(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNRESET" && "statusCode" in error && error.statusCode === 400;
}
