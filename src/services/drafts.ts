import type {
  Call,
  ConnectorStaged,
  ConnectorsStagedQuery,
  ConnectorStagedDraft,
  ConnectorUpdate,
  ConnectorUpdateAction,
  Page,
  Ref,
} from "../connect/index.ts";
import { invalidBody } from "../errors.ts";
import type { ProjectId } from "../identifiers.ts";
import type { Access, ServiceRequest } from "./access.ts";
import { waysToCreate } from "./creation.ts";
import type { Once, Ways } from "./idempotency.ts";
import { ifThere, isCreatedFrom, isShown, isUpdated, lookFor, readBeforeDelete, refOf, settled } from "./lost-writes.ts";
import { createOwnWrites, type Writing } from "./own-writes.ts";
import { type Expected, FIRST_VERSION, freshly, refuseOther, withCurrentVersion } from "./versions.ts";
import type { Patience, Wait } from "./waiting.ts";

/** Makes the rules of staged connectors (drafts), for every protocol. Every method checks the caller's permission before anything else. */
export function createDrafts(access: Access, once: Once, wait: Wait) {
  const writes = createOwnWrites();

  return {
    /** One page of the drafts that the project's credential owns. */
    async list(request: ServiceRequest, project: ProjectId, query: ConnectorsStagedQuery): Promise<Page<ConnectorStaged>> {
      return await access.open(request.caller, project, "connectorsStaged.list").drafts.list(request.call, query);
    },

    /** One draft; `ResourceNotFound` when there is none. */
    async get(request: ServiceRequest, project: ProjectId, ref: Ref): Promise<ConnectorStaged> {
      return await access.open(request.caller, project, "connectorsStaged.get").drafts.get(request.call, ref);
    },

    /** Creates a draft. The old field `noOfDevelopers` is sent under its new name, which Connect would otherwise drop without a word. */
    async create(request: ServiceRequest, project: ProjectId, draft: ConnectorStagedDraft): Promise<ConnectorStaged> {
      const connect = access.open(request.caller, project, "connectorsStaged.create");
      const renamed = checkedDraft(request, draft);
      const ways = waysToCreate(writes, project, {
        call: request.call,
        key: draft.key,
        create: (call, key) => connect.drafts.create(call, key === undefined ? renamed : { ...renamed, key }),
        get: connect.drafts.get,
        isAsAsked: (found) => isCreatedFrom(found, renamed),
        isNew: ({ version }) => version === FIRST_VERSION,
      });
      return once.do(request, project, ["connectorsStaged.create", draft], ways);
    },

    /** What {@link create} would send, after all of its checks. */
    async planCreate(request: ServiceRequest, project: ProjectId, draft: ConnectorStagedDraft): Promise<ConnectorStagedDraft> {
      access.open(request.caller, project, "connectorsStaged.create");
      return checkedDraft(request, draft);
    },

    /** Applies update actions in order. Without a version the current one is read first. */
    async update(
      request: ServiceRequest,
      project: ProjectId,
      ref: Ref,
      update: ConnectorUpdate,
      expected: Expected = {},
    ): Promise<ConnectorStaged> {
      const connect = access.open(request.caller, project, "connectorsStaged.update");
      checkUpdate(update);
      const { actions } = update;
      const get = (call: Call) => connect.drafts.get(call, ref);
      const unversioned = update.version === undefined && expected.ifMatch === undefined;
      const make = (writing: Writing): Ways<ConnectorStaged> => {
        // What was to be seen before the write is no sign of it.
        let isStanding = false;
        const read = async () => {
          const found = await get(freshly(request.call));
          isStanding = isShown(found, actions);
          return found.version;
        };
        const shows = (found: ConnectorStaged, version: number) =>
          !isStanding && isUpdated(found, version, actions) && writing.mayHaveChanged(found, version);
        const write = (version: number) =>
          settled(
            request.call,
            (call) => writing.answered(connect.drafts.update(call, ref, { ...update, version }), version),
            async (call) => {
              const found = await get(call);
              return shows(found, version) ? found : undefined;
            },
          );
        return {
          run: (turn) => withCurrentVersion({ read, write }, { ...expected, version: update.version }, turn),
          find: (turn, refusal) => lookFor(turn, { read: () => get(freshly(request.call)), shows, refusal }),
        };
      };
      const what = ["connectorsStaged.update", ref, update, expected];
      return once.do(request, project, what, { ...writes.ways(project, ref, make), unversioned });
    },

    /** What {@link update} would send, after all of its checks; also a version that the caller names is compared. */
    async planUpdate(
      request: ServiceRequest,
      project: ProjectId,
      ref: Ref,
      update: ConnectorUpdate,
      expected: Expected = {},
    ): Promise<ConnectorUpdate> {
      const connect = access.open(request.caller, project, "connectorsStaged.update");
      checkUpdate(update);
      const { version } = await connect.drafts.get(freshly(request.call), ref);
      refuseOther(version, { ...expected, version: update.version });
      return { ...update, version };
    },

    /** Deletes a draft and, upstream, the published connector with it. An expected version is compared first: Connect checks none here. */
    async remove(request: ServiceRequest, project: ProjectId, ref: Ref, expected: Expected = {}): Promise<ConnectorStaged> {
      const connect = access.open(request.caller, project, "connectorsStaged.delete");
      const before = await readBeforeDelete(request.call, expected, (call) => connect.drafts.get(call, ref));
      const meant = refOf(ref, expected, before);
      return settled(
        request.call,
        (call) => connect.drafts.remove(call, meant),
        // One that is still there may yet go.
        async (call) => ((await ifThere(connect.drafts.get(call, meant))) === undefined ? before : undefined),
      );
    },

    /** Whether {@link remove} would send anything: it throws what would keep it from that. */
    async planRemove(request: ServiceRequest, project: ProjectId, ref: Ref, expected: Expected = {}): Promise<void> {
      const connect = access.open(request.caller, project, "connectorsStaged.delete");
      refuseOther((await connect.drafts.get(freshly(request.call), ref)).version, expected);
    },

    /** Waits until neither publishing nor a preview of the draft that a write gave is under way, and gives it as it is then. */
    async settle(request: ServiceRequest, project: ProjectId, written: ConnectorStaged, patience: Patience): Promise<ConnectorStaged> {
      const { drafts } = access.open(request.caller, project, "connectorsStaged.get");
      return wait(request.call, patience, written, {
        read: (call) => drafts.get(call, { id: written.id }),
        atRest: ({ status, isPreviewable }) => status !== "Processing" && String(isPreviewable) !== "pending",
        mayGo: false,
      });
    },
  };
}

