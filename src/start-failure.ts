/** Why the gateway cannot start, for who has to see to it: one line where the cause is known, the place in the code where it is not. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return "Unknown failure.";
  const { code, syscall, path } = error as { code?: unknown; syscall?: unknown; path?: unknown };
  if (code === "EADDRINUSE") return "The address is in use: set PORT to a free one.";
  if (syscall === "listen" || code === "EADDRNOTAVAIL") return "The address cannot be listened on: check HOST and PORT.";
  if (error.name === "StoreInUseError") return `${error.message} Stop that one, or name another file in DATABASE_URL.`;
  if (error.name === "StoreUnusableError" || error.name === "KeyFileError") return error.message;
  if (typeof path === "string" && typeof syscall === "string") return `${path} cannot be read or made (${String(code)}).`;
  // Of the system: what it was about stands in the message.
  if (typeof code === "string" && typeof syscall === "string") return error.message;
  return error.stack ?? error.message;
}
