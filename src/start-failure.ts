/** What the system's codes for files mean. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: ": this user has no right to",
  EISDIR: ": it is a folder",
  ENAMETOOLONG: ": the name is too long",
  ENOENT: ": there is no such place",
  ENOSPC: ": the disk is full",
  ENOTDIR: ": a part of the path is a file",
  EROFS: ": the file system may only be read",
};

/** Why the gateway cannot start, for who has to see to it: one line where the cause is known, the place in the code where it is not. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return "Unknown failure.";
  const { code, syscall, path } = error as { code?: unknown; syscall?: unknown; path?: unknown };
  if (code === "EADDRINUSE") return "The address is in use: set PORT to a free one.";
  // Whoever else looks names up tells it by himself.
  if (syscall === "getaddrinfo") return `The name in HOST is known nowhere: name an address of this machine (${String(code)}).`;
  if (syscall === "listen" || code === "EADDRNOTAVAIL") return "The address cannot be listened on: check HOST and PORT.";
  if (error.name === "StoreInUseError") return `${error.message} Stop that one, or name another file in DATABASE_URL.`;
  if (error.name === "StoreUnusableError" || error.name === "KeyFileError") return error.message;
  if (typeof path === "string" && typeof syscall === "string")
    return `${path} cannot be read or made${REASONS[String(code)] ?? ""} (${String(code)}).`;
  // Of the system: what it was about stands in the message.
  if (typeof code === "string" && typeof syscall === "string") return error.message;
  return error.stack ?? error.message;
}
