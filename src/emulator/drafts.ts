import type { FastifyInstance } from "fastify";
import { applyDraftAction, checkEmail } from "./draft-actions.ts";
import { fail } from "./errors.ts";
import { type Action, DRAFT_ACTIONS, DraftBody, readBody, readUpdate } from "./input.ts";
import { authorize } from "./oauth.ts";
import { createPrinter } from "./print.ts";
import { bool, byIntegrationTypes, find, one, page, type Query } from "./query.ts";
import type { State } from "./state.ts";
import type { Connector, Creator, Draft, Repository } from "./types.ts";

type DraftInput = {
  key?: string;
  name: string;
  description?: string;
  integrationTypes?: string[];
  creator: Creator;
  repository: Repository;
  supportedRegions?: string[];
  privateProjects?: string[];
  documentationUrl?: string;
};
type Segment = { Params: { ref: string }; Querystring: Query };

/** Adds endpoints 1 to 8: staged connectors. They belong to the project of the token that created them. */
export function registerDrafts(app: FastifyInstance, state: State): void {
  const print = createPrinter(state.options.legacy).draft;
  const owned = (projectKey: string) => (draft: Draft) => draft.owner === projectKey;

  app.post("/connectors/drafts", async (request, reply) => {
    const { client } = authorize(state, request, "manage_connectors");
    const draft = create(state, readBody<DraftInput>(state, DraftBody, request.body), client.projectKey);
    return reply.code(201).send(print(draft));
  });

  app.get<{ Querystring: Query }>("/connectors/drafts", async ({ query }, reply) => {
    const { client } = authorize(state, reply.request, "view_connectors");
    const isPrivate = bool(query, "isPrivate");
    const rows = [...state.drafts.values()].filter(owned(client.projectKey));
    const chosen = isPrivate === undefined ? rows : rows.filter((draft) => draft.private === isPrivate);
    return page(query, byIntegrationTypes(query, chosen), print);
  });

  app.get<Segment>("/connectors/drafts/:ref", async (request) => {
    const { client } = authorize(state, request, "view_connectors");
    return print(find(state.drafts, request.params.ref, owned(client.projectKey)));
  });

  app.post<Segment>("/connectors/drafts/:ref", async (request, reply) => {
    const { client } = authorize(state, request, "manage_connectors");
    const draft = find(state.drafts, request.params.ref, owned(client.projectKey));
    const { version, actions } = readUpdate(state, DRAFT_ACTIONS, request.body);
    if (version !== draft.version) throw fail.conflict(draft, version, draft.version);
    if (draft.status === "Processing") throw fail.locked();
    return reply.code(201).send(print(update(state, draft, actions)));
  });

  app.delete<Segment>("/connectors/drafts/:ref", async (request) => {
    const { client } = authorize(state, request, "manage_connectors");
    const draft = find(state.drafts, request.params.ref, owned(client.projectKey));
    checkVersion(draft, request.query);
    state.drafts.delete(draft.id);
    state.connectors.delete(draft.id);
    return print(draft);
  });
}

/** Applies all actions or none: they work on a copy, and what they do beside it waits until all have passed. */
function update(state: State, draft: Draft, actions: readonly Action[]): Draft {
  const changed = { ...draft, creator: { ...draft.creator }, comments: [...draft.comments] };
  state.attempt(() => {
    for (const action of actions) applyDraftAction(state, changed, action);
  });
  if (actions.some(({ action }) => action === "unlist")) unlist(state, changed);
  changed.version += 1;
  changed.lastModifiedAt = state.now();
  state.drafts.set(draft.id, changed);
  state.note(changed);
  return changed;
}

function unlist(state: State, { id }: Draft): void {
  const connector = state.connectors.get(id);
  if (connector !== undefined) state.connectors.set(id, { ...connector, listed: false });
}

function create(state: State, input: DraftInput, owner: string): Draft {
  const { key, name, description, creator, repository, integrationTypes = [], supportedRegions = [], privateProjects = [] } = input;
  checkEmail(creator.email);
  const taken = [state.drafts, state.connectors].some((rows) => rows.values().some((row: Draft | Connector) => row.key === key));
  if (key !== undefined && taken) throw fail.duplicate("key", key);
  const specification = state.repositories.read(repository.url, repository.tag);
  const now = state.now();
  const draft: Draft = {
    id: state.newId(),
    key,
    version: 1,
    steps: [],
    owner,
    createdAt: now,
    lastModifiedAt: now,
    name,
    description,
    integrationTypes,
    creator,
    repository,
    specification,
    supportedRegions,
    privateProjects,
    documentationUrl: input.documentationUrl,
    private: true,
    comments: [],
    status: "Draft",
    publishingReport: undefined,
    alreadyListed: false,
    hasChanges: true,
    isPreviewable: "none",
    previewableReport: undefined,
  };
  state.drafts.set(draft.id, draft);
  state.note(draft);
  return draft;
}

/** `?version=` of a DELETE is not documented: it is checked when it is there. */
export function checkVersion(resource: { id: string; key: string | undefined; version: number }, query: Query): void {
  const version = one(query, "version");
  if (version === undefined) return;
  if (!/^\d+$/.test(version)) throw fail.invalidQuery("version must be a whole number");
  if (Number(version) !== resource.version) throw fail.conflict(resource, Number(version), resource.version);
}
