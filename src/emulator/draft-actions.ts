import { fail } from "./errors.ts";
import type { Action } from "./input.ts";
import { begin, previewSteps, publishSteps } from "./lifecycle.ts";
import type { State } from "./state.ts";
import type { Creator, Draft } from "./types.ts";

/** Applies one update action of a staged connector; the caller has checked its fields. */
export function applyDraftAction(state: State, draft: Draft, action: Action): void {
  const apply = Object.hasOwn(APPLY, action.action) ? APPLY[action.action] : undefined;
  if (apply === undefined) throw fail.invalidJson("action: names no update action");
  apply(draft, action, state);
}

type Apply = (draft: Draft, action: Action, state: State) => void;

const text = (action: Action, field: string): string => String(action[field]);
const list = (action: Action, field: string): readonly string[] => action[field] as readonly string[];

const APPLY: Readonly<Record<string, Apply>> = {
  setName: (draft, action) => edit(draft, { name: text(action, "name") }),
  setDescription: (draft, action) => edit(draft, { description: text(action, "description") }),
  setIntegrationTypes: (draft, action) => edit(draft, { integrationTypes: list(action, "integrationTypes") }),
  setRepository,
  setSupportedRegions: (draft, action) => edit(draft, { supportedRegions: list(action, "regions") }),
  setDocumentationUrl: (draft, action) => edit(draft, { documentationUrl: text(action, "documentationUrl") }),
  setCreatorEmail: (draft, action) => {
    checkEmail(text(action, "creatorEmail"));
    editCreator(draft, { email: text(action, "creatorEmail") });
  },
  setCreatorName: (draft, action) => editCreator(draft, { name: text(action, "creatorName") }),
  setCreatorTitle: (draft, action) => editCreator(draft, { title: text(action, "creatorTitle") }),
  setCreatorCompany: (draft, action) => editCreator(draft, { company: text(action, "creatorCompany") }),
  setCreatorLogo: (draft, action) => editCreator(draft, { logoUrl: text(action, "logoUrl") }),
  setCreatorSupportUrl: (draft, action) => editCreator(draft, { supportUrl: text(action, "creatorSupportUrl") }),
  setCreatorNoOfContributors: (draft, action) => editCreator(draft, { noOfContributors: Number(action["creatorNoOfContributors"]) }),
  addPrivateProject: (draft, action) => setProjects(draft, [...new Set([...draft.privateProjects, text(action, "privateProject")])]),
  removePrivateProject: (draft, action) => removeProject(draft, text(action, "privateProject")),
  updatePreviewable: requestPreview,
  publish,
  addCertificationComment: (draft, action, state) =>
    void draft.comments.push({ userId: draft.owner, datetime: new Date(state.now()).toISOString(), comment: text(action, "comment") }),
  // Touches the connector, not the draft: the caller does it when every action has passed.
  unlist: () => undefined,
};

/** A change of content: what was published is then behind the draft. */
function edit(draft: Draft, change: Partial<Draft>): void {
  Object.assign(draft, change);
  draft.hasChanges = true;
  if (draft.status === "Published" || draft.status === "Failed") draft.status = "Draft";
}

function editCreator(draft: Draft, change: Partial<Creator>): void {
  edit(draft, { creator: { ...draft.creator, ...change } });
}

/** The address as web pages obfuscate it: no mailbox and no repository. */
const OBFUSCATED = "[email protected]";

/** Refuses what cannot be an e-mail address. */
export function checkEmail(email: string): void {
  if (email === OBFUSCATED || !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) throw fail.invalidJson("/creator/email: is not an e-mail address");
}

function setRepository(draft: Draft, action: Action, state: State): void {
  const url = action["url"] === undefined ? draft.repository.url : text(action, "url");
  const tag = text(action, "tag");
  const specification = state.repositories.read(url, tag);
  edit(draft, { repository: { url, tag }, specification, isPreviewable: "none", previewableReport: undefined });
  begin(draft, [], "preview");
}

function setProjects(draft: Draft, privateProjects: readonly string[]): void {
  if (!draft.private) throw fail.notPrivate(draft);
  draft.privateProjects = privateProjects;
}

function removeProject(draft: Draft, project: string): void {
  if (!draft.private) throw fail.notPrivate(draft);
  if (!draft.privateProjects.includes(project)) throw fail.valueNotFound("privateProject", project);
  setProjects(
    draft,
    draft.privateProjects.filter((each) => each !== project),
  );
}

function requestPreview(draft: Draft, _action: Action, state: State): void {
  if (draft.isPreviewable === "pending") throw fail.previewUnderProcess();
  draft.isPreviewable = "pending";
  draft.previewableReport = undefined;
  begin(draft, previewSteps(state.now(), state.timings, state.outcome("preview", draft.key)), "preview");
}

function publish(draft: Draft, action: Action, state: State): void {
  const certification = action["certification"] === true;
  if (certification) {
    if (draft.status === "ReadyForCertification" || draft.status === "InCertification") throw fail.inCertification();
    if (state.connectors.get(draft.id)?.certified === true && !draft.hasChanges) throw fail.alreadyCertified();
  }
  draft.status = "Processing";
  draft.publishingReport = undefined;
  const outcomes = {
    publish: state.outcome("publish", draft.key),
    review: certification ? state.outcome("review", draft.key) : "ok",
  } as const;
  begin(draft, publishSteps(state.now(), state.timings, certification, outcomes, state.effects), "publish");
}
