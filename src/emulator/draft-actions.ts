import { fail } from "./errors.ts";
import type { Action } from "./input.ts";
import { begin, previewSteps, publishSteps } from "./lifecycle.ts";
import type { State } from "./state.ts";
import type { Creator, Draft } from "./types.ts";

/** Applies one update action of a staged connector; the caller has checked its fields. */
export function applyDraftAction(state: State, draft: Draft, action: Action): void {
  const text = (field: string): string => String(action[field]);
  const list = (field: string): readonly string[] => action[field] as readonly string[];
  switch (action.action) {
    case "setName":
      return edit(draft, { name: text("name") });
    case "setDescription":
      return edit(draft, { description: text("description") });
    case "setIntegrationTypes":
      return edit(draft, { integrationTypes: list("integrationTypes") });
    case "setRepository":
      return setRepository(state, draft, action["url"] === undefined ? draft.repository.url : text("url"), text("tag"));
    case "setSupportedRegions":
      return edit(draft, { supportedRegions: list("regions") });
    case "setDocumentationUrl":
      return edit(draft, { documentationUrl: text("documentationUrl") });
    case "setCreatorEmail":
      checkEmail(text("creatorEmail"));
      return editCreator(draft, { email: text("creatorEmail") });
    case "setCreatorName":
      return editCreator(draft, { name: text("creatorName") });
    case "setCreatorTitle":
      return editCreator(draft, { title: text("creatorTitle") });
    case "setCreatorCompany":
      return editCreator(draft, { company: text("creatorCompany") });
    case "setCreatorLogo":
      return editCreator(draft, { logoUrl: text("logoUrl") });
    case "setCreatorSupportUrl":
      return editCreator(draft, { supportUrl: text("creatorSupportUrl") });
    case "setCreatorNoOfContributors":
      return editCreator(draft, { noOfContributors: Number(action["creatorNoOfContributors"]) });
    case "addPrivateProject":
      return setProjects(draft, [...new Set([...draft.privateProjects, text("privateProject")])]);
    case "removePrivateProject":
      return removeProject(draft, text("privateProject"));
    case "updatePreviewable":
      return requestPreview(state, draft);
    case "publish":
      return publish(state, draft, action["certification"] === true);
    case "addCertificationComment":
      return void draft.comments.push({ userId: draft.owner, datetime: new Date(state.now()).toISOString(), comment: text("comment") });
    case "unlist":
      // Touches the connector, not the draft: the caller does it when every action has passed.
      return undefined;
    default:
      throw fail.invalidJson("action: names no update action");
  }
}

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

function setRepository(state: State, draft: Draft, url: string, tag: string): void {
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

function requestPreview(state: State, draft: Draft): void {
  if (draft.isPreviewable === "pending") throw fail.previewUnderProcess();
  draft.isPreviewable = "pending";
  draft.previewableReport = undefined;
  begin(draft, previewSteps(state.now(), state.timings, state.outcome("preview", draft.key)), "preview");
}

function publish(state: State, draft: Draft, certification: boolean): void {
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
