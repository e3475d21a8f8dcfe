import { isIP } from "node:net";

const REGION_FORM = String.raw`[a-z0-9-]{1,40}\.[a-z0-9-]{1,20}`;
const PROJECT_KEY_FORM = "[A-Za-z0-9_-]{2,36}";

/** An id that Connect gives; its letters may be capitals. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** A key that its creator gives to a resource. */
export const KEY = /^[A-Za-z0-9_-]{2,256}$/;
/** A region of Connect: a place and a cloud, such as `europe-west1.gcp`. Open, because Connect adds regions and clouds without notice. */
export const REGION = new RegExp(`^${REGION_FORM}$`);
/** The key of a project. */
export const PROJECT_KEY = new RegExp(`^${PROJECT_KEY_FORM}$`);
/** A project with its region: `{region}:{projectKey}`. */
export const PROJECT = new RegExp(`^${REGION_FORM}:${PROJECT_KEY_FORM}$`);

/** A project: where it is and its key. */
export type ProjectId = { readonly region: string; readonly projectKey: string };

/** Its name, `{region}:{projectKey}`. */
export function projectId({ region, projectKey }: ProjectId): string {
  return `${region}:${projectKey}`;
}

/** The project of such a name. */
export function toProjectId(name: string): ProjectId {
  const at = name.indexOf(":");
  return { region: name.slice(0, at), projectKey: name.slice(at + 1) };
}

/** Whether a host, an IPv6 address with its brackets or without, is this machine: nobody can listen on the way to it. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, "$1");
  return plain === "localhost" || plain === "::1" || (isIP(plain) === 4 && plain.startsWith("127."));
}