function checkedDraft(request: ServiceRequest, draft: ConnectorStagedDraft): ConnectorStagedDraft {
  refuseObfuscated(draft.creator.email, "/creator/email");
  refuseObfuscated(draft.repository.url, "/repository/url");
  return { ...draft, creator: renameContributors(request, draft.creator) };
}

function renameContributors(request: ServiceRequest, creator: ConnectorStagedDraft["creator"]): ConnectorStagedDraft["creator"] {
  const { noOfDevelopers, ...rest } = creator;
  if (noOfDevelopers === undefined || noOfDevelopers === null) return rest;
  if (rest.noOfContributors !== undefined) throw invalidBody("/creator has noOfDevelopers and noOfContributors: keep noOfContributors");
  request.warn("creator.noOfDevelopers is the old name of noOfContributors and was sent as such");
  return { ...rest, noOfContributors: noOfDevelopers };
}

function checkUpdate({ actions }: ConnectorUpdate): void {
  for (const [at, action] of actions.entries()) checkAction(action, `/actions/${at}`);
}

function checkAction(action: ConnectorUpdateAction, path: string): void {
  if (action.action === "setRepository" && action.url !== undefined) refuseObfuscated(action.url, `${path}/url`);
  if (action.action === "setCreatorEmail") refuseObfuscated(action.creatorEmail, `${path}/creatorEmail`);
}

/** Web pages put this text in the place of addresses; copied from a tutorial it would be stored as if it were real. */
function refuseObfuscated(text: string, path: string): void {
  if (!text.includes("[email protected]") && !text.includes("[email\u00a0protected]")) return;
  throw invalidBody(
    `${path} holds the placeholder that web pages show instead of an address: write the real e-mail address, or git@github.com:owner/repository.git for a repository`,
  );
}
